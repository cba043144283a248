//! Attempts to make the page give something away, or run what others wrote: by its address, by
//! names of hubs, models and files, and by other windows.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use e2e::{Browser, Headers, Hosting, Page, Site, copy_of_the_site, dist};
use thirtyfour::prelude::*;
use tokio::net::TcpListener;

use crate::hub_pages::NAME;

const IMAGE: &str = "<img src=x onerror=window.hacked=1>";
/// What must never be in the page.
const FOREIGN: &str = "document.querySelectorAll('img, iframe, object, embed, svg:not(.spark > svg), a[href], \
    link[rel=import], base, form:not(#lesson-form)').length + (window.hacked ?? 0)";
const ERROR: &str = "document.querySelector('#error-message').textContent";

/// A text encoded for the query of an address.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn is_sound(page: &Page<'_>, what: &str) -> Result<()> {
    let found = page.value(FOREIGN).await?;
    ensure!(found == 0, "{what}: {found}");
    Ok(())
}

#[tokio::test]
async fn what_the_page_s_address_says_is_text_and_runs_nowhere() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    for value in [
        IMAGE,
        "javascript:window.hacked=1",
        "javascript://huggingface.co/%0awindow.hacked=1",
        "data:text/html,<script>window.hacked=1</script>",
        "data:application/json,{}",
        "blob:null/1",
        "file:///etc/passwd",
        "//localhost:1/a/b",
        "owner/\u{202E}eman",
        "owner/name\nwith a second line",
        "__proto__",
        "constructor/prototype/__proto__",
    ] {
        let model = encoded(value);
        for query in [format!("?model={model}"), format!("?hub={model}&model=a/b")] {
            let page = Page::visit(&browser, &site.url(&query)).await?;
            page.until("document.documentElement.dataset.rendered").await?;
            is_sound(&page, &query).await?;
            if query.starts_with("?hub") {
                page.until(&format!("{ERROR} !== ''")).await?;
                page.settled().await?;
                ensure!(page.value(NAME).await? == "Demo model", "{value}");
            }
        }
    }
    // Nothing says which server the token is for: it is removed from the address and not used.
    let page = Page::open(&browser, &site.url("?token=server-secret&x=1")).await?;
    let seen =
        "JSON.stringify([location.href, { ...localStorage }, { ...sessionStorage },
        document.documentElement.outerHTML])";
    let seen = page.value(seen).await?.to_string();
    ensure!(!seen.contains("server-secret") && seen.contains("?x=1"), "{seen}");
    browser.quit().await
}

#[tokio::test]
async fn what_lists_and_files_are_called_is_text() -> Result<()> {
    let folder = copy_of_the_site()?;
    let list = serde_json::json!({ "models": [{
        "id": "owner/name", "parameters": 1, "download_bytes": 2, "exact_bytes": 3,
        "licence": IMAGE, "note": format!("{IMAGE}\u{202E}<script>hacked=1</script>"),
    }] });
    fs::write(folder.path().join("models.json"), list.to_string())?;
    let site = Site::hosted(Hosting {
        dist: Some(folder.path()),
        headers: Headers::Isolating,
        ..Hosting::default()
    });
    let files = tempfile::tempdir()?;
    let named = files.path().join(format!("{IMAGE}.gguf"));
    fs::copy(Path::new(&dist()).join("demo-model/model.gguf"), &named)?;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.open_models().await?;
    page.until("document.querySelectorAll('#offered .offer').length === 2").await?;
    ensure!(page.text("#offered").await?.contains(IMAGE));
    is_sound(&page, "models.json").await?;
    let input = browser.find(By::Css("#model-files")).await?;
    input.send_keys(named.display().to_string()).await?;
    page.until(&format!("{NAME}.includes('onerror')")).await?;
    page.settled().await?;
    is_sound(&page, "a file's name").await?;
    // The same holds for text and tokens.
    page.start(&format!("{IMAGE} <script>hacked=1</script>")).await?;
    is_sound(&page, "a prompt").await?;
    browser.quit().await
}

#[tokio::test]
async fn what_a_hub_says_of_an_error_is_text() -> Result<()> {
    let refuse = || async {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            ("access-control-expose-headers", "*"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("x-error-code", IMAGE),
            ("x-error-message", IMAGE),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        (StatusCode::FORBIDDEN, headers, IMAGE)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let hub = format!("http://{}", listener.local_addr()?);
    let router = Router::new().fallback(refuse);
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let query = format!("?hub={}&model=owner/name", encoded(&hub));
    let page = Page::visit(&browser, &site.url(&query)).await?;
    page.until("document.querySelector('#hub-question').open").await?;
    page.click("#use-hub").await?;
    page.until(&format!("{ERROR} !== ''")).await?;
    is_sound(&page, "a hub's error").await?;
    server.abort();
    browser.quit().await
}

#[tokio::test]
async fn other_windows_can_tell_the_page_nothing() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let other = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    browser.without_service_workers().await?;
    // By another host name, it is another origin.
    let url = other.url("blank.html").replace("127.0.0.1", "localhost");
    browser.goto(&url).await?;
    let opener = browser.window().await?;
    let open = "window.opened = window.open(arguments[0]);";
    browser.script(open, vec![site.url("").into()]).await?;
    let all = browser.windows().await?;
    let opened = all.into_iter().find(|window| *window != opener);
    let opened = opened.ok_or_else(|| anyhow::anyhow!("no window was opened"))?;
    browser.switch_to_window(opened.clone()).await?;
    let page = Page { browser: &browser };
    page.until("document.documentElement.dataset.state === 'ready'").await?;
    browser.switch_to_window(opener).await?;
    let attack = "
        const reply = { type: 'reply', reply: { id: 1, event: { type: 'failed',
            code: 'internal', message: 'hacked', hint: null } } };
        for (const message of [reply, reply.reply, { type: 'died', message: 'hacked' },
            { keep: 'x' }, { __proto__: { hub: 'http://localhost:1' } }])
            opened.postMessage(message, '*');
        let seen = 'nothing';
        try { seen = opened.localStorage.length; } catch { }
        try { seen = opened.document.title; } catch { }
        return seen;";
    ensure!(browser.script(attack, vec![]).await? == "nothing");
    browser.switch_to_window(opened).await?;
    page.settled().await?;
    ensure!(page.value(NAME).await? == "Demo model");
    ensure!(page.value(ERROR).await? == "");
    is_sound(&page, "messages").await?;
    browser.quit().await
}
