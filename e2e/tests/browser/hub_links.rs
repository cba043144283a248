//! Links and settings that name a hub: who is asked first, and who gets an access token.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use stand_in_hub::{Behaviour, HubModel, StandInHub};
use thirtyfour::prelude::*;

use crate::hub_pages::{ID, NAME, address, tiny, visit_with};

const TOKEN: &str = "hf_TEST";
const ASKS: &str = "document.querySelector('#hub-question').open";
/// All that the site has stored, as text.
const STORED: &str = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }])";

/// Types the address of a hub and an access token for it, and closes the picker. An empty
/// address is the default hub's.
async fn settings(page: &Page<'_>, hub: &str, token: &str, keep: bool) -> Result<()> {
    page.open_models().await?;
    page.click(".model-access summary").await?;
    page.fill("#model-hub", hub).await?;
    page.fill("#model-token", token).await?;
    if keep {
        page.click("#model-keep-token").await?;
    }
    page.click("[data-action='close-models']").await?;
    page.until("!document.querySelector('#models').open").await?;
    stored(page).await
}

/// Waits until what was changed is stored.
async fn stored(page: &Page<'_>) -> Result<()> {
    page.settled().await?;
    tokio::time::sleep(Duration::from_millis(700)).await;
    Ok(())
}

/// Loads a model by its name from the current hub.
async fn load(page: &Page<'_>, id: &str) -> Result<()> {
    page.open_models().await?;
    page.fill("#model-typed", id).await?;
    page.click("#model-choose").await?;
    page.until(&format!("{NAME} === '{id}'")).await?;
    page.settled().await
}

#[tokio::test]
async fn a_link_to_another_hub_asks_first_gets_no_token_and_is_not_remembered()
-> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let hub = StandInHub::start(vec![tiny()], Behaviour::default()).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    settings(&page, "", TOKEN, true).await?;
    let kept = page.value(STORED).await?.to_string();
    ensure!(kept.contains(TOKEN), "{kept}");

    // The dialog is announced and names the hub, and closing it keeps the current hub.
    let page = Page::visit(&browser, &address(&site, &hub, ID)).await?;
    page.until(ASKS).await?;
    let question = page.text("#hub-question").await?;
    ensure!(question.contains(hub.endpoint()) && question.contains(ID), "{question}");
    ensure!(question.contains("Stay with huggingface.co"), "{question}");
    ensure!(page.value("document.activeElement.id").await? == "stay-with-hub");
    let role = "document.querySelector('#hub-question').getAttribute('role')";
    ensure!(page.value(role).await? == "alertdialog");
    page.settled().await?;
    ensure!(page.value(NAME).await? == "Demo model");
    ensure!(hub.asked().is_empty(), "{:?}", hub.asked());
    page.keys(Key::Escape + "").await?;
    page.until(&format!("!{ASKS}")).await?;
    page.settled().await?;
    ensure!(hub.asked().is_empty(), "{:?}", hub.asked());

    // Once accepted, it is asked, without the token.
    let page = visit_with(&browser, &site, &hub, ID).await?;
    page.until(&format!("{NAME} === '{ID}'")).await?;
    stored(&page).await?;
    let asked = hub.asked();
    ensure!(!asked.is_empty());
    ensure!(asked.iter().all(|(_, token)| token.is_none()), "{asked:?}");

    // A later visit does not use it, and neither does a model that is loaded then.
    let page = Page::open(&browser, &site.url("")).await?;
    page.open_models().await?;
    ensure!(page.text("#models-hub").await?.contains("huggingface.co"));
    page.fill("#model-typed", "some/model").await?;
    page.click("#model-choose").await?;
    let message = "document.querySelector('#error-message').textContent";
    page.until(&format!("{message}.includes('huggingface.co')")).await?;
    ensure!(hub.asked() == asked, "{:?}", hub.asked());
    browser.quit().await
}

#[tokio::test]
async fn a_token_goes_to_its_hub_and_neither_to_its_other_hosts_nor_to_another_hub()
-> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let gated = HubModel { gated: true, ..tiny() };
    let hub = StandInHub::start(vec![gated], Behaviour::default()).await;
    let other = StandInHub::start(vec![tiny()], Behaviour::default()).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    settings(&page, hub.endpoint(), TOKEN, false).await?;
    load(&page, ID).await?;
    let bearer = Some(format!("Bearer {TOKEN}"));
    let asked = hub.asked();
    ensure!(asked.iter().any(|(_, token)| *token == bearer), "{asked:?}");
    // Large files are on another host, to which the hub redirects.
    let redirected: Vec<_> =
        asked.iter().filter(|(path, _)| path.starts_with("/cdn/")).collect();
    ensure!(!redirected.is_empty());
    ensure!(redirected.iter().all(|(_, token)| token.is_none()), "{redirected:?}");
    // Unless the person keeps it, it is stored nowhere and shown in its field only.
    stored(&page).await?;
    let kept = page.value(STORED).await?.to_string();
    ensure!(!kept.contains(TOKEN), "{kept}");
    let html = page.value("document.documentElement.outerHTML").await?.to_string();
    ensure!(!html.contains(TOKEN));

    page.open_models().await?;
    page.fill("#model-hub", other.endpoint()).await?;
    page.settled().await?;
    ensure!(page.value("document.querySelector('#model-token').value").await? == "");
    let hint = page.text("#model-token-hint").await?;
    ensure!(hint.contains(&other.endpoint()["http://".len()..]), "{hint}");
    page.click("[data-action='close-models']").await?;
    load(&page, ID).await?;
    page.until("document.documentElement.dataset.state === 'ready'").await?;
    let asked = other.asked();
    ensure!(!asked.is_empty());
    ensure!(asked.iter().all(|(_, token)| token.is_none()), "{asked:?}");
    browser.quit().await
}

#[tokio::test]
async fn settings_of_an_earlier_version_give_no_token_away() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let hub = StandInHub::start(vec![tiny()], Behaviour::default()).await;
    let browser = Browser::start().await?;
    browser.goto(site.url("blank.html")).await?;
    let old = serde_json::json!({
        "model": ID, "precision": "auto", "was_ready": false,
        "endpoint": hub.endpoint(), "token": TOKEN,
    });
    let put = "localStorage.setItem('next-token-visualizer.models', arguments[0]);";
    browser.script(put, vec![old.to_string().into()]).await?;
    let page = Page::visit(&browser, &site.url("")).await?;
    page.until(ASKS).await?;
    page.settled().await?;
    ensure!(hub.asked().is_empty());
    page.click("#use-hub").await?;
    stored(&page).await?;
    load(&page, ID).await?;
    let asked = hub.asked();
    ensure!(asked.iter().all(|(_, token)| token.is_none()), "{asked:?}");
    let kept = page.value(STORED).await?.to_string();
    ensure!(!kept.contains(TOKEN), "{kept}");
    // A hub that the person chose needs no question.
    let page = Page::open(&browser, &site.url("")).await?;
    ensure!(page.value(ASKS).await? == false);
    browser.quit().await
}

#[tokio::test]
async fn two_tabs_do_not_undo_each_other_s_settings() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let first = browser.window().await?;
    let second = browser.new_tab().await?;
    browser.switch_to_window(second.clone()).await?;
    let other = Page::open(&browser, &site.url("")).await?;
    settings(&other, "https://hub.example", "for-hub-example", true).await?;
    browser.switch_to_window(first.clone()).await?;
    page.open_models().await?;
    // This tab sees what the other tab has chosen.
    let hub = "document.querySelector('#model-hub').value";
    page.until(&format!("{hub} === 'https://hub.example'")).await?;
    page.click("[data-action='close-models']").await?;
    page.open_models().await?;
    page.click("#offered [data-model='demo'] .load").await?;
    stored(&page).await?;
    let kept = page.value(STORED).await?.to_string();
    ensure!(kept.contains("for-hub-example") && kept.contains("hub.example"), "{kept}");
    // What one tab has removed, the other does not bring back.
    page.open_models().await?;
    page.click(".model-access summary").await?;
    page.click("#model-keep-token").await?;
    page.click("[data-action='close-models']").await?;
    stored(&page).await?;
    browser.switch_to_window(second).await?;
    other.click("#tab-chat").await?;
    stored(&other).await?;
    let kept = other.value(STORED).await?.to_string();
    ensure!(!kept.contains("for-hub-example"), "{kept}");
    browser.quit().await
}
