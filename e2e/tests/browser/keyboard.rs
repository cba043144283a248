//! The Token Explorer as a person uses it by keyboard.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use thirtyfour::prelude::*;

#[tokio::test]
async fn everything_can_be_done_from_the_keyboard() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.fill("#prompt", "The dog was very").await?;
    let step = page.step().await?;
    page.keys(Key::Control + Key::Enter).await?;
    page.until(&format!("Number(document.documentElement.dataset.step) > {step}"))
        .await?;
    page.settled().await?;
    let prompt = page.ids().await?;
    // Outside of the explorer's region, keys do nothing.
    page.value("document.activeElement.blur()").await?;
    page.keys("2").await?;
    page.value("document.querySelector('#temperature').focus()").await?;
    page.keys("g").await?;
    page.settled().await?;
    ensure!(page.ids().await? == prompt, "a key acted outside of its region");

    page.value("document.querySelector('#panel').focus()").await?;
    let rows = page.rows().await?;
    page.keys("2").await?;
    page.settled().await?;
    ensure!(page.ids().await?.last() == Some(&rows[1].id), "2 picks rank 2");
    let rows = page.rows().await?;
    page.keys("g").await?;
    page.settled().await?;
    ensure!(page.ids().await?.last() == Some(&rows[0].id), "g picks the top token");
    page.keys("s").await?;
    page.settled().await?;
    ensure!(page.ids().await?.len() == prompt.len() + 3, "s appends the sampled token");
    page.keys(Key::Control + "z").await?;
    page.settled().await?;
    ensure!(page.ids().await?.len() == prompt.len() + 2, "control z undoes");
    page.keys(Key::Control + "y").await?;
    page.settled().await?;
    ensure!(page.ids().await?.len() == prompt.len() + 3, "control y does it again");
    page.keys(Key::Backspace).await?;
    page.settled().await?;
    ensure!(page.ids().await?.len() == prompt.len() + 2, "backspace undoes");

    // The arrow keys move along the rows and append the one with the focus.
    let rows = page.rows().await?;
    page.keys(Key::Down).await?;
    page.until("document.activeElement.dataset.rank === '1'").await?;
    page.keys(Key::Down).await?;
    page.until("document.activeElement.dataset.rank === '2'").await?;
    page.keys(Key::Right).await?;
    page.settled().await?;
    ensure!(page.ids().await?.last() == Some(&rows[1].id), "→ appends the row");
    page.until("document.activeElement.dataset.rank === '2'").await?;

    page.keys("/").await?;
    page.until("document.activeElement.id === 'words-query'").await?;
    page.value("document.querySelector('#panel').focus()").await?;
    page.keys("p").await?;
    page.until("document.activeElement.id === 'prompt'").await?;
    page.keys("g/1").await?;
    page.until("document.querySelector('#prompt').value.includes('g/1')").await?;
    page.value("document.querySelector('#panel').focus()").await?;
    page.keys("?").await?;
    page.until("document.querySelector('#help').open").await?;
    page.keys(Key::Escape).await?;
    page.until("!document.querySelector('#help').open").await?;
    browser.quit().await
}
