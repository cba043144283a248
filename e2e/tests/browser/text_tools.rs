//! The tools about what could follow a text, by mouse and by keyboard: words, scores, branches
//! and comparisons.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use thirtyfour::prelude::*;

const SIZES: [(&str, u32, u32); 3] =
    [("light", 1280, 720), ("dark", 1920, 1080), ("light", 360, 740)];

/// The tokens that went through the model so far.
async fn forward_tokens(page: &Page<'_>) -> Result<u64> {
    let said =
        page.value("Number(document.documentElement.dataset.forwardTokens)").await?;
    Ok(said.as_u64().unwrap_or_default())
}

/// A picture in every size; nothing may scroll sideways.
async fn pictures(browser: &Browser, page: &Page<'_>, name: &str) -> Result<()> {
    for (scheme, width, height) in SIZES {
        browser.prefer("prefers-color-scheme", scheme).await?;
        browser.resize(width, height).await?;
        page.settled().await?;
        if width < 400 {
            let pane = "document.querySelector('.tool:not([hidden])')";
            page.value(&format!("{pane}.scrollIntoView()")).await?;
        }
        browser.picture(&format!("{name}-{scheme}-{width}")).await?;
        ensure!(!page.is_too_wide().await?, "{name} scrolls sideways at {width}");
    }
    browser.resize(1280, 800).await
}

#[tokio::test]
async fn words_are_looked_up_watched_and_appended() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(1280, 800).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    let before = forward_tokens(&page).await?;
    let shown = page.rows().await?;
    page.value("document.querySelector('#panel').focus()").await?;
    page.keys("/").await?;
    page.until("document.activeElement.id === 'words-query'").await?;
    page.keys("girl").await?;
    const ROWS: &str = "document.querySelectorAll('#words-rows tr').length";
    page.until(&format!("{ROWS} >= 2")).await?;
    page.settled().await?;
    // With a space it is a single token of the distribution.
    let cell = |row: usize, cell: &str| {
        format!(
            "document.querySelectorAll('#words-rows tr')[{row}].querySelector('{cell}').textContent"
        )
    };
    ensure!(page.value(&cell(0, ".form")).await? == "as typed");
    ensure!(page.value(&cell(1, ".form")).await? == "with a space");
    ensure!(page.value(&cell(1, ".pieces")).await? == "␣girl");
    let p = page.value(&cell(1, ".value.p")).await?;
    let listed = "[...document.querySelectorAll('#distribution .row')].find(row => \
        row.querySelector('.token').textContent.includes('girl'))\
        .querySelector('.value.p').textContent";
    ensure!(page.value(listed).await? == p, "{p} is not that of the bars");

    // Enter keeps it in the list; special tokens are found by name.
    page.keys(Key::Enter).await?;
    page.until("document.querySelector('#words-query').value === ''").await?;
    page.keys("<|endoftext|>").await?;
    page.until("[...document.querySelectorAll('#words-rows .form')].some(f => f.textContent === 'special token')").await?;
    page.keys(Key::Enter).await?;
    page.settled().await?;
    pictures(&browser, &page, "words").await?;

    // Watched words follow every step.
    let p = page.value(&cell(1, ".value.p")).await?;
    page.click("#greedy").await?;
    page.settled().await?;
    page.until(&format!("{} !== {p}", cell(1, ".value.p"))).await?;
    page.click("#undo").await?;
    page.settled().await?;
    page.until(&format!("{} === {p}", cell(1, ".value.p"))).await?;

    let ids = page.ids().await?;
    page.value(
        "document.querySelectorAll('#words-rows tr')[1].querySelector('.append').click()",
    )
    .await?;
    page.settled().await?;
    let appended = page.ids().await?;
    ensure!(appended.len() == ids.len() + 1);
    let is_listed = shown.iter().any(|row| Some(&row.id) == appended.last());
    ensure!(is_listed, "{appended:?}");
    ensure!(forward_tokens(&page).await? > before);
    browser.quit().await
}

#[tokio::test]
async fn a_word_of_one_token_costs_no_forward_pass() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    page.click("#tool-open-words").await?;
    let before = forward_tokens(&page).await?;
    // Its form without a space is a single byte, too.
    page.fill("#words-query", "a").await?;
    page.until("document.querySelectorAll('#words-rows tr').length === 2").await?;
    page.settled().await?;
    ensure!(forward_tokens(&page).await? == before, "a pass for what is at hand");
    browser.quit().await
}

#[tokio::test]
async fn a_pasted_text_shows_where_it_surprised_the_model() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(1280, 800).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time").await?;
    let running = page.ids().await?;
    page.click("#tool-open-score").await?;
    let story = "Once upon a time, there was a little girl named Lily. She liked to play \
        with volcanoes in the park. One day, she saw a big red ball. ";
    page.fill("#scores-text", &story.repeat(12)).await?;
    page.click("#score-typed").await?;
    page.until("!document.querySelector('#scores-result').hidden").await?;
    page.settled().await?;
    let said = page.text("#scores-totals").await?;
    ensure!(said.contains("bits per token") && said.contains("perplexity"), "{said}");
    let token = page.text("#scores-token").await?;
    ensure!(token.contains("expected"), "{token}");
    let drawn =
        page.value("document.querySelectorAll('#scored-strip .tok').length").await?;
    ensure!(drawn.as_u64().is_some_and(|drawn| drawn <= 256), "{drawn} tokens are drawn");
    ensure!(
        page.value("document.querySelectorAll('#worst-rows tr').length").await? == 10
    );
    pictures(&browser, &page, "scores").await?;

    // Jumps, the line and the table go to places; the running text stays.
    let at = "Number(document.querySelector('#scores-at').value)";
    let first = page.value(at).await?;
    page.click("#jump-surprising").await?;
    page.until(&format!("{at} !== {first}")).await?;
    let second = page.value(at).await?;
    page.value(
        "document.querySelector('#jump-surprising').previousElementSibling.focus()",
    )
    .await?;
    page.keys(Key::Enter).await?;
    page.until(&format!("{at} === {first}")).await?;
    ensure!(first != second);
    page.value("document.querySelector('#scores-at').focus()").await?;
    page.keys(Key::Right).await?;
    page.until(&format!("{at} === {first} + 1")).await?;
    page.value("document.querySelectorAll('#worst-rows button')[3].click()").await?;
    page.settled().await?;
    page.click("#heat-rank").await?;
    page.until(
        "document.querySelector('#heat-rank').getAttribute('aria-pressed') === 'true'",
    )
    .await?;
    ensure!(page.ids().await? == running);

    // The running text is scored from what was read.
    let before = forward_tokens(&page).await?;
    page.click("#score-running").await?;
    page.settled().await?;
    ensure!(forward_tokens(&page).await? <= before + running.len() as u64);
    browser.quit().await
}

#[tokio::test]
async fn branches_grow_and_are_walked() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(1280, 800).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    let prompt = page.ids().await?;
    page.click("#tool-open-branches").await?;
    page.click("#grow").await?;
    page.until("document.querySelector('#grown').textContent.includes('grown')").await?;
    page.settled().await?;
    ensure!(page.ids().await? == prompt, "the text stays where it is");
    const ROWS: &str = "document.querySelectorAll('#branch-rows button').length";
    let rows = page.value(ROWS).await?.as_u64().unwrap_or_default();
    ensure!(rows > 9, "{rows} rows");
    pictures(&browser, &page, "branches").await?;

    // By keyboard: the arrows go along the rows, Enter goes there.
    page.value("document.querySelector('#branch-rows button').focus()").await?;
    page.keys(Key::Down + Key::Down).await?;
    page.keys(Key::Enter).await?;
    page.settled().await?;
    let there = page.ids().await?;
    ensure!(there.len() > prompt.len(), "{there:?}");
    ensure!(page.value("!document.querySelector('#fork').hidden").await? == true);
    let way = page.text("#fork-way").await?;
    page.click("#fork [data-action=fork-later]").await?;
    page.settled().await?;
    ensure!(page.text("#fork-way").await? != way);
    let other = page.ids().await?;
    ensure!(other != there);
    page.value("document.querySelector('#panel').focus()").await?;
    page.keys("[").await?;
    page.settled().await?;
    ensure!(page.text("#fork-way").await? == way, "the key goes the other way");
    page.keys("]").await?;
    page.settled().await?;
    ensure!(page.ids().await? == other);
    for _ in 0..2 {
        page.click("#undo").await?;
        page.settled().await?;
    }
    page.click("#undo").await?;
    page.settled().await?;
    ensure!(page.ids().await? == there, "nothing is lost");
    // A beam search grows on.
    page.value("(() => { const mode = document.querySelector('#grow-mode'); mode.value = 'beam'; mode.dispatchEvent(new Event('input', { bubbles: true })); mode.dispatchEvent(new Event('change', { bubbles: true })); })()").await?;
    page.click("#grow").await?;
    page.settled().await?;
    let more = page.value(ROWS).await?.as_u64().unwrap_or_default();
    ensure!(more >= rows, "{more} rows after {rows}");
    browser.quit().await
}

#[tokio::test]
async fn prompts_and_temperatures_are_compared_and_stepped_together() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(1280, 800).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little girl named").await?;
    page.click("#tool-open-compare").await?;
    page.fill("#compared-text", "Once upon a time, there was a little boy named").await?;
    page.click("#compare").await?;
    page.until("!document.querySelector('#comparison-result').hidden").await?;
    page.settled().await?;
    let said = page.text("#divergence-p").await?;
    ensure!(said.contains("KL(this ‖ other)") && said.contains("JS"), "{said}");
    const ROWS: &str = "document.querySelectorAll('#comparison-rows li').length";
    ensure!(page.value(&format!("{ROWS} >= 10")).await? == true);
    pictures(&browser, &page, "comparison").await?;
    // One token more on both sides costs these two tokens.
    let (before, length) = (forward_tokens(&page).await?, page.ids().await?.len());
    page.value("document.querySelector('#comparison-rows button').focus()").await?;
    page.keys(Key::Enter).await?;
    page.until("document.querySelector('#comparison-appended').textContent !== ''")
        .await?;
    page.settled().await?;
    ensure!(page.ids().await?.len() == length + 1);
    ensure!(forward_tokens(&page).await? == before + 2);
    // The same text at another temperature costs none.
    page.fill("#compared-text", "").await?;
    page.fill("#other-temperature", "1.5").await?;
    let before = forward_tokens(&page).await?;
    page.click("#compare").await?;
    page.until(
        "document.querySelector('#divergence-p').textContent.includes('JS 0 bits')",
    )
    .await?;
    page.settled().await?;
    ensure!(forward_tokens(&page).await? == before);
    browser.quit().await
}
