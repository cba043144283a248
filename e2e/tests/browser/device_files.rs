//! Models of files of the device, in this visit and the next.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Native, Page, Site};
use random_model::{Kind, Shape};
use thirtyfour::prelude::*;

use crate::hub_pages::NAME;

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

/// Loads a model of files that the person chooses.
async fn files_are_loaded(url: &str) -> Result<()> {
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let folder = ModelFolder::new(&files);
    let browser = Browser::start().await?;
    let page = Page::open(&browser, url).await?;
    page.open_models().await?;
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

/// Makes the browser's dialog give out a file of the page's own storage.
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
    let can = "'queryPermission' in FileSystemHandle.prototype";
    ensure!(page.value(can).await? == true, "only Chromium can open a file again");
    page.open_models().await?;
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
    // Once the file is gone, the demo model does not replace it unasked, and the text waits.
    let remove = "const done = arguments[0];
        navigator.storage.getDirectory()
            .then((root) => root.removeEntry('my model.gguf')).then(() => done(true));";
    browser.goto(site.url("blank.html")).await?;
    browser.execute_async(remove, vec![]).await?;
    let page = Page::visit(&browser, &site.url("")).await?;
    page.until("!document.querySelector('#error').hidden").await?;
    let error = page.text("#error").await?;
    ensure!(error.contains("my model.gguf. Choose it again"), "{error}");
    ensure!(page.value(NAME).await? == "No model");
    ensure!(page.ids().await? == ids);
    page.click("#restart").await?;
    page.until(&format!("{NAME} === 'my model.gguf'")).await?;
    page.settled().await?;
    ensure!(page.ids().await? == ids);
    browser.quit().await
}
