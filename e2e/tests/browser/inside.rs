//! Looking into the model on the page: by mouse, by keyboard and through the accessibility
//! tree.

use anyhow::{Result, ensure};
use e2e::Page;
use thirtyfour::prelude::*;

use crate::looks::{LOOKS, begin};

const ROWS: &str = "document.querySelectorAll('#inside-table tbody tr').length";
const LOOKED: &str = "document.querySelectorAll('#inside-table tbody tr').length > 0";

#[tokio::test]
async fn the_four_views_show_how_the_prediction_came_about() -> Result<()> {
    let (site, browser) = begin().await?;
    for look in LOOKS {
        let page = look.open(&browser, &site).await?;
        page.click("#tab-explorer").await?;
        page.start("Once upon a time, there was a little").await?;
        page.click("#tool-open-inside").await?;
        page.until(LOOKED).await?;
        page.settled().await?;
        // The last row on top is the model's own prediction, which the bars show, too.
        let top = page.text("#inside-table tbody tr:first-child td").await?;
        let bar = page.text("#distribution .row .token").await?;
        ensure!(top.starts_with(&bar), "{top} instead of {bar}");
        look.picture(&page, "inside-lens").await?;
        page.click("#inside-several").await?;
        page.until("document.querySelectorAll('#inside-table thead th').length > 5")
            .await?;
        look.picture(&page, "inside-positions").await?;
        page.click("#inside-several").await?;

        page.click("#inside-view-attention").await?;
        page.until("document.querySelector('#inside-text').textContent !== ''").await?;
        look.picture(&page, "inside-attention").await?;
        page.click("#inside-table tbody td").await?;
        page.until("document.querySelector('#inside-layer').value === '1'").await?;

        page.click("#inside-view-occlusion").await?;
        page.until("document.querySelector('#inside-cost').textContent !== ''").await?;
        let cost = page.text("#inside-cost").await?;
        ensure!(cost.contains("parts: reads"), "{cost}");
        page.click("#inside-occlude").await?;
        page.until("/^(\\d+) of \\1 parts/.test(document.querySelector('#inside-note').textContent)")
            .await?;
        look.picture(&page, "inside-occlusion").await?;

        page.click("#inside-view-attribution").await?;
        page.until(
            "document.querySelector('#inside-note').textContent.startsWith('Together')",
        )
        .await?;
        look.picture(&page, "inside-attribution").await?;

        // The next token does not wait, and what is open follows it.
        page.click("#greedy").await?;
        page.settled().await?;
        page.until(LOOKED).await?;
    }
    browser.quit().await
}

#[tokio::test]
async fn from_the_keyboard_the_lesson_begins_and_its_table_is_read() -> Result<()> {
    let (site, browser) = begin().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.value("document.querySelector('#tool-open-inside').focus()").await?;
    page.keys(Key::Enter).await?;
    page.until("!document.querySelector('#tool-inside').hidden").await?;
    page.value("document.querySelector('#inside-begin-lesson').focus()").await?;
    page.keys(Key::Enter).await?;
    page.until("!document.querySelector('#inside-lesson').hidden").await?;
    page.until(LOOKED).await?;
    page.settled().await?;
    let said = page.text("#inside-lesson").await?;
    ensure!(said.starts_with("When does the model know"), "{said}");
    // Every number is in a cell with a head for its row and its column.
    let heads =
        "[...document.querySelectorAll('#inside-table th')].every(th => th.scope)";
    ensure!(page.value(heads).await? == true);
    ensure!(page.value(&format!("{ROWS} > 2")).await? == true);
    // Views are buttons, and numbers are fields.
    page.value("document.querySelector('#inside-view-attention').focus()").await?;
    page.keys(Key::Space).await?;
    page.until("document.querySelector('#inside-text').textContent !== ''").await?;
    let pressed = "document.querySelector('#inside-view-attention').ariaPressed";
    ensure!(page.value(pressed).await? == "true");
    page.value("document.querySelector('#inside-layer').focus()").await?;
    page.keys(Key::Up).await?;
    page.until("document.querySelector('#inside-note').textContent.includes('layer 1')")
        .await?;
    browser.quit().await
}
