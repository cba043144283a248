//! A real model, SmolLM2-135M-Instruct in Q4_1, opened as a person opens a file of the device,
//! and its numbers against what transformers says in f32; in both builds of the worker.

use std::path::Path;

use accuracy::{Differences, PRECISE, Reference, Score};
use anyhow::{Context, Result, anyhow, bail, ensure};
use e2e::{Browser, Headers, Link, Page, Site, WorkerLink};
use protocol::{Command, Event, ModelSource, Precision, SamplerSettings};
use test_support::{data, real_model};
use thirtyfour::prelude::*;

use crate::hub_pages::NAME;

/// How far a probability that the page shows may be from f32.
const TOLERANCE: f64 = 0.002;

#[tokio::test]
async fn the_widest_build_is_as_precise_on_a_real_model_as_the_page_says() -> Result<()> {
    check(Headers::Plain).await
}

#[tokio::test]
async fn the_fastest_build_is_as_precise_on_a_real_model_as_the_page_says() -> Result<()>
{
    check(Headers::Isolating).await
}

/// Checks the build that these headers allow, and that it is that build.
async fn check(headers: Headers) -> Result<()> {
    let Some(reference) = data("smollm2/real-model-reference.json") else {
        return Ok(());
    };
    let Some(file) = real_model() else { return Ok(()) };
    let file = file.canonicalize()?;
    let reference = Reference::read(&reference)?;
    let folder = file.parent().context("a file lies in a folder")?;
    let site = Site::start("/", headers, &[("real", folder)]).await;
    let browser = Browser::start().await?;
    let build = match headers {
        Headers::Plain => {
            // They would isolate the page.
            browser.without_service_workers().await?;
            "WebAssembly, SIMD"
        }
        Headers::Isolating => browser.fastest_build().await?,
    };
    on_the_page(&browser, &site, &file, &reference).await?;
    in_the_worker(&browser, &site, &file, &reference, build).await?;
    browser.quit().await
}

/// A person opens the file, looks at a distribution and asks in the chat.
async fn on_the_page(
    browser: &Browser,
    site: &Site,
    file: &Path,
    reference: &Reference,
) -> Result<()> {
    let page = Page::open(browser, &site.url("")).await?;
    page.open_models().await?;
    let input = browser.find(By::Css("#model-files")).await?;
    input.send_keys(file.display().to_string()).await?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    page.until(&format!("{NAME} === {name:?}")).await?;
    page.settled().await?;
    let france = &reference.prompts[0];
    page.start(&france.text).await?;
    let rows = page.rows().await?;
    ensure!(rows.len() == 10, "{rows:?}");
    for (row, top) in rows.iter().zip(&france.next.top) {
        let top_p = france.next.top.iter().find(|top| u64::from(top.id) == row.id);
        let top_p = top_p.with_context(|| format!("{row:?} instead of {top:?}"))?;
        ensure!((row.p - top_p.probability).abs() <= TOLERANCE, "{row:?}, {top_p:?}");
    }
    println!("\" Paris\" {:.5}", rows[0].p);
    PRECISE.check_paris(rows[0].p).map_err(|wrong| anyhow!(wrong))?;
    page.click("#tab-chat").await?;
    page.set("#chat-temperature", 0.0).await?;
    page.say("What is the capital of France?").await?;
    let reply = page.text("#chat-log .reply-text").await?;
    ensure!(reply.contains("Paris"), "{reply}");
    Ok(())
}

/// The worker scores prose and gives the distributions of all prompts.
async fn in_the_worker(
    browser: &Browser,
    site: &Site,
    file: &Path,
    reference: &Reference,
    build: &str,
) -> Result<()> {
    let mut link = WorkerLink::start(browser, &site.url("blank.html")).await?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let source = ModelSource::Address { url: site.url(&format!("real/{name}")) };
    let load = Command::Load { source, precision: Precision::Auto };
    let model = match link.answer(1, load).await? {
        Event::Ready(model) => model,
        other => bail!("{other:?}"),
    };
    ensure!(model.device == build, "{model:?}");
    for prompt in &reference.prompts {
        let command = Command::NextToken {
            ids: prompt.ids.clone(),
            settings: SamplerSettings::default(),
            candidates: 1,
            watch: prompt.next.top.iter().map(|top| top.id).collect(),
        };
        let Event::Distribution(next) = link.answer(2, command).await? else {
            bail!("no distribution after {:?}", prompt.text)
        };
        for (actual, top) in next.watched.iter().zip(&prompt.next.top) {
            let difference = f64::from(actual.probability) - top.probability;
            ensure!(difference.abs() <= TOLERANCE, "{actual:?}, {top:?}");
        }
        ensure!(next.greedy == prompt.next.top[0].id, "{:?}", prompt.text);
    }
    let command = Command::Score { ids: reference.text.ids.clone() };
    let Event::Scored { tokens, .. } = link.answer(3, command).await? else {
        bail!("no scores")
    };
    let scores: Vec<Score> =
        tokens.iter().filter_map(|token| token.score.map(Score::from)).collect();
    let found = Differences::between(&scores, &reference.text.score);
    println!("{build}: {found}");
    PRECISE.check(&found).map_err(|far| anyhow!(far))
}
