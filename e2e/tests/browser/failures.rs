//! Models and servers that cannot be opened: the page says so in time, and what worked before
//! goes on.

use std::net::TcpListener;

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Native, Page, Site};
use random_model::{Kind, Shape};

use crate::hub_pages::NAME;

const ERROR: &str = "document.querySelector('#error-message').textContent";
const DEMO: &str = "Demo model";

/// Loads a model by its name in the picker.
async fn choose(page: &Page<'_>, name: &str) -> Result<()> {
    page.open_models().await?;
    page.fill("#model-typed", name).await?;
    page.click("#model-choose").await?;
    Ok(())
}

/// Types the address of a native server and connects.
async fn connect(page: &Page<'_>, address: &str) -> Result<()> {
    page.open_menu().await?;
    if page.value("document.querySelector('#address').hidden").await? == true {
        page.click("#backend-native").await?;
    }
    page.fill("#native-address", address).await?;
    page.click("#native-connect").await
}

async fn works(page: &Page<'_>) -> Result<()> {
    page.settled().await?;
    ensure!(page.value(NAME).await? == DEMO);
    page.start("Once upon a time").await?;
    ensure!(page.rows().await?.len() == 10);
    Ok(())
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_leaves_the_one_that_worked() -> Result<()> {
    let folder = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Base, 1));
    std::fs::write(folder.path().join("bad.gguf"), b"GGUF and nothing more")?;
    let site = Site::start("/", Headers::Isolating, &[("files", folder.path())]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("The cat sat on the").await?;
    page.click("#distribution [data-rank='1']").await?;
    page.settled().await?;
    let ids = page.ids().await?;
    for bad in [
        "http://127.0.0.1:9/x.gguf",
        "http://127.0.0.1:9/folder/",
        "./files/none.gguf",
        "./files/bad.gguf",
    ] {
        choose(&page, bad).await?;
        page.until(&format!("{ERROR} !== ''")).await?;
        page.settled().await?;
        ensure!(page.value(NAME).await? == DEMO, "{bad}");
        ensure!(page.ids().await? == ids, "{bad}");
        let error = page.text("#error").await?;
        ensure!(error.contains("Demo model is opened again"), "{bad}: {error}");
        page.click("#dismiss").await?;
        page.until(&format!("{ERROR} === ''")).await?;
    }
    browser.quit().await
}

#[tokio::test]
async fn a_text_that_names_no_model_is_told_beside_its_field() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    choose(&page, "not a model").await?;
    page.until("!document.querySelector('#model-typed-error').hidden").await?;
    let error = page.text("#model-typed-error").await?;
    ensure!(error.contains("not a model"), "{error}");
    page.click("[data-action='close-models']").await?;
    works(&page).await?;
    // The same happens by the page's address.
    let page = Page::open(&browser, &site.url("?model=not%20a%20model")).await?;
    ensure!(page.text("#error").await?.contains("not a model"));
    works(&page).await?;
    browser.quit().await
}

#[tokio::test]
async fn every_attempt_to_reach_a_server_ends_in_words() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    // It takes connections and never sends anything.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let silent = silent.local_addr()?.to_string();
    for (address, expected) in [
        ("foo bar", "not the address of a server"),
        ("http://user:password@host", "not the address of a server"),
        ("127.0.0.1:9", "reach a server"),
        (silent.as_str(), "within 10 seconds"),
    ] {
        connect(&page, address).await?;
        page.until(&format!("{ERROR}.includes('{expected}')")).await?;
        page.settled().await?;
        ensure!(page.value(NAME).await? == DEMO, "{address}");
    }
    browser.quit().await
}

#[tokio::test]
async fn what_a_site_s_policy_forbids_is_told_at_once() -> Result<()> {
    let folder = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Base, 3));
    let native = Native::start(folder.path()).await?;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &native.url("")).await?;
    // Nobody is at this address, and the page's policy does not allow it.
    connect(&page, "192.0.2.1:5005").await?;
    page.until(&format!("{ERROR}.includes('192.0.2.1:5005')")).await?;
    // The page's own server ran the model before, and does again.
    page.settled().await?;
    let native = "document.querySelector('#backend-native').getAttribute('aria-pressed')";
    ensure!(page.value(native).await? == "true");
    browser.quit().await
}
