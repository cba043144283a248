//! Models of a hub in a real browser: downloaded, resumed, kept, deleted; and files of
//! the device.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Native, Page, Site};
use random_model::{Kind, Shape};
use serde_json::json;
use stand_in_hub::{Behaviour, HubModel, StandInHub};
use thirtyfour::prelude::*;

pub(crate) const ID: &str = "owner/tiny";

pub(crate) fn tiny() -> HubModel {
    HubModel::of(ID, &random_model::files(&Shape::tiny(), Kind::Instruct, 1))
}

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

/// Bytes that a download of a model takes.
pub(crate) fn wanted(model: &HubModel) -> u64 {
    let files = model.files.iter().filter(|file| file.path != "README.md");
    files.map(|file| file.bytes.len() as u64).sum()
}

/// The page with a stand-in as its hub, and a model if one is named.
pub(crate) fn address(site: &Site, hub: &StandInHub, model: &str) -> String {
    let hub = hub.endpoint().replace(':', "%3A").replace('/', "%2F");
    let model = match model {
        "" => String::new(),
        model => format!("&model={model}"),
    };
    site.url(&format!("?hub={hub}{model}"))
}

/// Opens the page with a stand-in as the hub of this visit, to which the person agrees.
pub(crate) async fn open_with<'a>(
    browser: &'a Browser,
    site: &Site,
    hub: &StandInHub,
    model: &str,
) -> Result<Page<'a>> {
    let page = visit_with(browser, site, hub, model).await?;
    page.settled().await?;
    Ok(page)
}

/// The same, whatever becomes of its model.
pub(crate) async fn visit_with<'a>(
    browser: &'a Browser,
    site: &Site,
    hub: &StandInHub,
    model: &str,
) -> Result<Page<'a>> {
    let page = Page::visit(browser, &address(site, hub, model)).await?;
    page.until("document.documentElement.dataset.rendered").await?;
    // In a visit that goes on, it was agreed to before.
    if page.value("document.querySelector('#hub-question').open").await? == true {
        page.click("#use-hub").await?;
        page.until("!document.querySelector('#hub-question').open").await?;
    }
    Ok(page)
}

/// What a model of a stand-in is stored by.
pub(crate) fn stored_as(hub: &StandInHub, id: &str) -> String {
    format!("{id} from {}", hub.endpoint())
}

pub(crate) const NAME: &str = "document.querySelector('#model-name').textContent";

#[tokio::test]
async fn a_model_is_downloaded_once_and_then_there_without_the_hub() -> Result<()> {
    // The worker's plain build, then the one with threads on shared memory.
    for headers in [Headers::Plain, Headers::Isolating] {
        downloaded_once(headers).await?;
    }
    Ok(())
}

async fn downloaded_once(headers: Headers) -> Result<()> {
    let site = Site::start("/", headers, &[]).await;
    let hub = StandInHub::start(vec![tiny()], Behaviour::default()).await;
    let browser = Browser::start().await?;
    if headers == Headers::Plain {
        // Otherwise a service worker would isolate it.
        browser.without_service_workers().await?;
    }
    let page = open_with(&browser, &site, &hub, "").await?;
    ensure!(page.value(NAME).await? == "Demo model");
    page.click("#models-open").await?;
    page.until("document.querySelectorAll('#offered .offer').length > 5").await?;
    page.fill("#model-typed", ID).await?;
    page.click("#model-choose").await?;
    page.until(&format!("{NAME} === '{ID}'")).await?;
    page.settled().await?;
    ensure!(hub.bytes_sent() == wanted(&tiny()));
    // A returning visitor gets it from storage, without being asked and without the hub.
    hub.stop();
    let page = Page::open(&browser, &site.url("")).await?;
    ensure!(page.value(NAME).await? == ID);
    page.start("Hello").await?;
    ensure!(!page.rows().await?.is_empty());
    // Deleted, it is gone: the page says so and goes on with the demo.
    page.click("#models-open").await?;
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
    open_with(&browser, &site, &hub, "").await?;
    let page = Page { browser: &browser };
    page.click("#models-open").await?;
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
    let page = visit_with(&browser, &site, &hub, "owner/larger").await?;
    page.until("document.querySelector('#progress').value > 0.5").await?;
    // While it goes on, it says how fast it is and how long it takes.
    let told = page.text("#status-text").await?;
    ensure!(told.contains("MB/s") && told.contains(" left"), "{told}");
    let page = open_with(&browser, &site, &hub, "owner/larger").await?;
    ensure!(page.value(NAME).await? == "owner/larger");
    let (size, sent) = (wanted(&larger()), hub.bytes_sent());
    // What was under way came again: at most four chunks of 4 MiB.
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
    page.click("#models-open").await?;
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
        page.click("#models-open").await?;
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
    page.click("#models-open").await?;
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
async fn files_of_the_device_are_loaded_without_a_network() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    files_are_loaded(&site.url("")).await
}

#[tokio::test]
async fn files_of_the_device_are_loaded_on_the_native_servers_page_too() -> Result<()> {
    let folder = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Base, 2));
    let native = Native::start(folder.path()).await?;
    files_are_loaded(&native.url("")).await
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
    page.until("refusedByPolicy.length >= 2 && self.injected === undefined").await?;
    browser.script("refusedByPolicy.length = 0;", vec![]).await?;
    browser.quit().await
}

/// Loads a model of files that the person chooses.
async fn files_are_loaded(url: &str) -> Result<()> {
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let folder = ModelFolder::new(&files);
    let browser = Browser::start().await?;
    let page = Page::open(&browser, url).await?;
    page.click("#models-open").await?;
    let names = ["config.json", "tokenizer.json", "model.safetensors"];
    let paths = names.map(|name| folder.path().join(name).display().to_string());
    let input = browser.find(By::Css("#model-files")).await?;
    input.send_keys(paths.join("\n")).await?;
    page.until(&format!("{NAME} === 'model.safetensors'")).await?;
    page.settled().await?;
    page.start("Hello").await?;
    ensure!(!page.rows().await?.is_empty());
    browser.quit().await
}

/// A file of the page's own storage, given out by the browser's dialog as one of the device.
const PICKER: &str = "
    window.showOpenFilePicker = async () => {
        const root = await navigator.storage.getDirectory();
        const handle = await root.getFileHandle('my model.gguf', { create: true });
        const model = await (await fetch('demo-model/model.gguf')).arrayBuffer();
        const file = await handle.createWritable();
        await file.write(model);
        await file.close();
        return [handle];
    };";

#[tokio::test]
async fn a_file_of_the_device_comes_back_at_the_next_visit_or_is_asked_for() -> Result<()>
{
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.before_pages(PICKER).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.click("#models-open").await?;
    browser.script("document.querySelector('#model-files').click();", vec![]).await?;
    page.until(&format!("{NAME} === 'my model.gguf'")).await?;
    page.settled().await?;
    page.start("Once upon a time").await?;
    page.click("#distribution [data-rank='1']").await?;
    page.settled().await?;
    let ids = page.ids().await?;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let page = Page::open(&browser, &site.url("")).await?;
    ensure!(page.value(NAME).await? == "my model.gguf");
    ensure!(page.ids().await? == ids);
    // Gone, it is not replaced by the demo unasked, and the text waits.
    let remove = "const done = arguments[0];
        navigator.storage.getDirectory()
            .then((root) => root.removeEntry('my model.gguf')).then(() => done(true));";
    browser.goto(site.url("blank.html")).await?;
    browser.execute_async(remove, vec![]).await?;
    let page = Page::visit(&browser, &site.url("")).await?;
    page.until("!document.querySelector('#error').hidden").await?;
    let told = page.text("#error").await?;
    ensure!(told.contains("my model.gguf; choose it again"), "{told}");
    ensure!(page.value(NAME).await? == "No model");
    ensure!(page.ids().await? == ids);
    page.click("#restart").await?;
    page.until(&format!("{NAME} === 'my model.gguf'")).await?;
    page.settled().await?;
    ensure!(page.ids().await? == ids);
    browser.quit().await
}
