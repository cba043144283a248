//! Lessons: a question, a guess, what is so, and something to try.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use thirtyfour::prelude::Key;

use crate::axe;
use crate::offline::kept;

const OPEN: &str = "document.querySelector('#lesson').checkVisibility()";
const REVEALED: &str = "document.querySelector('#lesson-answer').checkVisibility()";

async fn is_accessible(page: &Page<'_>, view: &str) -> Result<()> {
    let Some(axe) = axe::source() else { return Ok(()) };
    let found = axe::violations(page, &axe).await?;
    ensure!(found.is_empty(), "{view}: {}", found.join("\n"));
    Ok(())
}

#[tokio::test]
async fn a_lesson_is_guessed_revealed_and_closed_by_mouse_and_by_keyboard() -> Result<()>
{
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.click("#lessons-open").await?;
    is_accessible(&page, "the list").await?;
    page.click("[data-lesson='03-top-p']").await?;
    page.until(OPEN).await?;
    page.settled().await?;
    // It begins with its text and its sampler.
    ensure!(page.text("#strip").await?.contains("sat"));
    let top_p = page.value("document.querySelector('#top-p').value").await?;
    ensure!(top_p == "0.5", "{top_p}");
    ensure!(page.value(REVEALED).await? == false, "first a guess");
    page.click("#lesson-choices li:nth-child(1) button").await?;
    page.until(REVEALED).await?;
    let verdict = page.text("#lesson-verdict").await?;
    ensure!(verdict == "Not quite.", "{verdict}");
    let right = page.text("#lesson-choices [data-right]").await?;
    ensure!(right.starts_with("Two"), "{right}");
    browser.picture("lesson-1280").await?;
    is_accessible(&page, "an answer").await?;
    page.click("#lesson [data-action='lesson-close']").await?;
    page.until(&format!("!({OPEN})")).await?;
    // The same by keyboard: the list has the focus once it is open, and the guesses are buttons.
    let focus = async |selector: &str| {
        page.value(&format!("document.querySelector({selector:?}).focus()")).await
    };
    focus("#lessons-open").await?;
    page.keys(Key::Enter).await?;
    page.keys(Key::Down + Key::Enter).await?;
    page.until(OPEN).await?;
    let title = page.text("#lesson-title").await?;
    ensure!(title == "Temperature", "{title}");
    focus("#lesson-choices button").await?;
    page.keys(Key::Enter).await?;
    page.until(REVEALED).await?;
    ensure!(page.text("#lesson-verdict").await? == "Right.");
    browser.quit().await
}

#[tokio::test]
async fn a_lesson_is_a_link_speaks_arabic_on_a_phone_and_needs_no_network() -> Result<()>
{
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(360, 740).await?;
    let page = Page::open(&browser, &site.url("?lang=ar&lesson=05-facts")).await?;
    page.until(OPEN).await?;
    page.settled().await?;
    let title = page.text("#lesson-title").await?;
    ensure!(title == "الحقائق وغيابها", "{title}");
    page.click("#lesson-choices li:nth-child(2) button").await?;
    page.until(REVEALED).await?;
    ensure!(!page.is_too_wide().await?, "nothing sticks out");
    browser.picture("lesson-ar-360").await?;
    is_accessible(&page, "Arabic at 360 pixels").await?;
    // The site is kept for visits without a network, lessons included.
    kept(&page).await?;
    site.stop();
    let page = Page::open(&browser, &site.url("?lesson=01-certainty")).await?;
    page.until(OPEN).await?;
    page.settled().await?;
    // What is no lesson says so and changes nothing.
    let before = page.ids().await?;
    let other = Page::open(&browser, &site.url("?lesson=../models")).await?;
    other.until("document.querySelector('#error').checkVisibility()").await?;
    ensure!(other.ids().await? == before || other.ids().await?.is_empty());
    browser.quit().await
}
