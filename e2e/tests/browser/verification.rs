//! Verifying the numbers on the page, by mouse and by keyboard.

use anyhow::{Result, ensure};
use e2e::Page;
use thirtyfour::prelude::*;

use crate::looks::{LOOKS, begin};

const RESULT: &str = "document.querySelector('#verified').textContent";

#[tokio::test]
async fn the_numbers_are_verified_by_candle_and_the_result_belongs_to_their_text()
-> Result<()> {
    let (site, browser) = begin().await?;
    for look in LOOKS {
        let page = look.open(&browser, &site).await?;
        page.click("#tab-explorer").await?;
        page.start("Once upon a time, there was a little").await?;
        page.click("#tool-open-verify").await?;
        page.click("#verify").await?;
        page.until(&format!("{RESULT} !== ''")).await?;
        page.settled().await?;
        let result = page.text("#verified").await?;
        ensure!(result.starts_with("Checked with candle in f32: "), "{result}");
        ensure!(result.contains("percentage points"), "{result}");
        ensure!(result.contains(" ranks "), "{result}");
        let terms = page.text("#verified-terms").await?;
        // Its name says, too, how the processor multiplies bytes.
        ensure!(terms.contains("SIMD") && terms.contains(" kernels"), "{terms}");
        look.picture(&page, "verified").await?;

        page.click("#greedy").await?;
        page.settled().await?;
        ensure!(page.value(RESULT).await? == "", "a result of another text");
        page.click("#undo").await?;
        page.settled().await?;
        ensure!(page.text("#verified").await? == result);
    }
    browser.quit().await
}

#[tokio::test]
async fn a_verification_is_started_and_stopped_from_the_keyboard() -> Result<()> {
    let (site, browser) = begin().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start(&"The cat sat on the mat and looked at the dog. ".repeat(35)).await?;
    page.click("#tool-open-verify").await?;
    page.until("!document.querySelector('#tool-verify').hidden").await?;
    page.value("document.querySelector('#verify').focus()").await?;
    page.keys(Key::Enter).await?;
    // Stop takes the place of the button, and the focus with it.
    page.until("document.activeElement.id === 'verify-stop'").await?;
    page.keys(Key::Enter).await?;
    page.until("document.activeElement.id === 'verify'").await?;
    page.settled().await?;
    ensure!(page.value(RESULT).await? == "", "a result of what was stopped");
    browser.quit().await
}
