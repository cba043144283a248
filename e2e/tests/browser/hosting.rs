//! Where the site can be put: any folder of a plain static host, with or without the
//! isolating headers, or the native server.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Hosting, ModelFolder, Native, Page, Site};
use random_model::{Kind, Shape};

#[tokio::test]
async fn the_site_works_in_any_folder_of_a_static_host() -> Result<()> {
    let browser = Browser::start().await?;
    for (path, headers) in
        [("/some/deep/folder/", Headers::Plain), ("/", Headers::Isolating)]
    {
        let site = Site::start(path, headers, &[]).await;
        let page = Page::open(&browser, &site.url("index.html")).await?;
        page.start("Once upon a time").await?;
        ensure!(page.rows().await?.len() == 10, "at {path}");
    }
    browser.quit().await
}

#[tokio::test]
async fn the_page_can_use_the_native_server_and_go_back() -> Result<()> {
    let model = ModelFolder::new(&random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let native = Native::start(model.path()).await?;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &native.url("")).await?;
    let in_browser = page.text("#model-name").await?;
    page.open_menu().await?;
    page.click("#backend-native").await?;
    page.until(&format!(
        "document.querySelector('#model-name').textContent !== {in_browser:?}
            && document.documentElement.dataset.state === 'ready'"
    ))
    .await?;
    page.start("abc").await?;
    ensure!(page.ids().await?.len() == 3, "a byte a token");
    page.click("#distribution [data-rank='2']").await?;
    page.settled().await?;
    ensure!(page.ids().await?.len() == 4);

    page.open_menu().await?;
    page.click("#backend-worker").await?;
    page.until(&format!(
        "document.querySelector('#model-name').textContent === {in_browser:?}
            && document.documentElement.dataset.state === 'ready'"
    ))
    .await?;
    page.start("abc").await?;
    ensure!(page.rows().await?.len() == 10);
    browser.quit().await
}

#[tokio::test]
async fn a_loaded_page_goes_on_without_the_network() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    site.stop();
    page.start("The little girl").await?;
    page.click("#greedy").await?;
    page.settled().await?;
    page.click("#tab-chat").await?;
    page.fill("#chat-input", "Hello").await?;
    page.click("#chat-send").await?;
    page.until("document.querySelector('#chat-log .reply-text')?.textContent").await?;
    page.settled().await?;
    browser.quit().await
}

#[tokio::test]
async fn what_was_just_typed_outlives_the_reload_that_isolates_the_page() -> Result<()> {
    // The service worker comes too late for the first visit, so that the reload of a person is
    // the one that isolates the page, and moves it to another process.
    let site = Site::hosted(Hosting {
        service_worker_after: Duration::from_secs(6),
        ..Hosting::default()
    });
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Ben has a big").await?;
    let isolation = "document.documentElement.dataset.isolation";
    ensure!(page.value(isolation).await? == "none");
    let ready =
        "const done = arguments[0]; navigator.serviceWorker.ready.then(() => done());";
    browser.execute_async(ready, vec![]).await?;
    let change = "const set = (selector, value) => {
            const field = document.querySelector(selector);
            field.value = value;
            field.dispatchEvent(new InputEvent('input', { bubbles: true }));
        };
        set('#prompt', 'Typed just now'); set('#temperature', 1.3); location.reload();";
    browser.script(change, vec![]).await?;
    // Between two pages, scripts fail.
    let isolated = async || page.value(isolation).await.is_ok_and(|is| is == "isolated");
    for _ in 0..200 {
        if isolated().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    page.settled().await?;
    ensure!(isolated().await, "the page is not isolated");
    ensure!(
        page.value("document.querySelector('#prompt').value").await? == "Typed just now"
    );
    ensure!(page.value("document.querySelector('#temperature').value").await? == "1.3");
    browser.quit().await
}
