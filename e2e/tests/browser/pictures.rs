//! Pictures of the page for the README and for those who change how it looks, and the
//! times that a person waits. Both end up in `target/screenshots`.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};

#[tokio::test]
async fn pictures_of_both_tabs_in_light_and_dark_wide_and_narrow() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    for scheme in ["light", "dark"] {
        browser.prefer("prefers-color-scheme", scheme).await?;
        for (name, width, height) in [("wide", 1280, 800), ("narrow", 360, 740)] {
            browser.resize(width, height).await?;
            let page = Page::open(&browser, &site.url("")).await?;
            page.click("#tab-explorer").await?;
            page.start("Once upon a time, there was a little").await?;
            for _ in 0..6 {
                page.click("#sample").await?;
                page.settled().await?;
            }
            browser.picture(&format!("explorer-{scheme}-{name}")).await?;
            page.click("#tab-chat").await?;
            page.fill("#chat-input", "Tell me a story about a cat.").await?;
            page.click("#chat-send").await?;
            page.until("document.querySelectorAll('#chat-log .reply .tok').length > 0")
                .await?;
            page.settled().await?;
            browser.picture(&format!("chat-{scheme}-{name}")).await?;
            let overflow = "document.documentElement.scrollWidth > innerWidth";
            ensure!(page.value(overflow).await? == false, "{name} scrolls sideways");
            browser
                .script("sessionStorage.clear(); location.href = 'about:blank';", vec![])
                .await?;
        }
    }
    browser.quit().await
}

#[tokio::test]
async fn times_that_a_person_waits_are_reported() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    // Navigation to the first distribution, with nothing in the browser's caches.
    let seen = "
        new MutationObserver((_, observer) => {
            if (document.querySelector('#distribution [data-rank]')) {
                window.firstDistribution = performance.now();
                observer.disconnect();
            }
        }).observe(document, { childList: true, subtree: true });";
    browser.before_pages(seen).await?;
    let mut cold = Vec::new();
    for _ in 0..5 {
        browser.cdp("Network.clearBrowserCache", serde_json::json!({})).await?;
        browser.goto("about:blank").await?;
        let page = Page::open(&browser, &site.url("")).await?;
        page.until("window.firstDistribution").await?;
        cold.push(page.value("firstDistribution").await?.as_f64().unwrap_or_default());
        browser.script("sessionStorage.clear();", vec![]).await?;
    }
    // From the click on a row to the next distribution in the document.
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    let pick = "
        const done = arguments[0];
        const root = document.documentElement;
        const start = performance.now(), step = root.dataset.step;
        new MutationObserver((_, observer) => {
            if (root.dataset.step !== step) {
                observer.disconnect();
                done(performance.now() - start);
            }
        }).observe(root, { attributes: true });
        document.querySelector('#distribution [data-rank=\"1\"]').click();";
    let mut picks = Vec::new();
    for _ in 0..30 {
        let ms = browser.execute_async(pick, vec![]).await?.json().as_f64();
        picks.push(ms.unwrap_or_default());
        page.settled().await?;
    }
    println!("navigation to the first distribution, cold: {} ms", spread(&mut cold));
    println!("pick to the next distribution: {} ms", spread(&mut picks));
    browser.quit().await
}

/// Least, median and most.
fn spread(values: &mut [f64]) -> String {
    values.sort_by(f64::total_cmp);
    let (least, most) = (values[0], values[values.len() - 1]);
    format!("median {:.0}, least {least:.0}, most {most:.0}", values[values.len() / 2])
}
