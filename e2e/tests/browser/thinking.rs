//! The switch of models that think before they answer.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Native, Page, Site};
use random_model::{Files, Kind, Shape};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

const BOX: &str = "document.querySelector('#chat-think-box').checkVisibility()";
const TICKED: &str = "document.querySelector('#chat-think').checked";

/// A model whose template reads the variable as those of Qwen3 do.
fn thinker() -> Result<Files> {
    let mut files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let mut config: Value = serde_json::from_slice(&files.tokenizer_config)?;
    let template = config["chat_template"].as_str().unwrap_or_default();
    let reads = "{% if add_generation_prompt and enable_thinking is defined and \
        enable_thinking is false %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}";
    config["chat_template"] = json!(format!("{template}{reads}"));
    files.tokenizer_config = config.to_string().into_bytes();
    Ok(files)
}

/// What the model saw of the newest question.
async fn seen(page: &Page<'_>) -> Result<String> {
    page.say("Hi").await?;
    let seen = "[...document.querySelectorAll('.seen')].at(-1).textContent";
    Ok(page.value(seen).await?.as_str().unwrap_or_default().replace('↵', ""))
}

/// Ticks and unticks the switch of a page, and visits it again.
async fn is_switched(address: &str) -> Result<()> {
    let browser = Browser::start().await?;
    let page = Page::open(&browser, address).await?;
    page.click("#tab-chat").await?;
    page.until(BOX).await?;
    page.set("#max-new-tokens", 2.0).await?;
    let label = page.text("#chat-think-box").await?;
    ensure!(label.trim() == "Think first", "{label}");
    ensure!(page.value(TICKED).await? == true);
    ensure!(!seen(&page).await?.contains("</think>"));
    page.click("#chat-think").await?;
    let told = seen(&page).await?;
    ensure!(told.contains("</think>"), "{told}");
    // It is kept for the model.
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    let page = Page::open(&browser, address).await?;
    page.click("#tab-chat").await?;
    page.until(BOX).await?;
    ensure!(page.value(TICKED).await? == false);
    page.click("#chat-think").await?;
    ensure!(!seen(&page).await?.contains("</think>"));
    browser.resize(360, 740).await?;
    ensure!(page.value(BOX).await? == true);
    ensure!(!page.is_too_wide().await?, "it scrolls sideways");
    browser.picture("thinking-360").await?;
    browser.quit().await
}

#[tokio::test]
async fn a_model_that_thinks_can_be_told_not_to() -> Result<()> {
    let model = ModelFolder::new(&thinker()?);
    let site = Site::start("/", Headers::Plain, &[("model", model.path())]).await;
    is_switched(&site.url("?model=model/")).await
}

#[tokio::test]
async fn a_model_of_a_native_server_can_be_told_not_to_think() -> Result<()> {
    let model = ModelFolder::new(&thinker()?);
    let native = Native::start(model.path()).await?;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &native.url("")).await?;
    page.click("#tab-chat").await?;
    ensure!(page.value(BOX).await? == false, "the demo model has no such switch");
    page.open_menu().await?;
    page.click("#backend-native").await?;
    page.until(BOX).await?;
    page.settled().await?;
    page.keys(Key::Escape).await?;
    page.set("#max-new-tokens", 2.0).await?;
    page.click("#chat-think").await?;
    let told = seen(&page).await?;
    ensure!(told.contains("</think>"), "{told}");
    browser.quit().await
}

#[tokio::test]
async fn a_model_without_the_switch_shows_none() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.click("#tab-chat").await?;
    page.say("Hello!").await?;
    ensure!(page.value(BOX).await? == false);
    browser.quit().await
}
