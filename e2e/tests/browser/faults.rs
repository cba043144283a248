//! What happens when something breaks: the page says so, and nothing typed is lost.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, ModelFolder, Page, Site};
use random_model::{Kind, Shape};

/// Keeps the page's workers where a test can reach them, and whether they were terminated when
/// the page was left.
pub(crate) const REACH_WORKERS: &str = "
    window.workers = [];
    const Real = window.Worker;
    window.Worker = class extends Real {
        constructor(...all) { super(...all); window.workers.push(this); }
        terminate() { this.ended = window.left ? 'left' : 'shown'; super.terminate(); }
    };
    addEventListener('pagehide', () => window.left = true);
    addEventListener('pageshow', () => window.left = false);";

#[tokio::test]
async fn a_worker_that_dies_is_replaced_and_the_text_goes_on() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    browser.before_pages(REACH_WORKERS).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("The cat sat on the").await?;
    page.click("#distribution [data-rank='2']").await?;
    page.settled().await?;
    page.set("#temperature", 1.5).await?;
    page.settled().await?;
    let (ids, rows) = (page.ids().await?, page.rows().await?);

    let kill = "workers.at(-1).terminate();
        workers.at(-1).dispatchEvent(new ErrorEvent('error', { message: 'unreachable' }));";
    browser.script(kill, vec![]).await?;
    page.until("workers.length === 2").await?;
    page.until("!document.querySelector('#error').hidden").await?;
    page.settled().await?;
    page.until("document.querySelectorAll('#distribution [data-rank]').length > 0")
        .await?;
    page.settled().await?;
    ensure!(page.ids().await? == ids);
    ensure!(
        page.value("document.querySelector('#prompt').value").await?
            == "The cat sat on the"
    );
    ensure!(page.value("document.querySelector('#temperature').value").await? == "1.5");
    let again = page.rows().await?;
    ensure!(!rows.is_empty() && rows.len() == again.len(), "{rows:?} {again:?}");
    ensure!(
        rows.iter().zip(&again).all(|(a, b)| a.id == b.id && (a.q - b.q).abs() < 1e-4)
    );
    page.click("#distribution [data-rank='1']").await?;
    page.settled().await?;
    ensure!(page.ids().await?.len() == ids.len() + 1);
    browser.quit().await
}

#[tokio::test]
async fn a_page_that_is_left_keeps_no_model_and_goes_on_when_come_back_to() -> Result<()>
{
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    browser.before_pages(REACH_WORKERS).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("The cat sat on the").await?;
    page.click("#distribution [data-rank='2']").await?;
    page.settled().await?;
    let ids = page.ids().await?;
    // A busy browser may not keep the page in memory.
    let mut kept = false;
    for _ in 0..3 {
        browser.script("window.kept = true;", vec![]).await?;
        browser.goto(site.url("models.json")).await?;
        browser.back().await?;
        page.until("document.querySelector('#prompt')").await?;
        page.settled().await?;
        kept = page.value("window.kept === true").await? == true;
        if kept {
            break;
        }
    }
    ensure!(kept, "the browser kept no page");
    let ended = page.value("workers.map((worker) => worker.ended ?? 'runs')").await?;
    ensure!(ended == serde_json::json!(["left", "runs"]), "{ended}");
    ensure!(page.ids().await? == ids);
    page.click("#distribution [data-rank='1']").await?;
    page.settled().await?;
    ensure!(page.ids().await?.len() == ids.len() + 1);
    browser.quit().await
}

#[tokio::test]
async fn a_worker_that_keeps_dying_is_left_to_the_person() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    browser.before_pages(REACH_WORKERS).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    let keep_killing = "
        window.killer = setInterval(() => {
            const worker = workers.at(-1);
            if (worker.dead) return;
            worker.dead = true;
            worker.terminate();
            worker.dispatchEvent(new ErrorEvent('error', { message: 'unreachable' }));
        }, 20);";
    browser.script(keep_killing, vec![]).await?;
    page.until("document.documentElement.dataset.state === 'failed'").await?;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let started = page.value("workers.length").await?;
    ensure!(started.as_u64().is_some_and(|count| count <= 5), "{started} workers");
    browser.script("clearInterval(killer);", vec![]).await?;
    page.click("#restart").await?;
    page.settled().await?;
    browser.quit().await
}

#[tokio::test]
async fn a_model_that_is_damaged_or_missing_is_explained() -> Result<()> {
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let cut = random_model::Files {
        safetensors: files.safetensors[..files.safetensors.len() / 2].to_vec(),
        ..files.clone()
    };
    let garbled =
        random_model::Files { tokenizer: b"{\"model\":".to_vec(), ..files.clone() };
    let unknown = random_model::Files {
        config: b"{\"model_type\":\"hal\",\"hidden_size\":9000}".to_vec(),
        ..files
    };
    let [cut, garbled, unknown] = [&cut, &garbled, &unknown].map(ModelFolder::new);
    let folders =
        [("cut", cut.path()), ("garbled", garbled.path()), ("unknown", unknown.path())];
    let site = Site::start("/", Headers::Plain, &folders).await;
    let browser = Browser::start().await?;
    for (folder, expected) in [
        ("cut", "safetensors"),
        ("garbled", "tokenizer"),
        ("unknown", "hal"),
        ("nowhere", "nowhere"),
    ] {
        let page = Page::visit(&browser, &site.url(&format!("?model={folder}/"))).await?;
        page.until("!document.querySelector('#error').hidden").await?;
        let error = page.text("#error").await?.to_lowercase();
        ensure!(error.contains(expected), "{folder}: {error}");
        page.fill("#prompt", "still here").await?;
        ensure!(
            page.value("document.querySelector('#prompt').value").await? == "still here"
        );
    }
    browser.quit().await
}

#[tokio::test]
async fn storage_that_is_switched_off_costs_nothing_but_the_draft() -> Result<()> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    let refuse = "
        for (const name of ['localStorage', 'sessionStorage'])
            Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });";
    browser.before_pages(refuse).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("The bird").await?;
    ensure!(page.rows().await?.len() == 10);
    browser.quit().await
}
