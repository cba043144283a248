//! The sampler's further steps, many draws and sweeps on the page, by mouse and by keyboard.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use thirtyfour::prelude::*;

const SIZES: [(&str, u32, u32); 3] =
    [("light", 1280, 720), ("dark", 1920, 1080), ("light", 360, 740)];

/// A picture in every size; nothing may scroll sideways.
async fn pictures(
    browser: &Browser,
    page: &Page<'_>,
    name: &str,
    pane: &str,
) -> Result<()> {
    for (scheme, width, height) in SIZES {
        browser.prefer("prefers-color-scheme", scheme).await?;
        browser.resize(width, height).await?;
        page.settled().await?;
        let scroll = format!("document.querySelector('{pane}').scrollIntoView(false)");
        page.value(&scroll).await?;
        browser.picture(&format!("{name}-{scheme}-{width}")).await?;
        ensure!(!page.is_too_wide().await?, "{name} scrolls at {width}");
    }
    browser.resize(1280, 800).await
}

/// Chooses a value of a list, as by mouse.
async fn choose(page: &Page<'_>, selector: &str, value: &str) -> Result<()> {
    page.value(&format!(
        "(() => {{ const list = document.querySelector('{selector}'); list.value = '{value}';
            list.dispatchEvent(new Event('input', {{ bubbles: true }})); return true; }})()"
    ))
    .await?;
    page.settled().await
}

#[tokio::test]
async fn every_step_is_in_the_pipeline_and_a_cut_row_says_which_cut_it() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(1280, 800).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    let plain = page.rows().await?;
    let forward = page.forward_tokens().await?;
    page.click("#sampler-more-heading").await?;

    // A token is named by its text; the form with a space before it is banned, too.
    page.fill("#named-token", "girl").await?;
    page.click("#ban-token").await?;
    page.until("document.querySelector('#named-tokens')?.textContent.includes('banned')")
        .await?;
    page.until("document.querySelector('#pipeline').textContent.includes('ban ')")
        .await?;
    page.settled().await?;
    let row = "[...document.querySelectorAll('#distribution [data-rank]')]
        .find((row) => row.querySelector('.token').textContent.includes('girl'))";
    let tag = format!("({row}).querySelector('.tag').textContent");
    ensure!(page.value(&tag).await?.as_str().is_some_and(|tag| tag.contains("banned")));
    ensure!(page.value(&format!("Number(({row}).dataset.q)")).await? == 0);
    let p: Vec<f64> = page.rows().await?.iter().map(|row| row.p).collect();
    ensure!(p == plain.iter().map(|row| row.p).collect::<Vec<f64>>(), "p stays");

    page.set("#typical-p", 0.5).await?;
    page.set("#repetition", 1.5).await?;
    choose(&page, "#sampler-order", "last").await?;
    page.settled().await?;
    let pipeline = page.text("#pipeline").await?;
    for step in ["repetition penalty changed", "ban ", "typical-p ", "temperature 0.7"] {
        ensure!(pipeline.contains(step), "{step} is not in {pipeline}");
    }
    pictures(&browser, &page, "sampler", "#sampler-more").await?;

    // Allowed texts: the sampler draws one of them and nothing else.
    page.click("#sampler-off").await?;
    page.settled().await?;
    choose(&page, "#allowed-kind", "list").await?;
    page.fill("#allowed-text", "boy\ndog").await?;
    page.until(
        "document.querySelector('#pipeline').textContent.includes('allowed texts')",
    )
    .await?;
    page.settled().await?;
    ensure!(page.forward_tokens().await? == forward, "a knob cost a forward pass");
    for _ in 0..3 {
        page.click("#sample").await?;
        page.settled().await?;
        let text = page.value("document.querySelector('#strip').textContent").await?;
        let text = text.as_str().unwrap_or_default();
        let written = text.rsplit("little").next().unwrap_or_default();
        let written = written.trim_matches(|c: char| !c.is_alphabetic());
        ensure!(
            ["boy", "dog"].iter().any(|allowed| allowed.starts_with(written)),
            "{written:?}"
        );
        if ["boy", "dog"].contains(&written) {
            break;
        }
    }

    // A pattern that is not finished is told beside it.
    choose(&page, "#allowed-kind", "pattern").await?;
    page.fill("#allowed-text", "(a").await?;
    page.until(
        "document.querySelector('#allowed-problem').textContent.includes('unclosed group')",
    )
    .await?;
    page.fill("#allowed-text", "( [a-z]+)+").await?;
    page.until("document.querySelector('#allowed-problem').textContent === ''").await?;

    // All of it is there at the next visit.
    page.set("#presence", 0.5).await?;
    page.settled().await?;
    browser.script("location.reload()", vec![]).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.until("document.querySelector('#allowed-text').value === '( [a-z]+)+'").await?;
    page.until("document.querySelector('#presence').value === '0.5'").await?;
    browser.quit().await
}

#[tokio::test]
async fn the_further_steps_are_reached_by_keyboard() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(1280, 800).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a").await?;
    page.value("document.querySelector('#sampler-more-heading').focus()").await?;
    page.keys(Key::Enter).await?;
    page.until("document.querySelector('#sampler-more').open").await?;
    page.keys(Key::Tab).await?;
    page.until("document.activeElement.id === 'sampler-order'").await?;
    page.keys(Key::Down).await?;
    page.until("document.querySelector('#pipeline').textContent.includes('temperature')")
        .await?;
    page.keys(Key::Tab).await?;
    page.until("document.activeElement.id === 'typical-p'").await?;
    page.keys(Key::Left).await?;
    page.until("document.querySelector('#pipeline').textContent.includes('typical-p')")
        .await?;
    page.value("document.querySelector('#named-token').focus()").await?;
    page.keys("time").await?;
    page.keys(Key::Tab).await?;
    page.until("document.activeElement.id === 'ban-token'").await?;
    page.keys(Key::Enter).await?;
    page.until("document.querySelectorAll('#named-tokens li').length === 1").await?;
    page.until("document.querySelector('#pipeline').textContent.includes('ban ')")
        .await?;
    page.value("document.querySelector('#named-tokens button').focus()").await?;
    page.keys(Key::Enter).await?;
    page.until("document.querySelectorAll('#named-tokens li').length === 0").await?;
    page.settled().await?;
    browser.quit().await
}

#[tokio::test]
async fn the_next_token_is_drawn_a_thousand_times_without_a_forward_pass() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(1280, 800).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    let rows = page.rows().await?;
    let forward = page.forward_tokens().await?;
    page.click("#tool-open-draws").await?;
    page.until("!document.querySelector('#draws-result').hidden").await?;
    page.settled().await?;
    let counts = "[...document.querySelectorAll('#draws-rows tr')]
        .map((row) => Number(row.querySelector('.count').textContent.replaceAll(',', '')))";
    let sum = format!("({counts}).reduce((a, b) => a + b, 0)");
    ensure!(page.value(&sum).await? == 1000, "{}", page.value(&sum).await?);
    // The first row is expected as often as q says.
    let expected = "Number(document.querySelector('#draws-rows .expected').textContent)";
    let expected = page.value(expected).await?.as_f64().unwrap_or_default();
    ensure!((expected - 1000.0 * rows[0].q).abs() < 1.0, "{expected}");
    // At temperature 0 the most probable token has everything, at top-p 1 what q says.
    let cell = |table: &str, column: usize| {
        format!(
            "document.querySelector('#sweep-{table}-rows tr td:nth-of-type({column}) b').textContent"
        )
    };
    ensure!(
        page.value(&cell("temperature", 1)).await? == "100 %"
            || page.value(&cell("temperature", 1)).await? == "100%"
    );
    let last = page.value(&cell("top-p", 8)).await?;
    let shown = page.value(
        "document.querySelector(\"#distribution [data-rank='1'] .value.q\").textContent",
    );
    ensure!(last == shown.await?, "{last}");
    let columns = "document.querySelectorAll('#sweep-temperature-head th').length";
    ensure!(page.value(columns).await? == 9);

    // Another round has other seeds; turned knobs are followed.
    let before = page.value(counts).await?;
    page.click("#draw-again").await?;
    page.settled().await?;
    ensure!(page.value(counts).await? != before);
    choose(&page, "#draw-count", "100000").await?;
    ensure!(page.value(&sum).await? == 100_000);
    page.set("#temperature", 0.0).await?;
    page.settled().await?;
    page.until("document.querySelectorAll('#draws-rows tr').length === 1").await?;
    page.set("#temperature", 1.0).await?;
    page.settled().await?;
    ensure!(page.forward_tokens().await? == forward, "draws cost a forward pass");
    pictures(&browser, &page, "draws", "#tool-draws").await?;
    pictures(&browser, &page, "sweeps", "#sweep-top-p-rows").await?;

    // By keyboard.
    page.value("document.querySelector('#draw-count').focus()").await?;
    page.keys(Key::Up).await?;
    page.settled().await?;
    ensure!(page.value(&sum).await? == 10_000);
    page.keys(Key::Tab).await?;
    page.until("document.activeElement.id === 'draw-again'").await?;
    let before = page.value(counts).await?;
    page.keys(Key::Enter).await?;
    page.settled().await?;
    ensure!(page.value(counts).await? != before);
    browser.quit().await
}
