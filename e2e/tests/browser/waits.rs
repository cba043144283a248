//! The times that a person waits. Machines differ, so the bounds are several times what a
//! machine with two busy cores takes; see the times by
//! `cargo test --package e2e waits -- --nocapture --test-threads=1`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use e2e::{Browser, Headers, Link, ModelFolder, Page, Site, WorkerLink};
use protocol::{
    Command, Event, FinishReason, ModelSource, Precision, Request, RequestId,
    SamplerSettings,
};
use random_model::{Kind, Shape};

#[tokio::test]
async fn a_person_does_not_wait_long_for_a_distribution() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
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
        let ms = page.value("firstDistribution").await?.as_f64();
        cold.push(ms.context("the first distribution has no time")?);
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
        picks.push(ms.context("the pick has no time")?);
        page.settled().await?;
    }
    check("navigation to the first distribution, cold", &mut cold, 20_000.0)?;
    check("pick to the next distribution", &mut picks, 1_000.0)?;
    browser.quit().await
}

#[tokio::test]
async fn the_demo_model_is_soon_ready() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let load = Command::Load { source: ModelSource::Demo, precision: Precision::Auto };
    let settings = SamplerSettings::default();
    let (ids, candidates) = (vec![0], 10);
    let first = Command::NextToken { ids, settings, candidates, watch: vec![] };
    let requests = [load, first]
        .into_iter()
        .zip(1..)
        .map(|(command, id)| serde_json::to_value(Request { id: RequestId(id), command }))
        .collect::<Result<Vec<_>, _>>()?;
    // From the worker that listens to the model that is ready, and to its first
    // distribution.
    let script = "
        const [load, first, done] = arguments;
        const start = performance.now();
        let ready;
        worker.addEventListener('message', ({ data }) => {
            const event = data.reply?.event ?? data;
            if (event.type === 'ready') {
                ready = performance.now() - start;
                worker.postMessage(first);
            } else if (event.type === 'distribution') {
                done([ready, performance.now() - start]);
            } else if (event.type !== 'progress') {
                done([JSON.stringify(event)]);
            }
        });
        worker.postMessage(load);";
    let (mut loads, mut firsts) = (Vec::new(), Vec::new());
    for _ in 0..7 {
        browser.cdp("Network.clearBrowserCache", serde_json::json!({})).await?;
        WorkerLink::start(&browser, &site.url("blank.html")).await?;
        let times = browser.execute_async(script, requests.clone()).await?;
        let times: Vec<f64> = times
            .json()
            .as_array()
            .map(|times| times.iter().filter_map(|time| time.as_f64()).collect())
            .unwrap_or_default();
        ensure!(times.len() == 2, "the worker did not answer with a distribution");
        loads.push(times[0]);
        firsts.push(times[1]);
    }
    check("demo model fetched and made ready", &mut loads, 10_000.0)?;
    check("demo model, with its first distribution", &mut firsts, 10_000.0)?;
    browser.quit().await
}

#[tokio::test]
async fn a_stop_is_soon_obeyed() -> Result<()> {
    // `NEXTTOKEN_TEST_LARGE=1` takes a model of the shape of SmolLM2-135M, on which each
    // step is as long as it gets.
    let large = std::env::var_os("NEXTTOKEN_TEST_LARGE").is_some();
    let shape = if large { Shape::smollm2_135m() } else { Shape::slow() };
    let model = ModelFolder::new(&random_model::files(&shape, Kind::Instruct, 1));
    let site = Site::start("/", Headers::Isolating, &[("model", model.path())]).await;
    let browser = Browser::start().await?;
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    let source = ModelSource::Address { url: site.url("model/") };
    let loaded =
        link.answer(1, Command::Load { source, precision: Precision::Q8 }).await?;
    ensure!(matches!(loaded, Event::Ready(_)), "{loaded:?}");
    let mut waits = Vec::new();
    for attempt in 0..8 {
        let settings = SamplerSettings::default();
        let ids = (0..4000).map(|i| 3 + (i + attempt) % 256).collect();
        let (id, candidates) = (10 + attempt, 1);
        let command = Command::NextToken { ids, settings, candidates, watch: vec![] };
        link.send(id, command).await?;
        tokio::time::sleep(Duration::from_millis(40 + 80 * u64::from(attempt))).await;
        let start = Instant::now();
        let request = RequestId(id);
        link.send(100 + attempt, Command::Cancel { request }).await?;
        let events = link.events(id).await?;
        waits.push(start.elapsed().as_secs_f64() * 1e3);
        let last = events.last();
        let cancelled =
            matches!(last, Some(Event::Finished { reason: FinishReason::Cancelled, .. }));
        ensure!(cancelled, "{last:?}");
    }
    // A step is bounded by 60 ms, whatever the model.
    check("stop in a prefill of 4,000 tokens", &mut waits, 1_000.0)?;
    browser.quit().await
}

/// Prints the least, median and most of some times, and holds the median to a bound.
fn check(what: &str, times_ms: &mut [f64], bound_ms: f64) -> Result<()> {
    times_ms.sort_by(f64::total_cmp);
    let (Some(least), Some(most)) = (times_ms.first(), times_ms.last()) else {
        bail!("{what}: nothing was measured")
    };
    let median = times_ms[times_ms.len() / 2];
    println!("{what}: median {median:.0} ms, least {least:.0}, most {most:.0}");
    ensure!(median < bound_ms, "{what}: {median:.0} ms instead of {bound_ms:.0} ms");
    Ok(())
}
