//! Replies as text and token by token, other replies, edits, the system prompt and begun
//! replies, by mouse and by keyboard, on the shipped demo model.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use serde_json::Value;
use thirtyfour::prelude::*;

const TURNS: &str = "document.querySelectorAll('#chat-log .exchange').length";

async fn chat<'a>(browser: &'a Browser, site: &Site) -> Result<Page<'a>> {
    let page = Page::open(browser, &site.url("")).await?;
    page.click("#tab-chat").await?;
    Ok(page)
}

async fn text(page: &Page<'_>, selector: &str) -> Result<String> {
    let text = format!("document.querySelector({selector:?})?.textContent ?? ''");
    match page.value(&text).await? {
        Value::String(text) => Ok(text),
        other => anyhow::bail!("{other}"),
    }
}

async fn focus(page: &Page<'_>, selector: &str) -> Result<()> {
    page.value(&format!("document.querySelector({selector:?}).focus()")).await?;
    Ok(())
}

#[tokio::test]
async fn a_reply_is_read_as_text_and_taken_apart_on_demand() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = chat(&browser, &site).await?;
    page.say("Tell me a story about a cat.").await?;
    let read = text(&page, ".reply-text").await?;
    ensure!(!read.is_empty() && !read.contains("<|") && !read.contains('␣'), "{read}");
    let tokens = "document.querySelectorAll('.reply .tok').length";
    ensure!(page.value(tokens).await? == 0, "tokens are there before they are wanted");
    focus(&page, "#show-tokens").await?;
    page.keys(" ").await?;
    page.until(&format!("{tokens} > 3")).await?;
    let heat = "document.querySelectorAll('.reply .tok[data-surprise]').length > 3";
    ensure!(page.value(heat).await? == true, "no token says how surprising it was");
    page.click(".reply .tok:nth-of-type(3)").await?;
    page.until(
        "document.querySelector('#panel-title').textContent.startsWith('Reply token 3')",
    )
    .await?;
    browser.refresh().await?;
    page.until(&format!("{tokens} > 3")).await?;
    page.click("#show-tokens").await?;
    page.until(&format!("{tokens} === 0")).await?;
    ensure!(text(&page, ".reply-text").await? == read, "another text after a reload");
    page.click(".answered .copy-message").await?;
    page.until("document.querySelector('#short-notice').textContent === 'Copied.'")
        .await?;
    browser.quit().await
}

#[tokio::test]
async fn an_edited_message_and_another_reply_leave_the_old_ones_reachable() -> Result<()>
{
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let page = chat(&browser, &site).await?;
    page.say("Hello!").await?;
    page.say("Tell me about a dog.").await?;
    let first = text(&page, ".reply-text").await?;
    // By keyboard: Enter opens the box, and takes what was typed there.
    focus(&page, ".asked .edit-message").await?;
    page.keys(Key::Enter).await?;
    page.until("document.activeElement.className === 'edit-box'").await?;
    page.keys(Key::Control + "a").await?;
    page.keys("Tell me about a bird.").await?;
    page.keys(Key::Enter).await?;
    page.until(&format!("{TURNS} === 1")).await?;
    page.settled().await?;
    ensure!(text(&page, ".question").await? == "Tell me about a bird.");
    ensure!(text(&page, ".versions .step").await? == "2 of 2");
    page.click("[data-action='chat-version-earlier']").await?;
    page.until(&format!("{TURNS} === 2")).await?;
    ensure!(text(&page, ".reply-text").await? == first);
    // Escape leaves a message as it was, and the focus goes back.
    focus(&page, ".asked .edit-message").await?;
    page.keys(Key::Enter).await?;
    page.until("document.activeElement.className === 'edit-box'").await?;
    page.keys("nothing").await?;
    page.keys(Key::Escape).await?;
    page.until("document.activeElement.classList.contains('edit-message')").await?;
    ensure!(text(&page, ".question").await? == "Hello!");
    // By mouse: another reply to the last message.
    page.click(".exchange:nth-of-type(2) .regenerate").await?;
    page.until("document.querySelectorAll('.exchange')[1].querySelector('.variants .step').textContent === '2 of 2'").await?;
    page.settled().await?;
    page.click(".exchange:nth-of-type(2) [data-action='chat-variant-earlier']").await?;
    page.until("document.querySelectorAll('.exchange')[1].querySelector('.variants .step').textContent === '1 of 2'").await?;
    // A reply can be edited, too.
    page.click(".exchange:nth-of-type(2) .answered .edit-message").await?;
    page.fill(".edit-box", "Woof.").await?;
    page.click(".take-edit").await?;
    page.until("document.querySelectorAll('.exchange')[1].querySelector('.reply-text').textContent === 'Woof.'").await?;
    browser.quit().await
}

#[tokio::test]
async fn the_system_prompt_and_a_begun_reply_are_what_the_model_sees() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let page = chat(&browser, &site).await?;
    page.click("#chat-system-box summary").await?;
    page.fill("#chat-system", "Speak of cats.").await?;
    page.click("#chat-settings summary").await?;
    page.fill("#chat-begun", "Once upon a time").await?;
    page.say("Tell me a story.").await?;
    let seen = text(&page, ".seen").await?;
    ensure!(
        seen.contains("Speak of cats.") && seen.ends_with("Once upon a time"),
        "{seen}"
    );
    let reply = text(&page, ".reply-text").await?;
    ensure!(reply.starts_with("Once upon a time") && reply.len() > 20, "{reply}");
    ensure!(page.value("document.querySelector('#chat-begun').value").await? == "");
    page.click(".answered .open").await?;
    page.until("document.documentElement.dataset.tab === 'explorer'").await?;
    page.settled().await?;
    let at_end = "(() => { const strip = document.querySelector('#strip');
        return strip.scrollTop + strip.clientHeight > strip.scrollHeight - 4; })()";
    ensure!(page.value(at_end).await? == true, "the end of the text is out of sight");
    browser.quit().await
}

#[tokio::test]
async fn the_chat_in_pictures() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    for scheme in ["light", "dark"] {
        browser.prefer("prefers-color-scheme", scheme).await?;
        for (width, height) in [(1280, 720), (360, 740), (768, 1024), (1920, 1080)] {
            browser.resize(width, height).await?;
            let page = chat(&browser, &site).await?;
            if page.value(TURNS).await? != 0 {
                page.click("#chat-clear").await?;
            }
            page.say("Hello!").await?;
            page.say("Tell me a story about a cat.").await?;
            page.click(".exchange:nth-of-type(2) .regenerate").await?;
            page.until("document.querySelectorAll('.exchange')[1].querySelector('.variants .step').textContent === '2 of 2'").await?;
            page.settled().await?;
            browser.picture(&format!("chat-reading-{scheme}-{width}")).await?;
            page.click("#show-tokens").await?;
            page.until("document.querySelectorAll('.reply .tok').length > 3").await?;
            page.click("#chat-settings summary").await?;
            browser.picture(&format!("chat-tokens-{scheme}-{width}")).await?;
            page.click("#chat-settings summary").await?;
            focus(&page, ".exchange:nth-of-type(2) .asked .edit-message").await?;
            page.keys(Key::Enter).await?;
            page.until("document.activeElement.className === 'edit-box'").await?;
            browser.picture(&format!("chat-edit-{scheme}-{width}")).await?;
            ensure!(!page.is_too_wide().await?, "{width} scrolls sideways");
            page.click("[data-action='chat-cancel-edit']").await?;
            page.click("#show-tokens").await?;
        }
    }
    browser.quit().await
}
