//! The service worker: isolation where the host does not send the headers, visits without
//! a network, newer builds.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Headers, Hosting, Page, Site, copy_of_the_site};
use random_model::{Kind, Shape};
use serde_json::json;
use stand_in_hub::{Behaviour, HubModel, StandInHub};

use crate::hub_pages::open_with;

const ISOLATED: &str = "self.crossOriginIsolated";
const REACHED_BY: &str = "performance.getEntriesByType('navigation')[0].type";
const FACTS: &str = "document.querySelector('#model-facts').textContent";

/// Waits until all files of the build are kept.
pub(crate) async fn kept(page: &Page<'_>) -> Result<()> {
    // The page itself is kept last.
    let look = "const done = arguments[0];
        const look = async () => {
            for (const name of await caches.keys()) {
                if (await caches.match('./', { cacheName: name })) return done(true);
            }
            setTimeout(look, 50);
        };
        look();";
    page.browser.execute_async(look, vec![]).await?;
    Ok(())
}

async fn works(page: &Page<'_>) -> Result<()> {
    page.start("Once upon a time").await?;
    ensure!(page.rows().await?.len() == 10);
    Ok(())
}

#[tokio::test]
async fn a_plain_static_host_becomes_isolated_and_the_fast_build_runs() -> Result<()> {
    let browser = Browser::start().await?;
    for path in ["/", "/some/folder/"] {
        let site = Site::start(path, Headers::Plain, &[]).await;
        let page = Page::open(&browser, &site.url("")).await?;
        ensure!(page.value(ISOLATED).await? == true, "at {path}");
        ensure!(page.value(REACHED_BY).await? == "reload", "at {path}");
        let facts = page.value(FACTS).await?.to_string();
        ensure!(facts.contains(browser.fastest_build().await?), "{facts}");
        works(&page).await?;
        // From now on the page is isolated from the start.
        let page = Page::open(&browser, &site.url("index.html?x")).await?;
        ensure!(page.value(ISOLATED).await? == true && site.visits() >= 2);
        ensure!(page.value(REACHED_BY).await? == "navigate", "at {path}");
    }
    browser.quit().await
}

#[tokio::test]
async fn where_isolation_cannot_be_had_the_page_works_and_is_not_loaded_over_and_over()
-> Result<()> {
    let without_script = copy_of_the_site()?;
    fs::remove_file(without_script.path().join("service-worker.js"))?;
    for (why, script, folder, most) in [
        ("no service workers", "delete Navigator.prototype.serviceWorker;", None, 1),
        ("its script is missing", "", Some(without_script.path()), 1),
        (
            "the browser does not isolate",
            "Object.defineProperty(window, 'crossOriginIsolated', { get: () => false });",
            None,
            2,
        ),
        (
            "nothing can be stored",
            "Object.defineProperty(window, 'sessionStorage',
                { get() { throw new DOMException('', 'SecurityError'); } });",
            None,
            1,
        ),
    ] {
        let browser = Browser::start().await?;
        browser.before_pages(script).await?;
        let site = Site::hosted(Hosting { dist: folder, ..Hosting::default() });
        let page = Page::open(&browser, &site.url("")).await?;
        works(&page).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        // The service worker may have asked for the page once, to keep it.
        ensure!(site.visits() <= most + 1, "{why}: {} loads", site.visits());
        let page = Page::open(&browser, &site.url("")).await?;
        works(&page).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        ensure!(site.visits() <= most + 3, "{why}: {} loads", site.visits());
        browser.quit().await?;
    }
    Ok(())
}

#[tokio::test]
async fn within_another_page_it_works_as_it_is() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let outer = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    browser.goto(outer.url("blank.html").replace("127.0.0.1", "localhost")).await?;
    let embed = "const frame = document.createElement('iframe');
        frame.src = arguments[0];
        frame.width = 1000; frame.height = 700;
        document.body.append(frame);";
    browser.script(embed, vec![json!(site.url(""))]).await?;
    browser.enter_frame(0).await?;
    let page = Page { browser: &browser };
    page.until("document.documentElement.dataset.state === 'ready'").await?;
    works(&page).await?;
    ensure!(site.visits() == 1);
    browser.quit().await
}

#[tokio::test]
async fn what_is_typed_before_the_page_could_be_isolated_is_not_lost() -> Result<()> {
    let service_worker_after = Duration::from_millis(1500);
    let site = Site::hosted(Hosting { service_worker_after, ..Hosting::default() });
    let browser = Browser::start().await?;
    browser.goto(site.url("")).await?;
    let page = Page { browser: &browser };
    let pending = "document.documentElement.dataset.isolation === 'pending'";
    ensure!(page.value(pending).await? == true);
    page.fill("#prompt", "Not to be lost").await?;
    page.until("document.documentElement.dataset.isolation === 'none'").await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let typed = page.value("document.querySelector('#prompt').value").await?;
    ensure!(typed == "Not to be lost" && site.visits() == 1);
    works(&page).await?;
    // The next visit is isolated without a second load.
    let page = Page::open(&browser, &site.url("")).await?;
    ensure!(page.value(ISOLATED).await? == true);
    ensure!(page.value(REACHED_BY).await? == "navigate");
    browser.quit().await
}

#[tokio::test]
async fn a_second_visit_needs_no_network_and_only_the_site_itself_is_kept() -> Result<()>
{
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    for headers in [Headers::Plain, Headers::Isolating] {
        let site = Site::start("/deep/down/", headers, &[]).await;
        let model = HubModel::of("owner/tiny", &files);
        let hub = StandInHub::start(vec![model], Behaviour::default()).await;
        let browser = Browser::start().await?;
        let page = Page::open(&browser, &site.url("")).await?;
        kept(&page).await?;
        let page = open_with(&browser, &site, &hub, "owner/tiny").await?;
        works(&page).await?;
        let list = "const done = arguments[0];
            (async () => {
                const urls = [];
                for (const name of await caches.keys()) {
                    const cache = await caches.open(name);
                    urls.push(...(await cache.keys()).map((request) => request.url));
                }
                done(urls);
            })();";
        let urls = browser.execute_async(list, vec![]).await?.json().to_string();
        ensure!(urls.contains("worker_fast") && urls.contains("models.json"), "{urls}");
        ensure!(!urls.contains("owner") && !urls.contains("/api/"), "{urls}");
        ensure!(urls.split(',').all(|url| url.contains("/deep/down/")), "{urls}");
        site.stop();
        hub.stop();
        // First the model that was chosen last, then the demo model.
        let page = Page::open(&browser, &site.url("")).await?;
        ensure!(page.text("#model-name").await? == "owner/tiny");
        ensure!(page.value(ISOLATED).await? == true);
        works(&page).await?;
        let page = Page::open(&browser, &site.url("index.html?model=demo")).await?;
        ensure!(page.text("#model-name").await? == "Demo model");
        works(&page).await?;
        browser.quit().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_newer_build_takes_the_place_of_the_one_that_is_kept() -> Result<()> {
    const TITLE: &str = "document.title";
    let folder = copy_of_the_site()?;
    let hosting = Hosting { dist: Some(folder.path()), ..Hosting::default() };
    let site = Site::hosted(hosting);
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    kept(&page).await?;
    rebuild(folder.path())?;
    // The next visit gets it, and keeps it in turn.
    let page = Page::open(&browser, &site.url("")).await?;
    ensure!(page.value(TITLE).await? == "Newer");
    works(&page).await?;
    let one = "const done = arguments[0];
        const look = async () => {
            // Not before: a file that is deleted while it is read may never be read to its end.
            const [name, ...others] = await caches.keys();
            const isNewer = !others.length && name?.endsWith('0123456789abcdef');
            const page = isNewer ? await caches.match('./') : null;
            if ((await page?.text())?.includes('Newer')) done(true);
            else setTimeout(look, 50);
        };
        look();";
    browser.execute_async(one, vec![]).await?;
    site.stop();
    // The visit comes from another page: without a network, Chromium may not reload a page
    // whose service worker has been replaced.
    browser.goto("about:blank").await?;
    let page = Page::open(&browser, &site.url("")).await?;
    ensure!(page.value(TITLE).await? == "Newer");
    works(&page).await?;
    browser.quit().await
}

/// Changes a site as another build does: its page, and the name of the worker's folder.
fn rebuild(site: &Path) -> Result<()> {
    let page = fs::read_to_string(site.join("index.html"))?;
    let between = |start: &str| -> Result<String> {
        let rest = page.split(start).nth(1).context("the page names its build")?;
        Ok(rest.split('"').next().unwrap_or_default().to_owned())
    };
    let build = between("data-build=\"")?;
    let folder = between("id=\"worker-folder\" content=\"./")?;
    let (newer_build, newer_folder) = ("0123456789abcdef", "worker-fedcba9876543210/");
    let title = "<title>Next-Token Visualizer</title>";
    for file in ["index.html", "service-worker.js"] {
        let text = fs::read_to_string(site.join(file))?;
        let text = text.replace(&build, newer_build).replace(&folder, newer_folder);
        fs::write(site.join(file), text.replace(title, "<title>Newer</title>"))?;
    }
    fs::rename(site.join(&folder), site.join(newer_folder))?;
    Ok(())
}
