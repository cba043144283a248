//! Pages that ask for a GPU, and a real model whose prompts it reads.

use std::path::Path;

use accuracy::{Differences, Limits, Score};
use anyhow::{Context, Result, bail, ensure};
use e2e::{Browser, Headers, Page, Site, WorkerLink};
use protocol::{Command, Event, ModelSource, Precision, PromptDevice, ScoredToken};

use crate::gpu_prompts::{has_gpu, start, submits, watched};

/// Tokens of prose that the GPU reads with a real model: in software, it takes a minute or more for these.
const READ_TOKENS: usize = 96;

#[tokio::test]
async fn a_page_that_asks_for_a_gpu_shows_the_same_bars_and_says_who_reads() -> Result<()>
{
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let prompt =
        "The cat sat on the mat and looked at the bird in the old tree. ".repeat(16);
    let note = "document.querySelector('#model-build').textContent";
    let page = Page::open(&browser, &site.url("?device=cpu")).await?;
    page.start(&prompt).await?;
    let expected = page.rows().await?;
    let said = page.value(note).await?;
    ensure!(!said.to_string().contains("GPU"), "{said}");
    let page = Page::open(&browser, &site.url("?device=gpu")).await?;
    let said = page.value(note).await?;
    ensure!(
        said.to_string().contains("The GPU reads prompts and continues them"),
        "{said}"
    );
    page.start(&prompt).await?;
    let rows = page.rows().await?;
    ensure!(rows.len() == expected.len() && rows.len() >= 10, "{rows:?}");
    for (row, expected) in rows.iter().zip(&expected) {
        ensure!((row.p - expected.p).abs() <= 1e-3, "{row:?}, {expected:?}");
    }
    ensure!(rows[0].id == expected[0].id, "{rows:?}, {expected:?}");

    // It is switched off and on again in the model's menu; the text and its bars stay.
    page.open_menu().await?;
    page.click("#gpu-off").await?;
    page.until(&format!("!{note}.includes('GPU') && location.search === ''")).await?;
    page.click("#gpu-on").await?;
    page.until(&format!("{note}.includes('The GPU reads prompts and continues them')"))
        .await?;
    let pressed = "[...document.querySelectorAll('#gpu-use button')]
        .map((button) => button.ariaPressed).join()";
    ensure!(page.value(pressed).await? == "false,false,true");
    ensure!(page.value("location.search").await? == "?device=gpu");
    page.settled().await?;
    let again = page.rows().await?;
    ensure!(again.len() == rows.len() && again[0].id == rows[0].id, "{again:?}");
    browser.quit().await
}

#[tokio::test]
async fn a_page_that_asks_for_a_gpu_where_there_is_none_says_so_and_works() -> Result<()>
{
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    browser.goto(site.url("blank.html")).await?;
    // Not by `await`: a script of a driver is no asynchronous function in every browser.
    let ask =
        "return Promise.resolve(navigator.gpu?.requestAdapter()).then((gpu) => !!gpu);";
    if browser.script(ask, vec![]).await? == true {
        test_support::skip("this browser has a GPU");
        return browser.quit().await;
    }
    let page = Page::open(&browser, &site.url("?device=gpu")).await?;
    let note = "document.querySelector('#model-build').textContent";
    let said = page.value(note).await?;
    ensure!(said.to_string().contains("this browser offers none"), "{said}");
    page.start("The cat sat on the").await?;
    ensure!(page.rows().await?.len() >= 10);
    browser.quit().await
}

#[tokio::test]
#[ignore = "takes minutes on a device in software; run it by its name"]
async fn a_real_model_whose_prompts_the_gpu_reads_keeps_its_probabilities_and_entropies()
-> Result<()> {
    let Some(reference) = test_support::data("smollm2/real-model-reference.json") else {
        return Ok(());
    };
    let Some(file) = test_support::real_model() else { return Ok(()) };
    let file = file.canonicalize()?;
    let reference = accuracy::Reference::read(&reference)?;
    let lies_in: &Path = file.parent().context("a file lies in a folder")?;
    let folder = watched("")?;
    let folders = [("watched", folder.path()), ("real", lies_in)];
    let site = Site::start("/", Headers::Isolating, &folders).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    let mut link = start(&browser, &site).await?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let source = ModelSource::Address { url: site.url(&format!("real/{name}")) };
    let load = Command::Load { source, precision: Precision::Auto };
    // A device in software takes minutes for what a real one does in a moment.
    let loaded = link.ask_quietly(1, load.clone()).await?.pop();
    let Some(Event::Ready(model)) = loaded else { bail!("{loaded:?}") };
    ensure!(model.prompts == PromptDevice::GpuContinues, "{model:?}");
    let tried = submits(&browser).await?;
    let ids = &reference.text.ids[..READ_TOKENS];
    let command = Command::Score { ids: ids.to_vec() };
    let scored = link.ask_quietly(3, command.clone()).await?.pop();
    let Some(Event::Scored { tokens, .. }) = scored else { bail!("{scored:?}") };
    ensure!(submits(&browser).await? > tried, "the GPU read nothing");
    let found = differences(&tokens, &reference.text.score);
    println!("read by the GPU: {found}");
    drop(link);

    // Its keys and values are in f16, those of the processor in 16 bits with a scale for each
    // vector: ranks of improbable tokens change more often.
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    let loaded = link.ask_quietly(1, load).await?.pop();
    ensure!(matches!(loaded, Some(Event::Ready(_))), "{loaded:?}");
    let scored = link.ask_quietly(3, command).await?.pop();
    let Some(Event::Scored { tokens, .. }) = scored else { bail!("{scored:?}") };
    let own = differences(&tokens, &reference.text.score);
    println!("read by the processor: {own}");
    drop(link);
    let Limits { mean_probability, mean_entropy_bits, .. } = accuracy::PRECISE;
    ensure!(found.mean_probability <= mean_probability, "{found}");
    ensure!(found.mean_entropy_bits <= mean_entropy_bits, "{found}");
    ensure!(found.same_rank >= own.same_rank - 0.12, "{found}, {own}");
    browser.quit().await
}

/// How far scores are from those of the reference.
fn differences(tokens: &[ScoredToken], expected: &[Score]) -> Differences {
    let scores = tokens.iter().filter_map(|token| token.score.map(Score::from));
    let scores: Vec<Score> = scores.collect();
    Differences::between(&scores, &expected[..READ_TOKENS - 1])
}
