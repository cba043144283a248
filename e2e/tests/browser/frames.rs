//! Long texts and turning knobs: the page's elements stay few, and what has not changed is not
//! written again.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Page, Site};
use random_model::{Kind, Shape};

/// A page with a model of a long context, started from a text of so many letters, each of which
/// is a token to it.
async fn started<'a>(
    browser: &'a Browser,
    site: &Site,
    letters: usize,
) -> Result<Page<'a>> {
    let page = Page::open(browser, &site.url("?model=./model/")).await?;
    page.start(&"abcdefghi ".repeat(letters / 10)).await?;
    Ok(page)
}

fn model() -> ModelFolder {
    ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Instruct, 1))
}

#[tokio::test]
async fn a_text_of_8000_tokens_has_few_elements_scrolls_and_is_edited() -> Result<()> {
    let model = model();
    let site = Site::start("/", Headers::Isolating, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let page = started(&browser, &site, 8000).await?;
    let facts = page.text("#text-facts").await?;
    ensure!(facts.starts_with("8,00"), "{facts}");
    let elements = "document.querySelectorAll('*').length";
    let count = page.value(elements).await?.as_u64().unwrap_or(u64::MAX);
    ensure!(count < 6000, "{count} elements");
    let below = "(() => { const strip = document.querySelector('#strip');
        return Math.round(strip.scrollHeight - strip.clientHeight - strip.scrollTop); })()";
    let at_end = format!("{below} < 2");
    page.until(
        "document.querySelector('#text-facts').textContent.includes('perplexity')",
    )
    .await?;
    ensure!(page.value(&at_end).await? == true, "{} px below", page.value(below).await?);

    // All of it can be reached, a part at a time.
    let first = "Number(document.querySelector('#strip .tok').dataset.tokenIndex)";
    let mut at = page.value(first).await?.as_u64().unwrap_or_default();
    ensure!(at > 5000, "{at}");
    while at > 0 {
        page.click("#earlier-tokens").await?;
        page.settled().await?;
        let now = page.value(first).await?.as_u64().unwrap_or_default();
        ensure!(now < at, "{now}");
        at = now;
        let count = page.value(elements).await?.as_u64().unwrap_or(u64::MAX);
        ensure!(count < 6000, "{count} elements");
    }
    page.click("#strip [data-token-index='3']").await?;
    page.settled().await?;
    ensure!(page.text("#panel-title").await?.contains('4'));
    page.click("#return").await?;
    page.settled().await?;

    // A token more is one token read, and the end is in view again.
    let before = page.forward_tokens().await?;
    page.click("#greedy").await?;
    page.settled().await?;
    ensure!(page.forward_tokens().await? == before + 1);
    ensure!(page.value(&at_end).await? == true, "its end is in view again");
    page.click("#undo").await?;
    page.settled().await?;
    ensure!(page.text("#text-facts").await?.starts_with(&facts[..5]));
    let scroll = page.scroll_every_frame("#strip", 60).await?;
    println!("scrolling: {}", scroll.summary());
    browser.quit().await
}

/// Notes which regions of the page are written to.
const WATCH: &str = "self.written = {};
    new MutationObserver((changes) => changes.forEach(({ target }) => {
        const element = target.nodeType === 1 ? target : target.parentElement;
        const region = element?.closest('#strip, #panel, .prompt, .tools, .sampler, #status, .header,'
            + '.actions, dialog, #live') ?? element;
        const name = region?.id || region?.className || region?.tagName || 'removed';
        self.written[name] = (self.written[name] ?? 0) + 1;
    })).observe(document.body,
        { subtree: true, childList: true, characterData: true, attributes: true });";

#[tokio::test]
async fn turning_a_knob_writes_only_what_it_changes_and_reads_no_token() -> Result<()> {
    let model = model();
    let site = Site::start("/", Headers::Isolating, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let page = started(&browser, &site, 2000).await?;
    page.set("#top-k", 50.0).await?;
    page.settled().await?;
    ensure!(page.rows().await?.len() == 50);
    page.until(
        "document.querySelector('#text-facts').textContent.includes('perplexity')",
    )
    .await?;
    let before = page.forward_tokens().await?;
    browser.script(WATCH, vec![]).await?;
    let frames = page.turn_every_frame("#temperature", 120).await?;
    println!("turning temperature: {}", frames.summary());
    page.settled().await?;
    let written = page.value("JSON.stringify(self.written)").await?;
    println!("written: {written}");
    ensure!(page.forward_tokens().await? == before, "a knob costs no token");
    let written = written.as_str().unwrap_or_default();
    // The tools' buttons follow whether anything is computed, once at each end.
    for region in ["strip", "prompt", "actions", "header"] {
        ensure!(!written.contains(region), "{region} was written: {written}");
    }
    browser.quit().await
}

#[tokio::test]
async fn a_knob_costs_no_token_for_watched_words_of_several_tokens() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    page.click("#tool-open-words").await?;
    page.fill("#words-query", "hippopotamus").await?;
    page.keys(thirtyfour::Key::Enter).await?;
    let q = "[...document.querySelectorAll('#words-rows .value.q')].map((q) => q.textContent)";
    let known = format!("({q}).length === 2 && ({q}).every((q) => q.includes('%'))");
    page.until(&known).await?;
    page.settled().await?;
    let several =
        "document.querySelector('#words-rows .pieces').textContent.includes('·')";
    ensure!(page.value(several).await? == true, "it has several tokens");
    let (before, drawn) = (page.forward_tokens().await?, page.value(q).await?);
    for temperature in [0.2, 1.4, 1.9] {
        page.set("#temperature", temperature).await?;
        page.settled().await?;
        page.until(&known).await?;
    }
    ensure!(page.value(q).await? != drawn, "another sampler draws otherwise");
    ensure!(page.forward_tokens().await? == before, "its tokens are at hand");
    browser.quit().await
}
