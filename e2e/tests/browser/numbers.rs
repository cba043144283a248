//! The wasm build in a real browser computes what the native build computes: the same
//! references, through the worker.

use anyhow::{Context, Result, bail, ensure};
use e2e::{Browser, Headers, Link, ModelFolder, Site, WorkerLink};
use protocol::{
    Command, Event, ModelDescription, ModelSource, Precision, SamplerSettings,
};
use random_model::{Kind, Shape};
use serde::Deserialize;
use test_support::data;

use crate::worker_memory::before;

/// Greedy ids from the start on that must be the same in 8 bits as in f32; natively, all 100
/// are.
const SAME_IDS_IN_8_BITS: usize = 50;

#[derive(Deserialize)]
struct Reference {
    greedy_ids_100: Vec<u32>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    pos: usize,
    entropy_nats: f64,
    top10: Vec<Top>,
}

#[derive(Deserialize)]
struct Top {
    id: u32,
    logit: f64,
}

fn greedy() -> SamplerSettings {
    SamplerSettings { temperature: 0.0, ..SamplerSettings::default() }
}

fn load(folder: &str, precision: Precision) -> Command {
    let source = ModelSource::Address { url: format!("{folder}/") };
    Command::Load { source, precision }
}

async fn expect_ready(
    link: &mut impl Link,
    command: Command,
) -> Result<ModelDescription> {
    match link.answer(1, command).await? {
        Event::Ready(model) => Ok(model),
        other => bail!("{other:?}"),
    }
}

#[tokio::test]
async fn the_widest_build_gives_the_numbers_of_the_float64_reference() -> Result<()> {
    stories(Headers::Plain, None).await
}

#[tokio::test]
async fn the_fastest_build_gives_the_numbers_of_the_float64_reference() -> Result<()> {
    stories(Headers::Isolating, None).await
}

#[tokio::test]
async fn so_does_the_fastest_build_in_a_browser_without_relaxed_simd() -> Result<()> {
    stories(Headers::Isolating, Some("WebAssembly.validate = () => false;")).await
}

/// Checks stories260K through the build that these headers allow, and that it is that build. A
/// script takes away from the worker what the browser has: relaxed SIMD.
async fn stories(headers: Headers, without: Option<&str>) -> Result<()> {
    let Some(folder) = data("models/stories260K") else { return Ok(()) };
    let json = std::fs::read(folder.join("reference.json"))?;
    let reference: Reference = serde_json::from_slice(&json)?;
    let script = before(without.unwrap_or_default())?;
    let folders = [("stories", folder.as_path()), ("before", script.path())];
    let site = Site::start("/", headers, &folders).await;
    let browser = Browser::start().await?;
    let blank = site.url("blank.html");
    let mut link = match without {
        Some(_) => WorkerLink::start_by(&browser, &blank, "'before/worker.js'").await?,
        None => WorkerLink::start(&browser, &blank).await?,
    };
    let build = match (headers, without) {
        (Headers::Plain, _) => "WebAssembly, SIMD",
        (Headers::Isolating, Some(_)) => "WebAssembly, SIMD and threads",
        (Headers::Isolating, None) => browser.fastest_build().await?,
    };

    let model = expect_ready(&mut link, load("stories", Precision::F32)).await?;
    ensure!(model.device == build, "{model:?}");
    let command = Command::Generate {
        ids: vec![1],
        settings: greedy(),
        max_new_tokens: 100,
        candidates: 10,
    };
    let events = link.ask(2, command).await?;
    let steps: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Token(distribution) => Some(distribution),
            _ => None,
        })
        .collect();
    let ids: Vec<u32> = steps.iter().map(|step| step.sampled.token.id).collect();
    ensure!(ids == reference.greedy_ids_100, "{ids:?}");
    ensure!(!reference.steps.is_empty(), "the reference has no steps");
    for step in &reference.steps {
        let actual = steps[step.pos];
        ensure!(actual.candidates.len() == 10 && step.top10.len() == 10);
        for (candidate, top) in actual.candidates.iter().zip(&step.top10) {
            ensure!(candidate.token.id == top.id, "step {}", step.pos);
            ensure!((f64::from(candidate.logit) - top.logit).abs() < 1e-3);
        }
        let nats = f64::from(actual.entropy_bits) * std::f64::consts::LN_2;
        ensure!((nats - step.entropy_nats).abs() < 1e-3);
    }

    expect_ready(&mut link, load("stories", Precision::Q8)).await?;
    let command = Command::Generate {
        ids: vec![1],
        settings: greedy(),
        max_new_tokens: 100,
        candidates: 1,
    };
    let events = link.ask(3, command).await?;
    let same = events.iter().zip(&reference.greedy_ids_100).take_while(
        |(event, id)| matches!(event, Event::Token(d) if d.sampled.token.id == **id),
    );
    let same = same.count();
    ensure!(
        same >= SAME_IDS_IN_8_BITS,
        "in 8 bits, only the first {same} ids are the same"
    );
    drop(link);
    browser.quit().await
}

#[tokio::test]
async fn in_the_browser_tokenizers_give_the_ids_of_llama_cpp() -> Result<()> {
    let browser = Browser::start().await?;
    for (name, vocab_size) in [("gpt-2", 50_257), ("starcoder", 49_152)] {
        let Some(folder) = data(&format!("tokenizers/{name}")) else { return Ok(()) };
        // The smallest model that can have this vocabulary.
        let shape = Shape {
            hidden_size: 8,
            intermediate_size: 8,
            num_hidden_layers: 1,
            num_attention_heads: 1,
            num_key_value_heads: 1,
            vocab_size,
            max_position_embeddings: 64,
        };
        let mut files = random_model::files(&shape, Kind::Base, 1);
        files.tokenizer = std::fs::read(folder.join("tokenizer.json"))?;
        files.tokenizer_config = b"{}".to_vec();
        let model = ModelFolder::new(&files);
        let site = Site::start("/", Headers::Plain, &[("model", model.path())]).await;
        let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
        expect_ready(&mut link, load("model", Precision::F32)).await?;

        let inputs = std::fs::read_to_string(folder.join("cases.inp"))?;
        let outputs = std::fs::read_to_string(folder.join("cases.out"))?;
        let texts: Vec<&str> = inputs.split("\n__ggml_vocab_test__\n").collect();
        let mut passed = 0;
        for (text, line) in texts.iter().zip(outputs.lines()) {
            let expected: Vec<u32> =
                line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
            let command =
                Command::Tokenize { text: (*text).into(), options: Default::default() };
            let Event::Tokenized { tokens } = link.answer(9, command).await? else {
                bail!("no tokens for {text:?}")
            };
            let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
            ensure!(ids == expected, "{name}: {text:?}");
            let bytes: Vec<u8> =
                tokens.iter().flat_map(|token| token.bytes.clone()).collect();
            ensure!(bytes == text.as_bytes(), "{name}: {text:?} does not join back");
            passed += 1;
        }
        ensure!(passed == 46, "{name}: {passed} of 46 cases");
    }
    browser.quit().await.context("the browser ended by itself")
}
