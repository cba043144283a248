//! Models whose blocks are on the browser's GPU and in storage, not in the worker's memory: the
//! answers are those of the processor. Here the GPU is one in software.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use e2e::{Browser, Headers, Link, Site, WorkerLink};
use protocol::{
    Command, Event, ModelDescription, ModelSource, Precision, PromptDevice, RequestId,
};

use crate::gpu_continues::{DRAWN, check_tokens, drawn, generate};
use crate::gpu_prompts::{check_alike, has_gpu, start, started_by, submits, text, whole};
use crate::inspections::inspects_predictions;
use crate::questions::{settings, stop};
use crate::worker_memory;

/// What the worker runs before it starts.
const WATCH: &str = include_str!("gpu_watch.js");
const STREAM: &str = include_str!("gpu_streams.js");

/// Less than the demo model's weights, in KiB.
const ROOM: u32 = 64;

/// A folder with a script that starts a worker which has room for so many KiB of weights, and loses
/// its device with a write to a buffer.
pub(crate) fn streaming(
    room: u32,
    lose_at: u32,
    small: bool,
) -> Result<tempfile::TempDir> {
    let known = format!("const [ROOM, LOSE_AT, SMALL] = [{room}, {lose_at}, {small}];");
    let memory = worker_memory::WATCH.replace("const channel", "const of_memory");
    let memory = memory.replace("channel.", "of_memory.");
    started_by(&format!("{known}\n{memory}\n{WATCH}\n{STREAM}"))
}

pub(crate) async fn load(
    link: &mut WorkerLink<'_>,
    id: u32,
    source: ModelSource,
) -> Result<ModelDescription> {
    let load = Command::Load { source, precision: Precision::Auto };
    match link.ask_quietly(id, load).await?.pop() {
        Some(Event::Ready(model)) => Ok(model),
        other => bail!("{other:?}"),
    }
}

#[tokio::test]
async fn blocks_that_only_the_gpu_has_are_computed_as_by_the_processor_in_the_widest_build()
-> Result<()> {
    streams(Headers::Plain).await
}

#[tokio::test]
async fn blocks_that_only_the_gpu_has_are_computed_as_by_the_processor_in_the_fastest_build()
-> Result<()> {
    streams(Headers::Isolating).await
}

async fn streams(headers: Headers) -> Result<()> {
    let folder = streaming(ROOM, 0, true)?;
    let site = Site::start("/", headers, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    load(&mut link, 1, ModelSource::Demo).await?;
    let ids = text(200, 0);
    let expected = whole(&mut link, &ids).await?;
    let of_processor = link.ask(3, generate(&ids[..40], DRAWN)).await?;
    drop(link);

    let mut link = start(&browser, &site).await?;
    let model = load(&mut link, 1, ModelSource::Demo).await?;
    ensure!(model.prompts == PromptDevice::GpuAlone, "{model:?}");
    let tried = submits(&browser).await?;
    check_alike(&expected, &whole(&mut link, &ids).await?, "by the GPU alone")?;
    let events = link.ask(3, generate(&ids[..40], DRAWN)).await?;
    check_tokens(&events, &of_processor, "by the GPU alone")?;
    let passes = submits(&browser).await? - tried;
    let tokens = drawn(&events).len();
    ensure!(passes >= tokens as u64, "{passes} passes for {tokens} tokens");
    // Short texts, too, and those that were written by someone else.
    let before = submits(&browser).await?;
    whole(&mut link, &text(3, 77)).await?;
    ensure!(submits(&browser).await? > before, "the GPU did not read three tokens");
    // What the processor does with the blocks, it does from storage.
    let verify = Command::Verify { ids: ids.clone(), candidates: 20 };
    let Event::Verified(verified) = link.answer(4, verify).await? else {
        bail!("it was not verified")
    };
    println!("against candle: {:.1e} nats", verified.divergence_nats);
    ensure!(verified.divergence_nats <= 1e-3, "{verified:?}");
    let texts = ["a dog".into(), "the park".into()].into();
    let words = Command::LookUp { ids: ids[..20].to_vec(), texts, settings: settings() };
    let found = link.answer(5, words).await?;
    ensure!(matches!(found, Event::LookedUp(_)), "{found:?}");
    if headers == Headers::Isolating {
        inspects_predictions(&mut link).await?;
    }
    // Another load takes the place of it, and its file is gone.
    let model = load(&mut link, 6, ModelSource::Demo).await?;
    ensure!(model.prompts == PromptDevice::GpuAlone, "{model:?}");
    check_alike(&expected, &whole(&mut link, &ids).await?, "loaded again")?;
    drop(link);
    browser.quit().await
}

#[tokio::test]
async fn a_gpu_that_is_lost_costs_no_text_although_only_it_had_the_blocks() -> Result<()>
{
    let folder = streaming(ROOM, 0, false)?;
    let site = Site::start("/", Headers::Plain, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    load(&mut link, 1, ModelSource::Demo).await?;
    let ids = text(60, 4);
    let expected = link.ask(3, generate(&ids, DRAWN)).await?;
    drop(link);
    // While the text is read, and while it is continued.
    for passes in [1, 9] {
        let mut link = start(&browser, &site).await?;
        let model = load(&mut link, 1, ModelSource::Demo).await?;
        ensure!(model.prompts == PromptDevice::GpuAlone, "{model:?}");
        let lose = format!("gpu.postMessage({{ loseAfter: {passes} }});");
        browser.script(&lose, vec![]).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let events = link.ask(30, generate(&ids, DRAWN)).await?;
        check_tokens(&events, &expected, "after a loss")?;
        let told = Event::PromptsReadBy { device: PromptDevice::FailedAlone };
        let times = events.iter().filter(|event| **event == told).count();
        ensure!(times == 1, "told {times} times");
        drop(link);
    }
    browser.quit().await
}

#[tokio::test]
async fn a_gpu_that_is_lost_while_it_gets_the_blocks_leaves_the_model_to_the_processor()
-> Result<()> {
    let folder = streaming(ROOM, 20, false)?;
    let site = Site::start("/", Headers::Plain, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let mut link = start(&browser, &site).await?;
    let model = load(&mut link, 1, ModelSource::Demo).await?;
    ensure!(model.prompts == PromptDevice::TooLarge, "{model:?}");
    ensure!(drawn(&link.ask(3, generate(&text(60, 4), 5)).await?).len() == 5);
    drop(link);
    browser.quit().await
}

#[tokio::test]
async fn a_stop_is_heard_while_the_gpu_gets_the_blocks() -> Result<()> {
    let folder = streaming(ROOM, 0, false)?;
    let site = Site::start("/", Headers::Plain, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let mut link = start(&browser, &site).await?;
    browser.script("gpu.postMessage({ halt: true });", vec![]).await?;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let source = ModelSource::Demo;
    link.send(20, Command::Load { source, precision: Precision::Auto }).await?;
    // Packed and read by now; it waits for the device to take it.
    tokio::time::sleep(Duration::from_secs(4)).await;
    stop(&mut link, RequestId(20)).await?;
    browser.script("gpu.postMessage({ halt: false });", vec![]).await?;
    let model = load(&mut link, 22, ModelSource::Demo).await?;
    ensure!(model.prompts == PromptDevice::GpuAlone, "{model:?}");
    drop(link);
    browser.quit().await
}
