//! A class that plays the game on a native server: the teacher's page and those of two others.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, ModelFolder, Native, Page};
use random_model::{Kind, Shape};
use thirtyfour::prelude::Key;

use crate::axe;

/// The page of one who takes part.
async fn join<'a>(browser: &'a Browser, link: &str, name: &str) -> Result<Page<'a>> {
    browser.goto(link.to_owned()).await?;
    let page = Page { browser };
    page.value("self.ready").await?;
    page.fill("#name", name).await?;
    page.click("#join button").await?;
    page.until("!document.querySelector('#join').checkVisibility()").await?;
    Ok(page)
}

/// What a QR code on the page says.
async fn read_code(page: &Page<'_>) -> Result<String> {
    let pixels = "(() => {
        const canvas = document.querySelector('#class-picture');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const dark = Array.from({ length: data.length / 4 }, (_, i) => data[4 * i] < 128 ? 1 : 0);
        return [canvas.width, dark.join('')]; })()";
    let (width, pixels): (usize, String) =
        serde_json::from_value(page.value(pixels).await?)?;
    let is_dark = |x: usize, y: usize| pixels.as_bytes()[y * width + x] == b'1';
    let shade = |x, y| if is_dark(x, y) { 0 } else { 255 };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, width, shade);
    let grids = image.detect_grids();
    let (_, text) = grids.first().context("there is a code")?.decode()?;
    Ok(text)
}

async fn is_accessible(page: &Page<'_>, view: &str) -> Result<()> {
    let Some(axe) = axe::source() else { return Ok(()) };
    let found = axe::violations(page, &axe).await?;
    ensure!(found.is_empty(), "{view}: {}", found.join("\n"));
    Ok(())
}

#[tokio::test]
async fn a_class_bets_by_link_and_its_bets_are_shown_beside_the_teacher_s_rows()
-> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let native = Native::start(model.path()).await?;
    let (first, second, third) =
        (Browser::start().await?, Browser::start().await?, Browser::start().await?);
    let teacher = Page::open(&first, &native.url("")).await?;
    teacher.start("Once upon a time, there was a little").await?;
    teacher.click("#tool-open-guess").await?;
    teacher.click("#class-start").await?;
    teacher.until("document.querySelector('#class-link').textContent !== ''").await?;
    let link = teacher.text("#class-link").await?;
    // A phone reads the link from the screen.
    teacher.until("!document.querySelector('#class-picture').hidden").await?;
    ensure!(read_code(&teacher).await? == link, "the picture is of the link");
    let hostile = "<img src=x onerror=alert(1)>";
    second.resize(360, 740).await?;
    let ann = join(&second, &link, hostile).await?;
    third.resize(360, 740).await?;
    third.prefer("prefers-color-scheme", "dark").await?;
    let ben =
        join(&third, &link.replace('#', "?lang=ar#"), "BenWhoseNameCannotBeCutAtAll")
            .await?;
    ensure!(ben.value("document.documentElement.dir").await? == "rtl");
    let asked = "document.querySelectorAll('#rows li').length === 9";
    for page in [&ann, &ben] {
        page.until(asked).await?;
        ensure!(page.text("#text").await?.contains("little"));
    }
    // Ann by mouse, Ben by keyboard; all ten of Ann's chips are on the first row.
    for _ in 0..10 {
        ann.click("#rows li:nth-child(1) .add").await?;
    }
    ben.value("document.querySelector('#rows li:nth-child(2) .add').focus()").await?;
    ben.keys(Key::Enter).await?;
    is_accessible(&ann, "a bet").await?;
    is_accessible(&ben, "a bet in Arabic").await?;
    teacher.until("document.querySelector('#class-voted').textContent === '2'").await?;
    let votes = "[...document.querySelectorAll('#guess-rows .votes')].map((v) => v.textContent).join()";
    teacher.until(&format!("{votes} === '10,1,0,0,0,0,0,0,0'")).await?;
    // A page that is loaded again has what it had.
    second.refresh().await?;
    ann.value("self.ready").await?;
    ann.fill("#name", hostile).await?;
    ann.click("#join button").await?;
    ann.until("document.querySelector('#left').textContent === '0'").await?;
    is_accessible(&teacher, "the teacher's page").await?;
    teacher.click("#guess-reveal").await?;
    for page in [&ann, &ben] {
        page.until("document.querySelector('#scores').checkVisibility()").await?;
        let drawn = "document.querySelectorAll('#rows [data-drawn]').length";
        ensure!(page.value(drawn).await? == 1);
    }
    let best = ann.text("#best").await?;
    ensure!(best.contains(hostile), "a name is text: {best}");
    ensure!(ann.value("document.images.length").await? == 0);
    // The score is that of the page's own rules.
    let rows = 9.0;
    let drawn = "[...document.querySelectorAll('#rows li')].findIndex((li) => 'drawn' in li.dataset)";
    let drawn = ann.value(drawn).await?.as_f64().context("a row")?;
    let share: f64 = if drawn == 0.0 { 0.95 + 0.05 / rows } else { 0.05 / rows };
    let mine = ann.text("#mine").await?;
    ensure!(mine == format!("{:.2}", -share.log2()), "{mine}");
    first.picture("class-teacher").await?;
    second.picture("class-360").await?;
    third.picture("class-ar-360-dark").await?;
    for page in [&ann, &ben] {
        ensure!(!page.is_too_wide().await?, "nothing sticks out");
    }
    // The next text is the next round.
    teacher.click("#guess-next").await?;
    ben.until("document.querySelector('#left').textContent === '10'").await?;
    for browser in [first, second, third] {
        browser.quit().await?;
    }
    Ok(())
}

#[tokio::test]
async fn where_a_token_is_wanted_the_class_s_link_lets_in_and_says_why_it_does_not()
-> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let native = Native::with_token(model.path(), "s3cret").await?;
    let (first, second) = (Browser::start().await?, Browser::start().await?);
    let teacher = Page::open(&first, &native.url("?token=s3cret")).await?;
    teacher.start("Once upon a time, there was a little").await?;
    teacher.click("#tool-open-guess").await?;
    teacher.click("#class-start").await?;
    teacher.until("document.querySelector('#class-link').textContent !== ''").await?;
    let link = teacher.text("#class-link").await?;
    ensure!(!link.contains("s3cret"), "the token is in no link: {link}");
    ensure!(teacher.text("#class-code").await?.is_empty(), "the code alone is of no use");
    let (address, fragment) = link.split_once('#').context("a link has a code")?;
    let (code, _) = fragment.split_once('.').context("and a pass")?;

    // By the code alone no one gets in, and the page says what to do, in its language.
    let refused = async |link: &str, code: &str, said: &str| -> Result<()> {
        second.goto("about:blank").await?;
        second.goto(link.to_owned()).await?;
        let page = Page { browser: &second };
        page.value("self.ready").await?;
        page.fill("#code", code).await?;
        page.click("#join button").await?;
        let shows = format!("document.querySelector('#said').textContent === {said:?}");
        page.until(&shows).await
    };
    let whole_link = "Die Klasse ist nicht zu erreichen. Öffnen Sie ihren ganzen Link, \
        wie ihn die Seite der Lehrkraft zeigt.";
    refused(&format!("{address}?lang=de"), code, whole_link).await?;
    let ask_again = "このコードのクラスはありません。もう一度コードを聞いてください。";
    let in_japanese = format!("{address}?lang=ja#{fragment}");
    refused(&in_japanese, "WRONG", ask_again).await?;
    is_accessible(&Page { browser: &second }, "a refusal").await?;
    second.resize(360, 740).await?;
    second.picture("class-refused-ja-360").await?;
    // By the link one does, and the page comes back after it was loaded again.
    let ann = join(&second, &link, "Ann").await?;
    ann.until("document.querySelectorAll('#rows li').length === 9").await?;
    ann.click("#rows li:nth-child(1) .add").await?;
    teacher.until("document.querySelector('#class-voted').textContent === '1'").await?;
    first.refresh().await?;
    teacher.until("document.querySelector('#class-link')?.textContent !== ''").await?;
    // The tool is closed after a reload, and the class goes on.
    let after =
        teacher.value("document.querySelector('#class-link').textContent").await?;
    ensure!(after == link.as_str(), "a reload keeps the link: {after}, not {link}");
    first.quit().await?;
    second.quit().await
}
