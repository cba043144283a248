//! Larger models whose blocks are on the browser's GPU and in storage, and how much of the worker's
//! memory they take.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use e2e::{Browser, Headers, Site, WorkerLink};
use protocol::{Command, Event, ModelSource, PromptDevice};
use random_model::{Quantisation, Shape};

use crate::gpu_prompts::{check_alike, has_gpu, start};
use crate::gpu_streams::{load, streaming};

/// How large the memories of WebAssembly in the worker are, which never shrink, in bytes.
async fn memory(browser: &Browser) -> Result<u64> {
    let ask = "const [done] = arguments;
        const channel = new BroadcastChannel('memory');
        channel.onmessage = ({ data }) => done(data);
        channel.postMessage('tell');";
    let answer = browser.execute_async(ask, vec![]).await?;
    answer.json().as_u64().context("a number of bytes")
}

/// Blocks of 50 million weights with a small vocabulary: more would take a device in software too
/// long.
fn of_blocks() -> Shape {
    Shape {
        hidden_size: 512,
        intermediate_size: 2048,
        num_hidden_layers: 13,
        num_attention_heads: 8,
        num_key_value_heads: 2,
        vocab_size: 300,
        ..Shape::tiny()
    }
}

/// A vocabulary of which the embedding is more than a device has to bind at once.
fn of_words() -> Shape {
    Shape { hidden_size: 512, vocab_size: 280_000, ..Shape::tiny() }
}

#[tokio::test]
#[ignore = "makes models of 210 MB and runs them on a device in software; run it by its name, with --nocapture, to measure"]
async fn large_models_on_a_device_with_the_least_limits_take_little_of_the_memory()
-> Result<()> {
    let models = tempfile::tempdir()?;
    for (name, shape, kind) in [
        ("words", of_words(), Quantisation::Q8_0),
        ("blocks", of_blocks(), Quantisation::Q8_0),
    ] {
        let mut bytes = Vec::new();
        random_model::write_gguf(&shape, kind, 3, &mut bytes)?;
        std::fs::write(models.path().join(format!("{name}.gguf")), bytes)?;
    }
    let streamed = streaming(16 << 10, 0, true)?;
    // As many as there are.
    let in_memory = streaming(u32::MAX, 0, true)?;
    let folders = [
        ("watched", streamed.path()),
        ("in-memory", in_memory.path()),
        ("models", models.path()),
    ];
    let site = Site::start("/", Headers::Isolating, &folders).await;
    let browser = Browser::start_with_gpu().await?;
    if !has_gpu(&browser, &site).await? {
        return browser.quit().await;
    }
    browser.set_script_timeout(Duration::from_secs(600)).await?;
    let ids: Vec<u32> = (0..30).map(|at| (at * at * 7 + 31 * at) % 200).collect();
    for name in ["blocks", "words"] {
        let source =
            || ModelSource::Address { url: site.url(&format!("models/{name}.gguf")) };
        let size = std::fs::metadata(models.path().join(format!("{name}.gguf")))?.len();
        let mut link = start(&browser, &site).await?;
        let begin = Instant::now();
        let model = load(&mut link, 1, source()).await?;
        let first = begin.elapsed();
        ensure!(model.prompts == PromptDevice::GpuAlone, "{model:?}");
        let streamed = memory(&browser).await?;
        let found = whole_quietly(&mut link, &ids).await?;
        drop(link);
        // Out of storage.
        let mut link = start(&browser, &site).await?;
        let begin = Instant::now();
        let model = load(&mut link, 1, source()).await?;
        let again = begin.elapsed();
        ensure!(model.prompts == PromptDevice::GpuAlone, "{model:?}");
        let read = memory(&browser).await?;
        check_alike(&found, &whole_quietly(&mut link, &ids).await?, "from storage")?;
        drop(link);

        let blank = site.url("blank.html");
        let script = "'in-memory/worker.js'";
        let mut link = WorkerLink::start_by(&browser, &blank, script).await?;
        let model = load(&mut link, 1, source()).await?;
        ensure!(model.prompts == PromptDevice::GpuContinues, "{model:?}");
        let whole_model = memory(&browser).await?;
        let mb = |bytes: u64| bytes / 1_000_000;
        println!(
            "{name}, {} MB: memory of WebAssembly {} MB when packed, {} MB from storage, {} MB \
             with the model in memory; loaded in {first:.1?} and {again:.1?}",
            mb(size),
            mb(streamed),
            mb(read),
            mb(whole_model),
        );
        check_alike(&found, &whole_quietly(&mut link, &ids).await?, "in memory")?;
        drop(link);
        if name == "blocks" {
            let more = whole_model.saturating_sub(streamed.max(read));
            ensure!(more > size / 2, "{streamed}, {read}, {whole_model} bytes");
        }
    }
    browser.quit().await
}

/// As [`whole`], of an engine that takes long.
async fn whole_quietly(link: &mut WorkerLink<'_>, ids: &[u32]) -> Result<Vec<f64>> {
    let command = Command::LogProbabilities { ids: ids.to_vec() };
    match link.ask_quietly(50, command).await?.pop() {
        Some(Event::LogProbabilities(all)) => {
            let values = all.values().context("it is whole")?;
            Ok(values.into_iter().map(f64::from).collect())
        }
        other => bail!("{other:?}"),
    }
}
