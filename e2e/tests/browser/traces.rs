//! Traces of the tools and of the chat: another page shows the same, without a network and without
//! the model.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Headers, Page, Site};

use crate::inside_pictures::{KEEP_FILES, LOOKED, occlude, saved};
use crate::offline::kept;
use crate::sharing::{choose, explore};

/// Opens what a page shows of its sampler, its branches and its bets, and of a second engine.
async fn trials_and_engines_are_shown(pages: (&Page<'_>, &Page<'_>)) -> Result<()> {
    let (page, other) = pages;
    page.click("#tool-open-draws").await?;
    page.set("#draw-count", "100").await?;
    page.until("document.querySelector('#draws-summary').textContent.includes('100')")
        .await?;
    let rows = "document.querySelectorAll('#sweep-top-p-rows tr').length";
    page.until(&format!("{rows} > 3")).await?;
    page.click("#draw-again").await?;
    is_shown(pages, "#share", &["#tool-draws"]).await?;
    let bars = "[...document.querySelectorAll('#tool-draws [style]')]
        .map((bar) => bar.getAttribute('style')).join()";
    ensure!(page.value(bars).await? == other.value(bars).await?);

    page.click("#tool-open-branches").await?;
    page.set("#grow-depth", 2.0).await?;
    page.set("#grow-mode", "beam").await?;
    page.click("#grow").await?;
    page.until("document.querySelector('#grown').textContent !== ''").await?;
    is_shown(pages, "#share", &["#tool-branches"]).await?;

    page.click("#tool-open-verify").await?;
    page.click("#verify").await?;
    page.until("document.querySelector('#verified').textContent !== ''").await?;
    is_shown(pages, "#share", &["#tool-verify"]).await?;

    page.click("#tool-open-compare").await?;
    page.set("#compared-with", "f32").await?;
    page.set("#other-top-p", 0.5).await?;
    page.click("#compare").await?;
    page.until("document.querySelector('#divergence-p').textContent !== ''").await?;
    is_shown(pages, "#share", &["#comparison-result"]).await?;
    let fields = "['#compared-with', '#other-temperature', '#other-top-p']
        .map((field) => document.querySelector(field).value).join()";
    ensure!(page.value(fields).await? == other.value(fields).await?);
    other.browser.picture("trace-engines").await?;
    page.click("#close-side").await?;

    page.click("#tool-open-guess").await?;
    page.click("#guess-rows button").await?;
    is_shown(pages, "#share", &["#guess-rows"]).await?;
    page.click("#guess-reveal").await?;
    is_shown(pages, "#share", &["#guess-rows", "#guess-outcome", "#guess-score"]).await
}

/// What a person reads in an element, and what stands in its fields.
fn read(of: &str) -> String {
    format!(
        "(() => {{
            const host = document.querySelector({of:?});
            if (!host) return 'it is not there';
            const fields = [...host.querySelectorAll('input, textarea, select')];
            return host.innerText + '|' + fields.map((field) => field.value).join('|');
        }})()"
    )
}

/// The trace of what a page shows.
async fn trace(page: &Page<'_>, share: &str) -> Result<String> {
    page.browser.script("delete saved['session.json']", vec![]).await?;
    page.value(&format!("document.querySelector({share:?}).click()")).await?;
    let file = saved(page, "#save-session", "session.json").await?;
    let text = format!("decodeURIComponent({file:?}.slice({file:?}.indexOf(',') + 1))");
    let text = page.value(&text).await?;
    page.browser
        .script("document.querySelector('#share-menu').hidePopover()", vec![])
        .await?;
    Ok(text.as_str().context("a trace is a text")?.to_owned())
}

/// Opens a trace, and holds what it shows against the page that it is of.
async fn is_shown(
    (page, other): (&Page<'_>, &Page<'_>),
    share: &str,
    regions: &[&str],
) -> Result<()> {
    page.settled().await?;
    let text = trace(page, share).await?;
    println!("{regions:?}: a trace of {} bytes", text.len());
    choose(other, &text).await?;
    other.until("document.documentElement.dataset.state === 'recorded'").await?;
    for region in regions {
        let shown = page.value(&read(region)).await?;
        let same = format!("{} === {shown}", read(region));
        let differs = other.until(&same).await;
        let there = other.value(&read(region)).await?;
        differs.with_context(|| format!("{region}:\n{shown}\n{there}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn the_tools_and_the_chat_are_in_a_trace_that_opens_without_a_network() -> Result<()>
{
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let gone = Site::start("/", Headers::Isolating, &[]).await;
    let (first, second) = (Browser::start().await?, Browser::start().await?);
    // One that keeps the site, for when there is no network.
    let other = Page::open(&second, &gone.url("")).await?;
    kept(&other).await?;
    gone.stop();
    let other = Page::open(&second, &gone.url("")).await?;
    let page = Page::open(&first, &site.url("")).await?;
    first.script(KEEP_FILES, vec![]).await?;
    explore(&page).await?;
    let pages = (&page, &other);

    page.click("#tool-open-words").await?;
    for word in ["girl", "boy"] {
        page.fill("#words-query", word).await?;
        page.keys(thirtyfour::Key::Enter).await?;
    }
    page.fill("#words-query", "dragon").await?;
    let rows = "document.querySelectorAll('#words-rows tr').length";
    page.until(&format!("{rows} >= 3")).await?;
    is_shown(pages, "#share", &["#tool-words"]).await?;

    page.click("#tool-open-score").await?;
    page.fill("#scores-text", "The cat sat on the purple mat.").await?;
    page.click("#score-typed").await?;
    page.until("document.querySelectorAll('#scored-strip .tok').length > 5").await?;
    page.click("#heat-rank").await?;
    is_shown(pages, "#share", &["#tool-score"]).await?;
    let tints = "[...document.querySelectorAll('#scored-strip .tok')].map((t) => t.dataset.heat).join()";
    ensure!(page.value(tints).await? == other.value(tints).await?);

    trials_and_engines_are_shown(pages).await?;

    page.click("#tool-open-compare").await?;
    page.set("#compared-with", "text").await?;
    page.set("#other-top-p", 1.0).await?;
    page.fill("#compared-text", "Once upon a time, there was a big").await?;
    page.set("#other-temperature", 1.5).await?;
    page.click("#compare").await?;
    page.until("document.querySelectorAll('#comparison-rows li').length > 3").await?;
    is_shown(pages, "#share", &["#comparison-result", "#distribution"]).await?;
    let typed = "document.querySelector('#compared-text').value";
    ensure!(other.value(typed).await? == page.value(typed).await?);

    page.click("#tool-open-inside").await?;
    page.until(LOOKED).await?;
    is_shown(pages, "#share", &["#tool-inside"]).await?;
    page.click("#inside-view-attention").await?;
    page.until("document.querySelector('#inside-text').textContent !== ''").await?;
    is_shown(pages, "#share", &["#tool-inside"]).await?;
    occlude(&page).await?;
    is_shown(pages, "#share", &["#inside-table", "#inside-text", "#inside-about"])
        .await?;
    second.picture("trace-inside").await?;

    page.click("#tab-chat").await?;
    page.say("Tell me a story about a cat.").await?;
    page.settled().await?;
    page.click("#show-tokens").await?;
    page.click(".reply-tokens [data-token-index='3']").await?;
    page.settled().await?;
    let regions = [
        "#chat-log .question",
        "#chat-log .reply-tokens",
        "#distribution",
        "#panel-title",
    ];
    is_shown(
        pages,
        "#chat-share",
        &["#chat-log .question", "#distribution", "#panel-title"],
    )
    .await?;
    if other.value("document.querySelector('#show-tokens').checked").await? == false {
        other.click("#show-tokens").await?;
    }
    for region in regions {
        let (here, there) =
            (page.value(&read(region)).await?, other.value(&read(region)).await?);
        ensure!(here == there, "{region}: {here}\n{there}");
    }
    other.click(".reply-tokens [data-token-index='5']").await?;
    page.click(".reply-tokens [data-token-index='5']").await?;
    page.settled().await?;
    let rows = read("#distribution");
    other.until(&format!("{rows} === {}", page.value(&rows).await?)).await?;
    second.picture("trace-chat").await?;
    first.quit().await?;
    second.quit().await
}
