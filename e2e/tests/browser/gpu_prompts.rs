//! Prompts that the browser's GPU reads: the answers are those of the processor, whatever
//! happens to the GPU. Here it is one in software.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use e2e::{Browser, Headers, Link, Site, WorkerLink};
use protocol::{
    Command, Event, ModelDescription, ModelSource, Precision, PromptDevice, RequestId,
};
use serde_json::Value;

use crate::questions::{distribution, next, settings, stop};

/// What the worker runs before it starts.
const WATCH: &str = include_str!("gpu_watch.js");

/// Hears of the worker's device.
const LISTEN: &str = "
    window.gpu = new BroadcastChannel('gpu');
    window.submits = 0;
    window.waits = 0;
    gpu.onmessage = ({ data }) => { ({ submits, waits } = data); };";

/// The most nats that distributions may be apart.
const TOLERANCE: f64 = 1e-3;

/// A folder with a script that starts a worker whose GPU is watched; `first` runs before.
pub(crate) fn watched(first: &str) -> Result<tempfile::TempDir> {
    started_by(&format!("{first}\n{WATCH}"))
}

/// A folder with a script that starts a worker, once `first` has run there.
pub(crate) fn started_by(first: &str) -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let build = "self.crossOriginIsolated ? 'worker_fast_loader.js' : 'worker_loader.js'";
    let loader = format!("../{}", e2e::worker_folder());
    let script = format!("{first}\nawait import('{loader}' + ({build}));\n");
    std::fs::write(folder.path().join("worker.js"), script)?;
    Ok(folder)
}

/// Starts a worker whose GPU is watched. Its script lies in the site's folder `watched`.
pub(crate) async fn start<'a>(
    browser: &'a Browser,
    site: &Site,
) -> Result<WorkerLink<'a>> {
    let blank = site.url("blank.html");
    let link = WorkerLink::start_by(browser, &blank, "'watched/worker.js'").await?;
    browser.script(LISTEN, vec![]).await?;
    Ok(link)
}

/// Whether this browser has a device; a test that needs one is to be skipped without.
pub(crate) async fn has_gpu(browser: &Browser, site: &Site) -> Result<bool> {
    browser.goto(site.url("blank.html")).await?;
    let ask = "const [done] = arguments;
        const adapter = navigator.gpu?.requestAdapter() ?? Promise.resolve(null);
        adapter.then((adapter) => done(!!adapter), () => done(false));";
    let found = browser.execute_async(ask, vec![]).await?.json() == &Value::Bool(true);
    if !found {
        test_support::missing("this browser has no WebGPU, not even in software");
    }
    Ok(found)
}

/// Loads a model in a worker that a script of the site starts; returns what it says of itself, and
/// whether the device was given anything.
pub(crate) async fn load_by(
    browser: &Browser,
    site: &Site,
    script: &str,
    source: ModelSource,
    precision: Precision,
) -> Result<(ModelDescription, bool)> {
    let script = format!("'{script}/worker.js'");
    let blank = site.url("blank.html");
    let mut link = WorkerLink::start_by(browser, &blank, &script).await?;
    browser.script(LISTEN, vec![]).await?;
    let Event::Ready(model) = link.answer(1, Command::Load { source, precision }).await?
    else {
        bail!("no model")
    };
    Ok((model, submits(browser).await? > 0))
}

pub(crate) async fn load_demo(link: &mut WorkerLink<'_>) -> Result<ModelDescription> {
    let load = Command::Load { source: ModelSource::Demo, precision: Precision::Auto };
    match link.answer(1, load).await? {
        Event::Ready(model) => Ok(model),
        other => bail!("{other:?}"),
    }
}

pub(crate) fn text(length: u32, seed: u32) -> Vec<u32> {
    (0..length).map(|at| (at * at * 7 + 31 * at + seed) % 4000).collect()
}

/// ln p of all tokens after a text.
pub(crate) async fn whole(link: &mut WorkerLink<'_>, ids: &[u32]) -> Result<Vec<f64>> {
    let command = Command::LogProbabilities { ids: ids.to_vec() };
    match link.answer(50, command).await? {
        Event::LogProbabilities(all) => {
            let values = all.values().context("it is whole")?;
            Ok(values.into_iter().map(f64::from).collect())
        }
        other => bail!("{other:?}"),
    }
}

fn divergence(expected: &[f64], actual: &[f64]) -> f64 {
    expected.iter().zip(actual).map(|(p, q)| p.exp() * (p - q)).sum()
}

pub(crate) fn check_alike(expected: &[f64], actual: &[f64], what: &str) -> Result<()> {
    let apart = divergence(expected, actual);
    println!("{what}: {apart:.1e} nats");
    // Not `>`, which NaN would pass.
    ensure!(apart <= TOLERANCE, "{what}: {apart} nats");
    let top = |all: &[f64]| (0..all.len()).max_by(|a, b| all[*a].total_cmp(&all[*b]));
    ensure!(top(expected) == top(actual), "{what}: another token is on top");
    Ok(())
}

pub(crate) async fn submits(browser: &Browser) -> Result<u64> {
    // What was posted before has come then.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let count = browser.script("return submits;", vec![]).await?;
    count.as_u64().context("a count")
}

/// How often the device has been given something while it had nothing to do.
pub(crate) async fn waits(browser: &Browser) -> Result<u64> {
    submits(browser).await?;
    let count = browser.script("return waits;", vec![]).await?;
    count.as_u64().context("a count")
}

#[tokio::test]
async fn the_gpu_reads_long_texts_in_the_widest_build() -> Result<()> {
    reads_long_texts(Headers::Plain).await
}

#[tokio::test]
async fn the_gpu_reads_long_texts_in_the_fastest_build() -> Result<()> {
    reads_long_texts(Headers::Isolating).await
}

async fn reads_long_texts(headers: Headers) -> Result<()> {
    let folder = watched("")?;
    let site = Site::start("/", headers, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    // Without a name that asks for it, the worker has the processor read.
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    let model = load_demo(&mut link).await?;
    ensure!(model.prompts == PromptDevice::Same, "{model:?}");
    let long: Vec<u32> = [text(400, 0), text(30, 9), text(60, 5)].concat();
    let mut expected = Vec::new();
    for end in [400, 410, 490] {
        expected.push(whole(&mut link, &long[..end]).await?);
    }
    drop(link);

    let mut link = start(&browser, &site).await?;
    let model = load_demo(&mut link).await?;
    ensure!(model.prompts == PromptDevice::GpuContinues, "{model:?}");
    let loaded = submits(&browser).await?;
    ensure!(loaded > 0, "the device was not tried");
    // 400 tokens, then ten, then eighty.
    let events = link.ask(10, next(long[..400].to_vec(), settings())).await?;
    let progress = events.iter().filter(|event| matches!(event, Event::Progress(_)));
    ensure!(progress.count() >= 2, "{events:?}");
    let answer = distribution(events.last().context("an answer")?.clone())?;
    ensure!(answer.timings.prefill_tokens == 400, "{:?}", answer.timings);
    let first = submits(&browser).await?;
    ensure!(first > loaded, "the GPU read nothing");
    check_alike(&expected[0], &whole(&mut link, &long[..400]).await?, "by the GPU")?;
    check_alike(&expected[1], &whole(&mut link, &long[..410]).await?, "ten more")?;
    let second = submits(&browser).await?;
    ensure!(second > first, "ten tokens did not go to the GPU");
    check_alike(&expected[2], &whole(&mut link, &long).await?, "eighty more")?;
    ensure!(submits(&browser).await? > second, "eighty tokens did not go to the GPU");
    drop(link);
    browser.quit().await
}

#[tokio::test]
async fn a_stop_is_heard_while_the_gpu_reads() -> Result<()> {
    let folder = watched("")?;
    let site = Site::start("/", Headers::Plain, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let mut link = start(&browser, &site).await?;
    load_demo(&mut link).await?;
    let ids = text(300, 0);
    // The GPU has passes and does not answer.
    browser.script("gpu.postMessage({ halt: true });", vec![]).await?;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let before = submits(&browser).await?;
    link.send(20, next(ids.clone(), settings())).await?;
    let patience = Instant::now();
    while submits(&browser).await? == before {
        ensure!(patience.elapsed() < Duration::from_secs(20), "nothing is submitted");
    }
    stop(&mut link, RequestId(20)).await?;
    browser.script("gpu.postMessage({ halt: false });", vec![]).await?;
    let again = whole(&mut link, &ids).await?;
    drop(link);
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    load_demo(&mut link).await?;
    check_alike(&whole(&mut link, &ids).await?, &again, "after a stop")?;
    drop(link);
    browser.quit().await
}

#[tokio::test]
async fn a_gpu_that_is_lost_is_told_of_once_and_the_processor_reads_the_same_text()
-> Result<()> {
    let folder = watched("")?;
    let site = Site::start("/", Headers::Plain, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let ids = text(400, 0);
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    load_demo(&mut link).await?;
    let expected = whole(&mut link, &ids).await?;
    drop(link);
    for passes in [1, 3] {
        let mut link = start(&browser, &site).await?;
        load_demo(&mut link).await?;
        let lose = format!("gpu.postMessage({{ loseAfter: {passes} }});");
        browser.script(&lose, vec![]).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let events = link.ask(30, next(ids.clone(), settings())).await?;
        let told = Event::PromptsReadBy { device: PromptDevice::Failed };
        let times = events.iter().filter(|event| **event == told).count();
        ensure!(times == 1, "{events:?}");
        distribution(events.last().context("an answer")?.clone())?;
        check_alike(&expected, &whole(&mut link, &ids).await?, "after a loss")?;
        // It is not asked again, and the model says so.
        let before = submits(&browser).await?;
        distribution(link.answer(31, next(text(200, 7), settings())).await?)?;
        ensure!(submits(&browser).await? == before);
        let Event::Ready(model) = link.answer(32, Command::Describe).await? else {
            bail!("no description")
        };
        ensure!(model.prompts == PromptDevice::Failed, "{model:?}");
        drop(link);
    }
    browser.quit().await
}

#[tokio::test]
async fn a_gpu_that_computes_other_numbers_is_not_used() -> Result<()> {
    // One shader adds where it should multiply.
    let wrong = "
        const compile = GPUDevice.prototype.createShaderModule;
        GPUDevice.prototype.createShaderModule = function (descriptor) {
            const code = descriptor.code.replaceAll('1.0 / sqrt(', '0.9 / sqrt(');
            return compile.call(this, { ...descriptor, code });
        };";
    let folder = watched(wrong)?;
    let site = Site::start("/", Headers::Plain, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let mut link = start(&browser, &site).await?;
    let model = load_demo(&mut link).await?;
    ensure!(model.prompts == PromptDevice::WrongNumbers, "{model:?}");
    let tried = submits(&browser).await?;
    distribution(link.answer(40, next(text(200, 0), settings())).await?)?;
    // It is not tried again with the next model.
    let model = load_demo(&mut link).await?;
    ensure!(model.prompts == PromptDevice::WrongNumbers, "{model:?}");
    ensure!(submits(&browser).await? == tried);
    drop(link);
    browser.quit().await
}
