//! Texts on the real page: the page shows the text of the state, copying gives that text, the
//! keyboard reaches every token, and the text outlives its tab.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Page, Site};
use random_model::{Kind, Shape};
use thirtyfour::prelude::*;

/// The text that copying the whole element gives.
fn selected(selector: &str) -> String {
    format!(
        "(() => {{ getSelection().selectAllChildren(document.querySelector('{selector}'));
            return getSelection().toString(); }})()"
    )
}

#[tokio::test]
async fn after_a_change_of_model_the_running_text_is_the_same_text_in_its_tokens()
-> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let site = Site::start("/", Headers::Isolating, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let prompt = "Once upon a time, there was a little";
    page.start(prompt).await?;
    page.click("#greedy").await?;
    page.settled().await?;
    let before = page.value(&selected("#strip")).await?;
    let demo = page.ids().await?;
    page.open_models().await?;
    page.fill("#model-typed", "./model/").await?;
    page.click("#model-choose").await?;
    page.until("document.documentElement.dataset.state === 'loading'").await?;
    page.settled().await?;
    ensure!(page.value(&selected("#strip")).await? == before, "the text changed");
    ensure!(page.ids().await? != demo, "the tokens are still the other model's");
    ensure!(page.rows().await?.len() == 10);
    page.click("#undo").await?;
    page.settled().await?;
    ensure!(page.ids().await? == demo, "undo brings the old tokens back");
    ensure!(page.rows().await?.is_empty(), "they have no distribution by this model");
    let reason = page.text("#panel-empty").await?;
    ensure!(reason.contains("tokens are from"), "{reason}");
    browser.quit().await
}

#[tokio::test]
async fn text_is_copied_without_the_signs_that_stand_beside_it() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    // As over plain http, where pages have no clipboard.
    browser
        .before_pages(
            "Object.defineProperty(navigator, 'clipboard', { value: undefined });",
        )
        .await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("one  two\n\n three").await?;
    let copied = page.value(&selected("#strip")).await?;
    let copied = copied.as_str().unwrap_or_default().to_owned();
    ensure!(copied.contains("one  two") && copied.contains("three"), "{copied:?}");
    ensure!(!copied.contains(['␣', '↵', '⇥']) && !copied.contains("<|"), "{copied:?}");
    page.click("#copy").await?;
    page.until("document.querySelector('#short-notice').textContent !== ''").await?;
    // The page goes on.
    page.start("The dog").await?;
    browser.quit().await
}

#[tokio::test]
async fn a_reply_is_one_stop_of_tab_and_the_arrows_look_at_its_tokens() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.value("document.querySelector('#tab-explorer').focus()").await?;
    page.keys(Key::Right).await?;
    page.until("document.activeElement.id === 'tab-chat'").await?;
    page.until(
        "document.querySelector('#main').getAttribute('aria-labelledby') === 'tab-chat'",
    )
    .await?;
    page.say("Tell me a story.").await?;
    page.click("#show-tokens").await?;
    page.until("document.querySelectorAll('.reply .tok[tabindex=\"0\"]').length === 1")
        .await?;
    let buttons = "document.querySelectorAll('.reply [role=button]').length";
    ensure!(page.value(buttons).await? == 0, "a reply is read as text");
    page.value("document.querySelector('.reply .tok[tabindex=\"0\"]').focus()").await?;
    for index in [1, 2] {
        page.keys(Key::Right).await?;
        page.until(&format!("document.activeElement.dataset.tokenIndex === '{index}'"))
            .await?;
        let title = page.text("#panel-title").await?;
        ensure!(title.starts_with(&format!("Reply token {}", index + 1)), "{title}");
    }
    let replies = "document.querySelectorAll('.exchange').length";
    page.keys("2").await?;
    page.settled().await?;
    ensure!(page.value(replies).await? == 1);
    ensure!(page.value("document.querySelector('.variants').hidden").await? == true);
    browser.quit().await
}

#[tokio::test]
async fn a_conversation_outlives_its_tab_and_can_be_inspected_and_cleared_with_a_way_back()
-> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.click("#tab-chat").await?;
    page.click("#show-tokens").await?;
    page.say("Tell me a story.").await?;
    let reply = page.value("document.querySelector('.reply').textContent").await?;
    let old = browser.window().await?;
    let new = browser.new_tab().await?;
    browser.switch_to_window(old).await?;
    browser.close_window().await?;
    browser.switch_to_window(new).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let again = page.value("document.querySelector('.reply').textContent").await?;
    ensure!(again == reply, "{again} in place of {reply}");
    page.click(".reply .tok:nth-of-type(2)").await?;
    page.until("document.querySelectorAll('#distribution [data-p]').length > 0").await?;
    page.click("#chat-clear").await?;
    page.until("document.querySelectorAll('.exchange').length === 0").await?;
    page.click("#chat-bring-back").await?;
    page.until("document.querySelectorAll('.exchange').length === 1").await?;
    browser.quit().await
}
