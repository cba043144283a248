//! What the service worker must never keep, and never serve: anything but the files of its
//! own build as the host sends them to everyone.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use serde_json::json;

use crate::offline::kept;

/// The addresses of all kept files, each with its text.
const KEPT: &str = "const done = arguments[0];
    (async () => {
        const found = {};
        for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) {
                const text = await (await cache.match(request)).text();
                found[request.url] = text.length < 100 ? text : '';
            }
        }
        done(found);
    })();";

/// A file of the build that an isolated page does not need, and so does not keep unasked.
fn unneeded() -> String {
    format!("{}worker_loader.js", e2e::worker_folder())
}

/// A page that came through the service worker, with all its files kept.
async fn controlled<'a>(browser: &'a Browser, site: &Site) -> Result<Page<'a>> {
    let page = Page::open(browser, &site.url("")).await?;
    kept(&page).await?;
    let controller = "!!navigator.serviceWorker.controller";
    // Firefox's service worker serves a page from its next load on.
    if page.value(controller).await? == false {
        let page = Page::open(browser, &site.url("")).await?;
        page.until(controller).await?;
        return Ok(page);
    }
    Ok(page)
}

/// Fetches an address as given, to the end; the text, or none if it fails.
async fn fetched(page: &Page<'_>, url: &str, init: serde_json::Value) -> Result<String> {
    let fetch = "const [url, init, done] = arguments;
        fetch(url, { cache: 'no-store', ...init }).then((response) => response.text()).then(done, () => done('failed'));";
    let text = page.browser.execute_async(fetch, vec![json!(url), init]).await?;
    Ok(text.json().as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn what_is_not_sent_to_everyone_is_neither_kept_nor_served() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = controlled(&browser, &site).await?;
    let file = unneeded();
    // Answers for the name of a file: to a query, for a person, by a redirect, in part.
    let asked = [
        (format!("{file}?odd"), json!({}), "odd"),
        ("models.json?odd".to_owned(), json!({}), "odd"),
        (file.clone(), json!({ "headers": { "Authorization": "Bearer x" } }), "odd"),
        ("models.json".to_owned(), json!({ "headers": { "Authorization": "x" } }), "odd"),
        (file.clone(), json!({ "headers": { "X-Elsewhere": "1" } }), "odd"),
        ("models.json".to_owned(), json!({ "headers": { "X-Elsewhere": "1" } }), "odd"),
        (file.clone(), json!({ "headers": { "Range": "bytes=0-3" } }), ""),
        (file.clone(), json!({ "method": "POST", "body": "x" }), ""),
    ];
    for (url, init, expected) in asked {
        let text = fetched(&page, &url, init.clone()).await?;
        ensure!(expected.is_empty() || text == expected, "{url} {init}: {text:?}");
    }
    let all = browser.execute_async(KEPT, vec![]).await?.json().clone();
    ensure!(!all.to_string().contains("odd"), "{all}");
    ensure!(all.get(site.url(&file)).is_none(), "{all}");
    // The file itself is kept, and a query does not get it.
    let text = fetched(&page, &file, json!({})).await?;
    ensure!(text.contains("worker"), "{text:?}");
    ensure!(fetched(&page, &format!("{file}?odd"), json!({})).await? == "odd");
    site.stop();
    ensure!(fetched(&page, &file, json!({})).await? == text, "it is kept now");
    ensure!(fetched(&page, &format!("{file}?odd"), json!({})).await? == "failed");
    let person = json!({ "headers": { "Authorization": "x" } });
    ensure!(fetched(&page, &file, person).await? == "failed");
    browser.quit().await
}

#[tokio::test]
async fn nothing_but_the_files_of_the_build_is_kept() -> Result<()> {
    let folder = tempfile::tempdir()?;
    // The last one has a name as the files of builds have.
    let names = ["models", "tokens.js", "page-0123456789abcdef.js"];
    for name in names {
        std::fs::write(folder.path().join(name), "a secret")?;
    }
    let folders = [("api", folder.path()), ("hub", folder.path())];
    let site = Site::start("/here/", Headers::Isolating, &folders).await;
    let elsewhere = Site::start("/", Headers::Isolating, &folders).await;
    let browser = Browser::start().await?;
    let page = controlled(&browser, &site).await?;
    for name in names {
        for url in [format!("api/{name}"), format!("hub/{name}")] {
            ensure!(fetched(&page, &url, json!({})).await? == "a secret", "{url}");
            // Of another origin, with and without permission to read it.
            let other = elsewhere.url(&url);
            ensure!(fetched(&page, &other, json!({})).await? == "failed", "{other}");
            fetched(&page, &other, json!({ "mode": "no-cors" })).await?;
        }
    }
    let all = browser.execute_async(KEPT, vec![]).await?.json().clone();
    let Some(all) = all.as_object() else { anyhow::bail!("{all}") };
    ensure!(all.len() > 5);
    for (url, text) in all {
        ensure!(url.starts_with(&site.url("")), "{url}");
        ensure!(!url.contains("/api/") && !url.contains("/hub/"), "{url}");
        ensure!(!url.contains('?') && text != "a secret", "{url}");
    }
    browser.quit().await
}

#[tokio::test]
async fn a_page_in_another_folder_of_the_host_is_not_served_by_it() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("index.html"), "<title>another</title>")?;
    std::fs::write(folder.path().join("models.json"), "\"another\"")?;
    // Below the site, where its service worker sees the requests.
    let site = Site::start("/a/", Headers::Isolating, &[("b", folder.path())]).await;
    let browser = Browser::start().await?;
    controlled(&browser, &site).await?;
    browser.goto(site.url("b/index.html")).await?;
    let page = Page { browser: &browser };
    ensure!(page.value("document.title").await? == "another");
    ensure!(fetched(&page, "models.json", json!({})).await? == "\"another\"");
    // Whatever it asks to keep, the service worker keeps the build and nothing else.
    let keep = "const done = arguments[0];
        navigator.serviceWorker.ready.then(({ active }) => {
            active.postMessage({ keep: 'b/models.json' });
            active.postMessage({ keep: ['./b/'], files: ['b/models.json'] });
            active.postMessage(null);
            setTimeout(done, 500);
        });";
    browser.execute_async(keep, vec![]).await?;
    let all = browser.execute_async(KEPT, vec![]).await?.json().to_string();
    ensure!(!all.contains("/a/b/") && !all.contains("another"), "{all}");
    site.stop();
    ensure!(fetched(&page, "models.json", json!({})).await? == "failed");
    browser.quit().await
}
