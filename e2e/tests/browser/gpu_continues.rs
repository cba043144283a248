//! Texts that the browser's GPU also continues, token by token: the tokens are those of the
//! processor, whatever happens to the GPU. Here it is one in software.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use e2e::{Browser, Headers, Link, Site, WorkerLink};
use protocol::{
    Command, Distribution, Event, ModelSource, Precision, PromptDevice, RequestId,
    TokenizeOptions,
};

use crate::gpu_prompts::{has_gpu, start, submits, watched};
use crate::questions::{next, settings, stop};

/// Tokens that are drawn.
pub(crate) const DRAWN: u32 = 24;

/// Loads the demo model, and returns the tokens of a story's beginning.
pub(crate) async fn load_demo(
    link: &mut WorkerLink<'_>,
    device: PromptDevice,
) -> Result<Vec<u32>> {
    let load = Command::Load { source: ModelSource::Demo, precision: Precision::Auto };
    let Event::Ready(model) = link.answer(1, load).await? else { bail!("no model") };
    ensure!(model.prompts == device, "{model:?}");
    let text = "Once upon a time, there was a little girl named Anna. She had a dog and a \
                red ball. One day, Anna and her dog went to the park to play. They saw";
    let command =
        Command::Tokenize { text: text.into(), options: TokenizeOptions::default() };
    let Event::Tokenized { tokens } = link.answer(2, command).await? else {
        bail!("no tokens")
    };
    Ok(tokens.into_iter().map(|token| token.id).collect())
}

pub(crate) fn generate(ids: &[u32], max_new_tokens: u32) -> Command {
    let (ids, settings) = (ids.to_vec(), settings());
    Command::Generate { ids, settings, max_new_tokens, candidates: 10 }
}

pub(crate) fn drawn(events: &[Event]) -> Vec<&Distribution> {
    let tokens = events.iter().filter_map(|event| match event {
        Event::Token(distribution) => Some(distribution),
        _ => None,
    });
    tokens.collect()
}

pub(crate) fn check_tokens(
    actual: &[Event],
    expected: &[Event],
    what: &str,
) -> Result<()> {
    let (actual, expected) = (drawn(actual), drawn(expected));
    ensure!(actual.len() == expected.len(), "{what}: {} tokens", actual.len());
    ensure!(!actual.is_empty(), "{what}: nothing was drawn");
    for (at, (one, other)) in actual.iter().zip(&expected).enumerate() {
        let (drawn, wanted) = (one.sampled.token.id, other.sampled.token.id);
        ensure!(drawn == wanted, "{what}, token {at}: {drawn} instead of {wanted}");
        for (one, other) in one.candidates.iter().zip(&other.candidates) {
            let off = (one.probability - other.probability).abs();
            ensure!(off <= 1e-3, "{what}, token {at}: {one:?}, {other:?}");
        }
    }
    Ok(())
}

/// The tokens that the processor alone draws.
async fn expected(browser: &Browser, site: &Site) -> Result<Vec<Event>> {
    let mut link = WorkerLink::start(browser, &site.url("blank.html")).await?;
    let ids = load_demo(&mut link, PromptDevice::Same).await?;
    let events = link.ask(3, generate(&ids, DRAWN)).await?;
    ensure!(drawn(&events).len() == DRAWN as usize, "the text ends too early");
    Ok(events)
}

#[tokio::test]
async fn the_gpu_draws_the_tokens_of_the_processor_in_the_widest_build() -> Result<()> {
    continues(Headers::Plain).await
}

#[tokio::test]
async fn the_gpu_draws_the_tokens_of_the_processor_in_the_fastest_build() -> Result<()> {
    continues(Headers::Isolating).await
}

async fn continues(headers: Headers) -> Result<()> {
    let folder = watched("")?;
    let site = Site::start("/", headers, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let expected = expected(&browser, &site).await?;
    let mut link = start(&browser, &site).await?;
    let prompt = load_demo(&mut link, PromptDevice::GpuContinues).await?;
    let before = submits(&browser).await?;
    let events = link.ask(3, generate(&prompt, DRAWN)).await?;
    check_tokens(&events, &expected, "by the GPU")?;
    // The last token that is drawn is not read.
    let passes = submits(&browser).await? - before;
    ensure!(passes >= u64::from(DRAWN), "{passes} passes");
    // The processor goes on from what the GPU has written.
    let drawn: Vec<u32> =
        drawn(&events).iter().map(|token| token.sampled.token.id).collect();
    let ids = [prompt, drawn].concat();
    let verify = Command::Verify { ids: ids[..ids.len() - 1].to_vec(), candidates: 20 };
    let Event::Verified(verified) = link.answer(4, verify).await? else {
        bail!("it was not verified")
    };
    println!("against candle: {:.1e} nats", verified.divergence_nats);
    ensure!(verified.divergence_nats <= 1e-3, "{verified:?}");
    drop(link);
    browser.quit().await
}

#[tokio::test]
async fn a_stop_is_heard_while_the_gpu_computes_a_token() -> Result<()> {
    let folder = watched("")?;
    let site = Site::start("/", Headers::Plain, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let mut link = start(&browser, &site).await?;
    let prompt = load_demo(&mut link, PromptDevice::GpuContinues).await?;
    let before = submits(&browser).await?;
    link.send(20, generate(&prompt, 400)).await?;
    let patience = Instant::now();
    while submits(&browser).await? < before + 8 {
        ensure!(patience.elapsed() < Duration::from_secs(60), "nothing is submitted");
    }
    // Now it has a token and does not answer.
    browser.script("gpu.postMessage({ halt: true });", vec![]).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop(&mut link, RequestId(20)).await?;
    browser.script("gpu.postMessage({ halt: false });", vec![]).await?;
    let answer = link.answer(22, next(prompt, settings())).await?;
    ensure!(matches!(answer, Event::Distribution(_)), "{answer:?}");
    drop(link);
    browser.quit().await
}

#[tokio::test]
async fn a_gpu_that_is_lost_between_two_tokens_costs_none() -> Result<()> {
    let folder = watched("")?;
    let site = Site::start("/", Headers::Plain, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let expected = expected(&browser, &site).await?;
    // With the passes that it reads ahead, some tokens have come before each of these.
    for passes in [8, 9, 15] {
        let mut link = start(&browser, &site).await?;
        let prompt = load_demo(&mut link, PromptDevice::GpuContinues).await?;
        let lose = format!("gpu.postMessage({{ loseAfter: {passes} }});");
        browser.script(&lose, vec![]).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let events = link.ask(30, generate(&prompt, DRAWN)).await?;
        check_tokens(&events, &expected, "after a loss")?;
        let told = Event::PromptsReadBy { device: PromptDevice::Failed };
        let times = events.iter().filter(|event| **event == told).count();
        ensure!(times == 1, "told {times} times");
        let first = events.iter().position(|event| *event == told).context("told")?;
        let before = events[..first].iter();
        let tokens = before.filter(|event| matches!(event, Event::Token(_))).count();
        ensure!(tokens > 0, "it was lost before the first token");
        drop(link);
    }
    browser.quit().await
}

#[tokio::test]
async fn a_gpu_that_is_wrong_with_single_tokens_only_is_not_used() -> Result<()> {
    let wrong = "
        const compile = GPUDevice.prototype.createShaderModule;
        GPUDevice.prototype.createShaderModule = function (descriptor) {
            let { code } = descriptor;
            // Not in the output head, which has one token in every check.
            if (code.includes('fn block_product(') && code.includes('out[at] += result')) {
                code = code.replaceAll('second += dot(', 'second += 0.9 * dot(');
            }
            return compile.call(this, { ...descriptor, code });
        };";
    let folder = watched(wrong)?;
    let site = Site::start("/", Headers::Plain, &[("watched", folder.path())]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let mut link = start(&browser, &site).await?;
    load_demo(&mut link, PromptDevice::WrongNumbers).await?;
    drop(link);
    browser.quit().await
}
