//! Addresses without a model, or with one that the page may not read.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Page, Site};
use random_model::{Kind, Shape};

use crate::faults::REACH_WORKERS;

const TOLD: &str = "!document.querySelector('#error').hidden";

#[tokio::test]
async fn a_folder_that_cannot_be_read_is_told_once_and_the_engine_lives() -> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let site = Site::start("/", Headers::Plain, &[]).await;
    // Another origin, which allows no page of others to read its files.
    let elsewhere = Site::start("/", Headers::Plain, &[("m", model.path())]).await;
    let browser = Browser::start().await?;
    browser.before_pages(REACH_WORKERS).await?;
    for address in [
        "http://127.0.0.1:9/folder".to_owned(),
        "https://nosuchhost.invalid/folder".to_owned(),
        elsewhere.url("m/"),
    ] {
        let url = site.url(&format!("?model={address}"));
        let page = Page::visit(&browser, &url).await?;
        page.until(TOLD).await?;
        let error = page.text("#error-message").await?;
        ensure!(error.contains("config.json could not be fetched"), "{error}");
        // All other requests fail meanwhile.
        tokio::time::sleep(Duration::from_millis(500)).await;
        ensure!(page.text("#error-message").await? == error, "{address}");
        ensure!(page.value("workers.length").await? == 1, "{address}");
        page.click("#use-demo").await?;
        page.settled().await?;
    }
    browser.quit().await
}

#[tokio::test]
async fn a_web_page_in_place_of_a_file_is_told_as_one() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::visit(&browser, &site.url("?model=./web-page.gguf")).await?;
    page.until(TOLD).await?;
    let error = page.text("#error").await?;
    ensure!(error.contains("answers with a web page"), "{error}");
    browser.quit().await
}
