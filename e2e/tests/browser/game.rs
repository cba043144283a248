//! The game: bets on the next token, before its bars are seen.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use thirtyfour::prelude::Key;

use crate::axe;

const HIDDEN: &str =
    "getComputedStyle(document.querySelector('#distribution')).visibility === 'hidden'";
const SCORED: &str = "document.querySelector('#guess-score').textContent !== ''";

/// The bits in a text: those of the player and of the model.
fn bits(text: &str) -> Vec<f64> {
    let parts = text.split("bits");
    let last = parts.map(|part| part.split_whitespace().next_back().unwrap_or_default());
    last.filter_map(|number| number.parse().ok()).collect()
}

#[tokio::test]
async fn bets_are_scored_in_bits_beside_the_model_s_by_mouse_and_by_keyboard()
-> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    ensure!(page.value(HIDDEN).await? == false);
    page.click("#tool-open-guess").await?;
    page.until(HIDDEN).await?;
    // Half of the chips on the first row by mouse, and the others by keyboard.
    for _ in 0..5 {
        page.click("#guess-rows li:nth-child(1) .bet").await?;
    }
    page.value("document.querySelector('#guess-rows li:nth-child(2) .bet').focus()")
        .await?;
    for _ in 0..6 {
        page.keys(Key::Enter).await?;
    }
    page.until("document.querySelector('#guess-note').textContent === '0 chips left.'")
        .await?;
    page.click("#guess-rows li:nth-child(2) .take").await?;
    page.until("document.querySelector('#guess-note').textContent === '1 chip left.'")
        .await?;
    browser.picture("game-bets").await?;
    page.click("#guess-reveal").await?;
    page.until(SCORED).await?;
    ensure!(page.value(HIDDEN).await? == false, "what was guessed may be seen");
    // The score against what the page itself says was drawn from.
    let rows = page.value("document.querySelectorAll('#guess-rows li').length").await?;
    let rows = rows.as_f64().context("there are rows")?;
    let drawn = "[...document.querySelectorAll('#guess-rows li')]
        .findIndex((row) => 'drawn' in row.dataset)";
    let drawn = page.value(drawn).await?.as_f64().context("a row was drawn")?;
    let chips = [5.0, 4.0].get(drawn as usize).copied().unwrap_or(0.0);
    let share = 0.95 * (chips + 1.0 / rows) / 10.0 + 0.05 / rows;
    let said = page.text("#guess-outcome").await?;
    let [player, model] = bits(&said)[..] else { anyhow::bail!("{said}") };
    ensure!((player + share.log2()).abs() < 0.02, "{said}: {share}");
    let q = page.value(
        "getComputedStyle(document.querySelector('#guess-rows [data-drawn] .share'))
            .getPropertyValue('--share')",
    );
    let q: f64 = q.await?.as_str().context("a share")?.trim().parse()?;
    ensure!((model + q.log2()).abs() < 0.02, "{said}: {q}");
    browser.picture("game-revealed").await?;
    if let Some(axe) = axe::source() {
        let found = axe::violations(&page, &axe).await?;
        ensure!(found.is_empty(), "{}", found.join("\n"));
    }
    // The text goes on with what was drawn, and the next bars are hidden again.
    let before = page.ids().await?.len();
    page.click("#guess-next").await?;
    page.until(HIDDEN).await?;
    page.settled().await?;
    ensure!(page.ids().await?.len() == before + 1);
    page.click("#guess-reveal").await?;
    page.until(
        "document.querySelector('#guess-score').textContent.startsWith('After 2')",
    )
    .await?;
    browser.quit().await
}

#[tokio::test]
async fn the_game_fits_a_phone_in_the_dark_and_from_right_to_left() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(360, 740).await?;
    let page = Page::open(&browser, &site.url("?lang=ar")).await?;
    browser.prefer("prefers-color-scheme", "dark").await?;
    page.start("Once upon a time, there was a little").await?;
    page.value("document.querySelector('#tool-open-guess').click()").await?;
    page.until(HIDDEN).await?;
    page.click("#guess-rows li:nth-child(3) .bet").await?;
    let small = "[...document.querySelectorAll('#guess-rows button')]
        .filter((button) => button.getBoundingClientRect().height < 44).length";
    ensure!(page.value(small).await? == 0, "fingers need 44 pixels");
    ensure!(!page.is_too_wide().await?, "nothing sticks out");
    browser.picture("game-ar-360-dark").await?;
    if let Some(axe) = axe::source() {
        let found = axe::violations(&page, &axe).await?;
        ensure!(found.is_empty(), "{}", found.join("\n"));
    }
    browser.quit().await
}
