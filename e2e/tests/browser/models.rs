//! Models of a hub in a real browser: downloaded, resumed, kept, deleted.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use random_model::{Kind, Shape};
use serde_json::json;
use stand_in_hub::{Behaviour, HubModel, StandInHub};

use crate::hub_pages::{ID, NAME, open_with, stored_as, tiny, visit_with, wanted};

/// A model of some 37 MB: nine chunks.
pub(crate) fn larger() -> HubModel {
    let shape = Shape {
        hidden_size: 512,
        intermediate_size: 1024,
        num_hidden_layers: 4,
        num_attention_heads: 8,
        ..Shape::tiny()
    };
    HubModel::of("owner/larger", &random_model::files(&shape, Kind::Base, 2))
}

#[tokio::test]
async fn a_model_is_downloaded_once_and_then_there_without_the_hub() -> Result<()> {
    // First in the worker's base build, then in the fast one with threads.
    for headers in [Headers::Plain, Headers::Isolating] {
        downloaded_once(headers).await?;
    }
    Ok(())
}

async fn downloaded_once(headers: Headers) -> Result<()> {
    let site = Site::start("/", headers, &[]).await;
    let hub = StandInHub::start(vec![tiny()], Behaviour::default()).await;
    let browser = Browser::start().await?;
    browser.needs_stored_files()?;
    if headers == Headers::Plain {
        // Otherwise a service worker would isolate the page.
        browser.without_service_workers().await?;
    }
    let page = open_with(&browser, &site, &hub, "").await?;
    ensure!(page.value(NAME).await? == "Demo model");
    page.open_models().await?;
    page.until("document.querySelectorAll('#offered .offer').length > 5").await?;
    page.fill("#model-typed", ID).await?;
    page.click("#model-choose").await?;
    page.until(&format!("{NAME} === '{ID}'")).await?;
    page.settled().await?;
    ensure!(hub.bytes_sent() == wanted(&tiny()));
    // The next visit loads it from storage, unasked and without the hub.
    hub.stop();
    let page = Page::open(&browser, &site.url("")).await?;
    ensure!(page.value(NAME).await? == ID);
    page.start("Hello").await?;
    ensure!(!page.rows().await?.is_empty());
    // Once it is deleted, the next visit begins with the demo model.
    page.open_models().await?;
    let delete = format!("#stored [data-model='{}'] .delete", stored_as(&hub, ID));
    page.until(&format!("document.querySelector(\"{delete}\")")).await?;
    page.click(&delete).await?;
    page.until("document.querySelectorAll('#stored .offer').length === 0").await?;
    let page = Page::open(&browser, &site.url("")).await?;
    ensure!(page.value(NAME).await? == "Demo model");
    browser.quit().await
}

#[tokio::test]
async fn a_model_that_the_browser_deleted_is_missed_and_not_fetched_unasked() -> Result<()>
{
    let site = Site::start("/", Headers::Plain, &[]).await;
    let hub = StandInHub::start(vec![tiny()], Behaviour::default()).await;
    let browser = Browser::start().await?;
    browser.needs_stored_files()?;
    open_with(&browser, &site, &hub, "").await?;
    let page = Page { browser: &browser };
    page.open_models().await?;
    page.fill("#model-typed", ID).await?;
    page.click("#model-choose").await?;
    page.until(&format!("{NAME} === '{ID}'")).await?;
    page.settled().await?;
    let sent = hub.bytes_sent();
    let clear = "const done = arguments[0];
        navigator.storage.getDirectory()
            .then((root) => root.removeEntry('models', { recursive: true }))
            .then(() => done(true));";
    browser.goto(site.url("blank.html")).await?;
    browser.execute_async(clear, vec![]).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    ensure!(page.value(NAME).await? == "Demo model");
    ensure!(page.text("#notice").await?.contains("not in this browser’s storage"));
    ensure!(hub.bytes_sent() == sent);
    browser.quit().await
}

#[tokio::test]
async fn a_download_goes_on_after_a_reload_where_it_was() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let pause = Some(Duration::from_millis(40));
    let behaviour = Behaviour { pause, ..Behaviour::default() };
    let hub = StandInHub::start(vec![larger()], behaviour).await;
    let browser = Browser::start().await?;
    browser.needs_stored_files()?;
    let page = visit_with(&browser, &site, &hub, "owner/larger").await?;
    page.until("document.querySelector('#progress').value > 0.5").await?;
    // Meanwhile the page shows the speed and the time left.
    let status = page.text("#status-text").await?;
    ensure!(status.contains("MB/s") && status.contains(" left"), "{status}");
    let page = open_with(&browser, &site, &hub, "owner/larger").await?;
    ensure!(page.value(NAME).await? == "owner/larger");
    let (size, sent) = (wanted(&larger()), hub.bytes_sent());
    // Only unfinished chunks are sent again: at most four of 4 MiB.
    ensure!(sent <= size + (16 << 20), "{sent} bytes were sent of {size}");
    browser.quit().await
}

#[tokio::test]
async fn a_download_can_be_paused_and_cancelled() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let pause = Some(Duration::from_millis(40));
    let behaviour = Behaviour { pause, ..Behaviour::default() };
    let hub = StandInHub::start(vec![larger()], behaviour).await;
    let browser = Browser::start().await?;
    let page = visit_with(&browser, &site, &hub, "owner/larger").await?;
    page.until("document.querySelector('#progress').value > 0.3").await?;
    page.click("#status-stop").await?;
    page.until("document.querySelector('#error-message').textContent.includes('paused')")
        .await?;
    page.click("#restart").await?;
    page.until("!document.querySelector('#status-cancel').hidden").await?;
    page.until("document.querySelector('#progress').value > 0.3").await?;
    page.click("#status-cancel").await?;
    page.until(&format!("{NAME} === 'Demo model'")).await?;
    page.settled().await?;
    page.open_models().await?;
    page.until("document.querySelector('#stored-facts').textContent.includes('None')")
        .await?;
    browser.quit().await
}

#[tokio::test]
async fn faults_that_pass_do_not_show_and_others_are_told() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    for seed in 0..3 {
        let behaviour = Behaviour { seed, fault_rate: 0.2, ..Behaviour::default() };
        let hub = StandInHub::start(vec![tiny()], behaviour).await;
        let page = open_with(&browser, &site, &hub, ID).await?;
        ensure!(page.value(NAME).await? == ID, "seed {seed}");
        page.open_models().await?;
        let delete = format!("#stored [data-model='{}'] .delete", stored_as(&hub, ID));
        page.until(&format!("document.querySelector(\"{delete}\")")).await?;
        page.click(&delete).await?;
        page.until("document.querySelectorAll('#stored .offer').length === 0").await?;
    }
    let wrong_file = Some("model.safetensors".to_owned());
    let behaviour = Behaviour { wrong_file, ..Behaviour::default() };
    let hub = StandInHub::start(vec![tiny()], behaviour).await;
    let page = visit_with(&browser, &site, &hub, ID).await?;
    let said = |what: &str| {
        format!("document.querySelector('#error-message').textContent.includes('{what}')")
    };
    page.until(&said("is not what the hub says")).await?;
    visit_with(&browser, &site, &hub, "owner/none").await?;
    page.until(&said("Check the spelling")).await?;
    browser.quit().await
}

#[tokio::test]
async fn a_gated_model_is_had_with_a_token_that_is_kept_only_if_asked() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let gated = HubModel { gated: true, ..tiny() };
    let hub = StandInHub::start(vec![gated], Behaviour::default()).await;
    let browser = Browser::start().await?;
    let page = visit_with(&browser, &site, &hub, ID).await?;
    let gated = "document.querySelector('#error-message').textContent.includes('gated')";
    page.until(gated).await?;
    page.open_models().await?;
    page.click(".model-access summary").await?;
    page.fill("#model-token", "a-token").await?;
    page.fill("#model-typed", ID).await?;
    page.click("#model-choose").await?;
    page.until(&format!("{NAME} === '{ID}'")).await?;
    page.settled().await?;
    tokio::time::sleep(Duration::from_millis(600)).await;
    let kept = page.value("JSON.stringify({ ...localStorage })").await?;
    ensure!(!kept.to_string().contains("a-token"), "{kept}");
    browser.quit().await
}

#[tokio::test]
async fn without_room_the_model_is_kept_in_memory_and_the_page_says_so() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let hub = StandInHub::start(vec![larger()], Behaviour::default()).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let origin = page.value("location.origin").await?;
    let quota = json!({ "origin": origin, "quotaSize": 10_000_000 });
    browser.cdp("Storage.overrideQuotaForOrigin", quota).await?;
    let page = open_with(&browser, &site, &hub, "owner/larger").await?;
    ensure!(page.value(NAME).await? == "owner/larger");
    let notice = page.text("#notice").await?;
    ensure!(notice.contains("kept in memory only"), "{notice}");
    page.start("Hello").await?;
    ensure!(!page.rows().await?.is_empty());
    browser.quit().await
}

#[tokio::test]
async fn the_page_is_held_to_its_policy_on_every_host() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let attempt = "const script = document.createElement('script');
        script.textContent = 'self.injected = true';
        document.body.append(script);
        const image = document.createElement('img');
        image.setAttribute('onerror', 'self.injected = true');
        image.src = 'data:,';
        document.body.append(image);
        return self.injected === undefined;";
    ensure!(browser.script(attempt, vec![]).await? == true);
    page.until("refusedByPolicy.split('\\n').length > 2 && self.injected === undefined")
        .await?;
    browser.script("window.refusedByPolicy = '';", vec![]).await?;
    browser.quit().await
}

#[tokio::test]
async fn the_gguf_files_of_a_model_are_listed_and_one_of_them_is_loaded() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let demo = std::fs::read(e2e::dist().join("demo-model/model.gguf"))?;
    let files = vec![
        ("README.md", b"words".to_vec()),
        ("x-Q8_0.gguf", demo.clone()),
        ("x-Q4_K_M.gguf", demo),
    ];
    let model = stand_in_hub::HubModel::new("owner/blocks", files);
    let hub = StandInHub::start(vec![model], Behaviour::default()).await;
    let browser = Browser::start().await?;
    let page = open_with(&browser, &site, &hub, "").await?;
    page.open_models().await?;
    page.fill("#model-typed", "owner/blocks").await?;
    page.click("#model-list-files").await?;
    page.until("document.querySelectorAll('#hub-files .offer').length === 2").await?;
    let listed = page.text("#hub-files").await?;
    ensure!(listed.contains("x-Q8_0.gguf") && listed.contains("MB"), "{listed}");
    page.click("#hub-files [data-model*='x-Q8_0.gguf'] .load").await?;
    page.until("!document.querySelector('#models').open").await?;
    page.settled().await?;
    let name = page.value(NAME).await?.to_string();
    ensure!(name.contains("owner/blocks"), "{name}");
    page.start("Once upon a time").await?;
    ensure!(page.rows().await?.len() == 10);
    browser.quit().await
}
