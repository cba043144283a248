//! Very small numbers keep to their columns.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};

const PROMPT: &str = "Once upon a time";

/// How far the two numbers of a row are apart, in pixels, with texts as nearly certain models
/// have them, marked as the page marks long ones.
const GAP_OF_SMALL_NUMBERS: &str = "(() => {
    const cells = [...document.querySelectorAll('#distribution li:nth-child(3) .value')];
    ['1.02×10⁻¹⁰%', '7.42×10⁻¹⁶%'].forEach((text, at) => { 
        cells[at].textContent = text;
        cells[at].toggleAttribute('data-long', true);
    });
    const boxes = cells.map((cell) => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        return range.getBoundingClientRect();
    });
    return Math.round(boxes[1].left - boxes[0].right);
})()";

#[tokio::test]
async fn very_small_numbers_of_a_row_do_not_touch() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start(PROMPT).await?;
    for (width, height) in [(1280, 900), (1280, 720), (1920, 1080), (390, 844)] {
        browser.resize(width, height).await?;
        let gap = page.value(GAP_OF_SMALL_NUMBERS).await?.as_i64().unwrap_or(0);
        ensure!(gap >= 4, "{gap} pixels at {width}×{height}");
    }
    browser.quit().await
}

/// How far the last number of the row of all other tokens reaches out of its column, in pixels.
const OUT_OF_COLUMN: &str = "(() => {
    const cell = document.querySelector('#other-row .value.q');
    const range = document.createRange();
    range.selectNodeContents(cell);
    return Math.round(range.getBoundingClientRect().right - cell.getBoundingClientRect().right);
})()";

#[tokio::test]
async fn a_very_small_q_of_all_other_tokens_keeps_to_its_column() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start(PROMPT).await?;
    page.set("#temperature", 0.5).await?;
    page.settled().await?;
    let q = page.text("#other-row .value.q").await?;
    ensure!(q.contains('×'), "{q} is not small enough to try this");
    let out = page.value(OUT_OF_COLUMN).await?.as_i64();
    ensure!(out == Some(0), "{q} reaches out by {out:?} pixels");
    browser.quit().await
}
