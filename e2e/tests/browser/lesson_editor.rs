//! A lesson is made of what is on screen: tried, saved as a file, and sent as a link.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use serde_json::{Value, json};

use crate::axe;
use crate::clipboard::KEEP_COPIES;
use crate::inside_pictures::KEEP_FILES;
use crate::languages::cut;

const OPEN: &str = "document.querySelector('#lesson-editor').matches(':popover-open')";
const LESSON: &str = "document.querySelector('#lesson').checkVisibility()";
const HOSTILE: &str = "<img src=x onerror=alert(1)> “Which?”";

/// Opens the editor from the list of lessons.
async fn open(page: &Page<'_>) -> Result<()> {
    page.value("document.querySelector('#lessons-open').click()").await?;
    page.click("#lesson-make").await?;
    page.until(OPEN).await
}

/// Fills in the form.
async fn write(page: &Page<'_>) -> Result<()> {
    for (name, text) in [
        ("title", HOSTILE),
        ("question", "What comes next?"),
        ("reveal", "It depends."),
        ("attempt", "Turn top-p."),
    ] {
        page.fill(&format!("#lesson-form [name={name}]"), text).await?;
    }
    page.click("#lesson-guess-more").await?;
    for (index, text) in [(1, "mat"), (2, "dog"), (3, "😀 sky")] {
        let field = format!("#lesson-guesses li:nth-child({index}) [name=choice]");
        page.fill(&field, text).await?;
    }
    page.click("#lesson-guesses li:nth-child(2) [name=answer]").await?;
    page.click("#lesson-form [name=sampler]").await?;
    page.click("#lesson-form [name=tool]").await
}

/// What the lesson that is open says and does, with the page's sampler and tool.
async fn seen(page: &Page<'_>) -> Result<Value> {
    page.until(LESSON).await?;
    page.settled().await?;
    let text = async |of: &str| page.text(of).await;
    let [title, question] =
        [text("#lesson-title").await?, text("#lesson-question").await?];
    let choices = "[...document.querySelectorAll('#lesson-choices button')].map((b) => b.textContent)";
    let choices = page.value(choices).await?;
    page.click("#lesson-choices li:nth-child(2) button").await?;
    page.until("document.querySelector('#lesson-answer').checkVisibility()").await?;
    let tool =
        "document.querySelector('.tool-buttons [aria-expanded=true]')?.dataset.tool";
    Ok(json!({
        "title": title,
        "question": question,
        "choices": choices,
        "verdict": text("#lesson-verdict").await?,
        "reveal": text("#lesson-reveal").await?,
        "attempt": text("#lesson-attempt").await?,
        "ids": page.ids().await?,
        "top_p": page.value("document.querySelector('#top-p').value").await?,
        "tool": page.value(tool).await?,
        "images": page.value("document.images.length").await?,
    }))
}

#[tokio::test]
async fn a_lesson_is_made_tried_and_opened_by_its_file_and_by_its_link() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let site = Site::start("/", Headers::Isolating, &[("lessons", folder.path())]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    browser.script(KEEP_FILES, vec![]).await?;
    browser.script(KEEP_COPIES, vec![]).await?;
    page.start("The cat sat on the").await?;
    page.set("#top-p", 0.5).await?;
    page.click("#tool-open-branches").await?;
    page.settled().await?;
    // The page's draft has the sampler a moment later.
    page.until("sessionStorage['next-token-visualizer.draft'].includes('\"top_p\":0.5')")
        .await?;
    open(&page).await?;
    let prompt = "document.querySelector('#lesson-form [name=prompt]').value";
    ensure!(page.value(prompt).await? == "The cat sat on the");
    // Nothing is made of a form with gaps.
    page.click("#lesson-preview").await?;
    ensure!(page.value(OPEN).await? == true);
    write(&page).await?;
    browser.picture("lesson-editor-1280").await?;
    page.click("#lesson-preview").await?;
    let previewed = seen(&page).await?;
    ensure!(
        previewed["title"] == HOSTILE && previewed["verdict"] == "Right.",
        "{previewed}"
    );
    ensure!(previewed["choices"] == json!(["mat", "dog", "😀 sky"]), "{previewed}");
    ensure!(
        previewed["top_p"] == "0.5" && previewed["tool"] == "branches",
        "{previewed}"
    );
    ensure!(previewed["images"] == 0, "what was typed is text: {previewed}");
    // Back in the editor everything is as it was, and it survives a reload.
    page.click("#lesson-edit").await?;
    page.until(OPEN).await?;
    let title = "document.querySelector('#lesson-form [name=title]').value";
    ensure!(page.value(title).await? == HOSTILE);
    page.click("#lesson-save").await?;
    let name = "img-src-x-onerror-alert-1-which.json";
    page.until(&format!("saved[{name:?}] !== undefined")).await?;
    let read = format!(
        "const done = arguments[0]; fetch(saved[{name:?}]).then((r) => r.text()).then(done);"
    );
    let file = browser.execute_async(&read, vec![]).await?.json().clone();
    let file = file.as_str().context("a file is a text")?.to_owned();
    let made: Value = serde_json::from_str(&file)?;
    ensure!(made["version"] == 1 && made["answer"] == 1, "{made}");
    ensure!(made["knobs"]["top_p"] == 0.5 && made["tool"] == "branches", "{made}");
    page.click("#lesson-copy").await?;
    page.until("window.copied !== undefined").await?;
    let link = page.value("window.copied").await?;
    let link = link.as_str().context("a link is a text")?.to_owned();
    println!("a lesson of {} bytes has a link of {} letters", file.len(), link.len());
    ensure!(link.len() < 1_200, "{link}");
    let page = Page::open(&browser, &site.url("")).await?;
    open(&page).await?;
    ensure!(page.value(title).await? == HOSTILE, "what was written is still there");

    // The file, as a host has it, and the link: on a page that was never here.
    std::fs::write(folder.path().join("which.json"), &file)?;
    for address in [site.url("?lesson=which"), link] {
        let other = Browser::start().await?;
        let page = Page::open(&other, &address).await?;
        let shown = seen(&page).await?;
        ensure!(shown == previewed, "{address}: {shown}\n{previewed}");
        ensure!(page.value("location.hash").await? == "");
        let edit = "document.querySelector('#lesson-edit').checkVisibility()";
        ensure!(page.value(edit).await? == false, "this one is another's");
        other.quit().await?;
    }
    browser.quit().await
}

/// Makes a link of any text, as the page makes those of lessons.
const LINK_OF: &str = "const [text, done] = arguments;
    (async () => {
        const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate'));
        const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
        const packed = String.fromCharCode(1, ...bytes);
        done(btoa(packed).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''));
    })();";

#[tokio::test]
async fn a_link_that_is_no_lesson_says_so_and_changes_nothing() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time").await?;
    let before = page.ids().await?;
    let mut links =
        vec!["AQ".to_owned(), "AXjanothing".into(), "%41".into(), "Ag".into()];
    let bomb = "[".to_owned() + &*" ".repeat(2_000_000) + "]";
    // A session is opened by its own link only.
    let session = r#"{"version":1,"texts":{}}"#;
    for text in [bomb.as_str(), session, "{}", r#"{"choices":["a"],"answer":9}"#] {
        let link = browser.execute_async(LINK_OF, vec![text.into()]).await?;
        links.push(link.json().as_str().context("a link")?.to_owned());
    }
    for link in links {
        let go = format!("location.hash = '#lesson={link}'");
        page.value(&format!("({go}) && true")).await?;
        page.until(
            "document.querySelector('#error-message').textContent.includes('lesson')",
        )
        .await
        .with_context(|| link.chars().take(80).collect::<String>())?;
        ensure!(page.value(LESSON).await? == false && page.ids().await? == before);
        page.click("#dismiss").await?;
        page.until("document.querySelector('#error-message').textContent === ''")
            .await
            .ok();
    }
    browser.quit().await
}

#[tokio::test]
async fn the_editor_fits_a_phone_in_the_dark_and_from_right_to_left() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(360, 740).await?;
    browser.prefer("prefers-color-scheme", "dark").await?;
    for code in ["en", "ar"] {
        let page = Page::open(&browser, &site.url(&format!("?lang={code}"))).await?;
        page.start("The cat sat on the").await?;
        open(&page).await?;
        let mut found = Vec::new();
        cut(&page, "the editor", &mut found).await?;
        let small = "[...document.querySelectorAll('#lesson-editor :is(button, input:not([type=radio], [type=checkbox]), textarea)')]
            .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 44).length";
        ensure!(page.value(small).await? == 0, "fingers need 44 pixels");
        if let Some(axe) = axe::source() {
            found.extend(axe::violations(&page, &axe).await?);
        }
        ensure!(found.is_empty(), "{code}: {}", found.join("\n"));
        browser.picture(&format!("lesson-editor-{code}-360-dark")).await?;
    }
    browser.quit().await
}
