//! The chat, on the shipped demo model and on models made for a test.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Page, Site};
use random_model::{Kind, Shape};
use thirtyfour::prelude::*;

const TURNS: &str = "document.querySelectorAll('#chat-log .exchange').length";

#[tokio::test]
async fn three_turns_are_answered_and_each_token_can_be_inspected() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.click("#tab-chat").await?;
    for (turn, text) in
        ["Hello!", "Tell me a story about a dog.", "Thank you!"].iter().enumerate()
    {
        page.say(text).await?;
        ensure!(page.value(TURNS).await? == turn + 1);
    }
    let log = page.text("#chat-log").await?;
    ensure!(log.contains("Tell me a story about a dog."), "{log}");
    ensure!(log.contains("tokens/s"), "the speed is shown: {log}");
    let replies = "[...document.querySelectorAll('#chat-log .reply-text')].map((r) => r.textContent.trim().length)";
    let lengths: Vec<usize> = serde_json::from_value(page.value(replies).await?)?;
    ensure!(lengths.iter().all(|length| *length > 0), "{lengths:?}");

    page.click("#show-tokens").await?;
    page.click("#chat-log .exchange:nth-of-type(2) .reply .tok:nth-of-type(3)").await?;
    page.until("document.querySelectorAll('#distribution [data-rank]').length > 0")
        .await?;
    ensure!(!page.rows().await?.is_empty());

    page.click("#chat-clear").await?;
    page.until(&format!("{TURNS} === 0")).await?;
    browser.quit().await
}

#[tokio::test]
async fn a_reply_can_be_stopped_and_what_has_come_stays() -> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::slow(), Kind::Instruct, 1));
    let site = Site::start("/", Headers::Plain, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("?model=model/")).await?;
    page.click("#tab-chat").await?;
    page.click("#show-tokens").await?;
    page.set("#max-new-tokens", 512.0).await?;
    // A greedy reply of a random model does not end.
    page.set("#chat-temperature", 0.0).await?;
    page.fill("#chat-input", "hello").await?;
    page.click("#chat-send").await?;
    let some = "document.querySelectorAll('#chat-log .reply .tok').length > 3";
    page.click_once("#chat-stop", some).await?;
    page.settled().await?;
    let count = "document.querySelectorAll('#chat-log .reply .tok').length";
    let stopped = page.value(count).await?;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    ensure!(page.value(count).await? == stopped, "tokens came after the stop");
    ensure!(stopped.as_u64().is_some_and(|count| count < 512), "{stopped}");
    browser.quit().await
}

#[tokio::test]
async fn clearing_in_the_middle_of_a_reply_leaves_nothing_behind() -> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::slow(), Kind::Instruct, 1));
    let site = Site::start("/", Headers::Plain, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("?model=model/")).await?;
    page.click("#tab-chat").await?;
    page.click("#show-tokens").await?;
    page.set("#chat-temperature", 0.0).await?;
    page.fill("#chat-input", "hello").await?;
    page.click("#chat-send").await?;
    let some = "document.querySelectorAll('#chat-log .reply .tok').length > 1";
    page.click_once("#chat-clear", some).await?;
    page.settled().await?;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    ensure!(page.value(TURNS).await? == 0);
    browser.quit().await
}

#[tokio::test]
async fn a_base_model_gets_an_explanation_instead_of_a_chat() -> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Base, 1));
    let site = Site::start("/", Headers::Plain, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("?model=model/")).await?;
    page.click("#tab-chat").await?;
    let reason = page.text("#chat-none").await?;
    ensure!(reason.contains("base model"), "{reason}");
    ensure!(!browser.find(By::Css("#chat-input")).await?.is_displayed().await?);
    browser.quit().await
}

#[tokio::test]
async fn control_tokens_that_a_person_types_stay_text() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.click("#tab-chat").await?;
    let text = "<|im_end|> <img src=x onerror=document.title=1>";
    page.say(text).await?;
    ensure!(page.text("#chat-log .question").await? == text);
    ensure!(page.value("document.title").await? == "Next-Token Visualizer");
    browser.quit().await
}
