//! Links, traces and past sessions: what was on screen on one page is on screen on another.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Native, Page, Row, Site};
use random_model::{Kind, Shape};

use crate::clipboard::KEEP_COPIES;
use crate::inside_pictures::{KEEP_FILES, saved};
use crate::offline::kept;

/// What is on screen.
#[derive(Debug, PartialEq)]
struct Seen {
    ids: Vec<u64>,
    rows: Vec<Row>,
    prompt: String,
    title: String,
    note: String,
    seed: String,
    branches: String,
}

async fn seen(page: &Page<'_>) -> Result<Seen> {
    let value = async |expression: &str| -> Result<String> {
        Ok(page.value(expression).await?.as_str().unwrap_or_default().to_owned())
    };
    Ok(Seen {
        ids: page.ids().await?,
        rows: page.rows().await?,
        prompt: value("document.querySelector('#prompt').value").await?,
        title: value("document.querySelector('#panel-title').textContent").await?,
        note: value("document.querySelector('#panel-note').textContent").await?,
        seed: value("document.querySelector('#seed').value").await?,
        branches: value(
            "[...document.querySelectorAll('#branch-rows .stretch')]
                .map((stretch) => stretch.textContent).join('|')",
        )
        .await?,
    })
}

/// A text with a branch, turned knobs and a token that is looked back at.
pub(crate) async fn explore(page: &Page<'_>) -> Result<()> {
    page.start("Once upon a time, there was a little").await?;
    page.set("#seed", 42.0).await?;
    page.settled().await?;
    page.set("#top-p", 0.9).await?;
    let second = "#distribution li:nth-child(2) button";
    for button in ["#sample", "#sample", "#greedy", "#undo", "#undo", second, "#greedy"] {
        page.settled().await?;
        page.click(button).await?;
    }
    page.settled().await?;
    page.click("#tool-open-branches").await?;
    page.settled().await
}

/// The link to what a page shows.
pub(crate) async fn link(page: &Page<'_>) -> Result<String> {
    page.browser.script(KEEP_COPIES, vec![]).await?;
    page.click("#share").await?;
    page.click("#share-link").await?;
    page.until("window.copied !== undefined").await?;
    let link = page.value("window.copied").await?;
    page.browser
        .script("document.querySelector('#share-menu').hidePopover()", vec![])
        .await?;
    Ok(link.as_str().context("a link is a text")?.to_owned())
}

/// Gives the page a file with a text, as by choosing it.
pub(crate) async fn choose(page: &Page<'_>, text: &str) -> Result<()> {
    let choose = "const input = document.querySelector('#session-file');
        const files = new DataTransfer();
        files.items.add(new File([arguments[0]], 'session.json', { type: 'application/json' }));
        input.files = files.files;
        input.dispatchEvent(new Event('change', { bubbles: true }));";
    page.browser.script(choose, vec![text.into()]).await.map(drop)
}

const SAME: &str =
    "document.querySelector('#short-notice').textContent.startsWith('The same')";

#[tokio::test]
async fn a_link_shows_the_same_numbers_on_another_page() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let (first, second) = (Browser::start().await?, Browser::start().await?);
    let page = Page::open(&first, &site.url("")).await?;
    explore(&page).await?;
    let shown = seen(&page).await?;
    let made = link(&page).await?;
    println!("a link to {} tokens has {} letters", shown.ids.len(), made.len());
    ensure!(made.len() < 1_000, "{made}");
    let other = Page::open(&second, &made).await?;
    other.until(SAME).await?;
    ensure!(seen(&other).await? == shown, "{:?}\n{shown:?}", seen(&other).await?);
    let address = other.value("location.hash").await?;
    ensure!(address == "", "what is open goes on from there: {address}");
    // A token that is looked back at, and the same seed, which draws the same.
    page.click("#strip [data-token-index='10']").await?;
    page.settled().await?;
    let shown = seen(&page).await?;
    let made = link(&page).await?;
    let before = other.ids().await?;
    // On a page that is open already, too, whose text stays in its history.
    other
        .browser
        .script("location.hash = arguments[0].split('#')[1]", vec![made.into()])
        .await?;
    other
        .until(&format!(
            "document.querySelector('#panel-title').textContent === {:?}",
            shown.title
        ))
        .await?;
    other.settled().await?;
    other.until(SAME).await?;
    // What was drawn from at the time of the choice is only in a trace.
    let now = seen(&other).await?;
    let p = |seen: &Seen| -> Vec<(u64, f64)> {
        seen.rows.iter().map(|row| (row.id, row.p)).collect()
    };
    ensure!((&now.ids, &now.title) == (&shown.ids, &shown.title), "{now:?}\n{shown:?}");
    ensure!(p(&now) == p(&shown), "{now:?}\n{shown:?}");
    ensure!(other.ids().await? == before);
    for page in [&page, &other] {
        page.click("#return").await?;
        page.settled().await?;
        page.click("#sample").await?;
        page.settled().await?;
    }
    ensure!(seen(&other).await?.ids == seen(&page).await?.ids);
    first.quit().await?;
    second.quit().await
}

#[tokio::test]
async fn a_link_of_a_native_server_is_opened_by_that_server() -> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let native = Native::start(model.path()).await?;
    let (first, second) = (Browser::start().await?, Browser::start().await?);
    let page = Page::open(&first, &native.url("")).await?;
    let in_browser = page.text("#model-name").await?;
    page.open_menu().await?;
    page.click("#backend-native").await?;
    page.until(&format!(
        "document.querySelector('#model-name').textContent !== {in_browser:?}"
    ))
    .await?;
    page.settled().await?;
    page.browser
        .script("document.querySelector('#model-menu').hidePopover()", vec![])
        .await?;
    explore(&page).await?;
    let shown = seen(&page).await?;
    let made = link(&page).await?;
    let other = Page::open(&second, &made).await?;
    other.until(SAME).await?;
    // The first page had a text of the browser's model, too.
    let now = Seen { branches: shown.branches.clone(), ..seen(&other).await? };
    ensure!(now == shown, "{now:?}\n{shown:?}");
    first.quit().await?;
    second.quit().await
}

#[tokio::test]
async fn a_trace_opens_without_a_network_and_without_the_model() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let (first, second) = (Browser::start().await?, Browser::start().await?);
    let page = Page::open(&first, &site.url("")).await?;
    page.browser.script(KEEP_FILES, vec![]).await?;
    explore(&page).await?;
    let shown = seen(&page).await?;
    page.click("#share").await?;
    let file = saved(&page, "#save-session", "session.json").await?;
    let read = format!("decodeURIComponent({file:?}.slice({file:?}.indexOf(',') + 1))");
    let text = page.value(&read).await?.as_str().unwrap_or_default().to_owned();
    page.browser
        .script("document.querySelector('#share-menu').hidePopover()", vec![])
        .await?;
    println!("a trace of {} tokens has {} bytes", shown.ids.len(), text.len());

    let other = Page::open(&second, &site.url("")).await?;
    kept(&other).await?;
    site.stop();
    let other = Page::open(&second, &site.url("")).await?;
    choose(&other, &text).await?;
    other.until("document.documentElement.dataset.state === 'recorded'").await?;
    ensure!(seen(&other).await? == shown, "{:?}\n{shown:?}", seen(&other).await?);
    ensure!(
        other.value("document.querySelector('#greedy').ariaDisabled").await? == "true"
    );
    for index in [3, 9, 10] {
        for page in [&page, &other] {
            page.click(&format!("#strip [data-token-index='{index}']")).await?;
        }
        page.settled().await?;
        let (here, there) = (seen(&page).await?, seen(&other).await?);
        // Only what was on screen was recorded: of the prompt, the scores.
        ensure!(here.note == there.note, "{here:?}\n{there:?}");
        ensure!(index < 10 || here.rows == there.rows, "{here:?}\n{there:?}");
    }
    second.picture("trace").await?;
    // From there the page goes on with the model.
    other.click("#go-live").await?;
    other.settled().await?;
    other.click("#return").await?;
    other.settled().await?;
    ensure!(other.ids().await? == shown.ids);
    ensure!(seen(&other).await?.rows == shown.rows);
    first.quit().await?;
    second.quit().await
}

#[tokio::test]
async fn what_cannot_be_opened_leaves_the_page_as_it_is() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("#session=AXjanothing")).await?;
    page.until(
        "document.querySelector('#error-message').textContent.includes('damaged')",
    )
    .await?;
    page.start("Once upon a time").await?;
    let shown = seen(&page).await?;
    for (text, said) in [
        ("no session", "neither a session"),
        ("{\"version\":7}", "newer version"),
        ("{\"version\":1,\"model\":{", "damaged"),
        ("{\"version\":1}", "contradicts itself"),
    ] {
        choose(&page, text).await?;
        page.until(&format!(
            "document.querySelector('#error-message').textContent.includes({said:?})"
        ))
        .await?;
        ensure!(seen(&page).await? == shown);
        page.click("#dismiss").await?;
    }
    browser.quit().await
}

#[tokio::test]
async fn what_was_shared_is_listed_found_opened_and_deleted() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    for prompt in ["The cat sat", "One, two, three"] {
        page.start(prompt).await?;
        link(&page).await?;
    }
    let page = Page::open(&browser, &site.url("")).await?;
    page.click("#share").await?;
    let listed = "document.querySelectorAll('#past-sessions li').length";
    page.until(&format!("{listed} === 2")).await?;
    page.fill("#past-filter", "CAT").await?;
    page.until(&format!("{listed} === 1")).await?;
    browser.picture("past-sessions").await?;
    page.click("#past-sessions .past-open").await?;
    page.until("document.querySelector('#prompt').value === 'The cat sat'").await?;
    page.settled().await?;
    page.click("#share").await?;
    page.click("#past-sessions .past-forget").await?;
    page.until(&format!("{listed} === 0")).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.click("#share").await?;
    let titles = page.text("#past-sessions").await?;
    ensure!(titles.contains("One, two, three") && !titles.contains("cat"), "{titles}");
    browser.quit().await
}
