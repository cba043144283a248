//! The engine in headless Chromium, through the worker of the built site.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use e2e::{Browser, Headers, Link, Site, WorkerLink};
use protocol::{
    Command, Event, ModelSource, Precision, PromptDevice, SamplerSettings, Timings,
};

use crate::native::precision;
use crate::report::Measured;
use crate::workload::{Gpu, Workload};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A GGUF file
    #[arg(long)]
    pub(crate) model: PathBuf,
    /// 1: without the headers that threads need; more: as many as the browser has processors
    #[arg(long, default_value_t = 2)]
    pub(crate) threads: u32,
    /// Tokens in the prompt
    #[arg(long, default_value_t = 128)]
    pub(crate) prompt: u32,
    /// Tokens that are then decoded one by one
    #[arg(long, default_value_t = 64)]
    pub(crate) tokens: u32,
    /// Measurements of prefill and decode; their medians are reported
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: u32,
    /// The number format of the weights in memory
    #[arg(long, default_value = "auto", value_parser = precision)]
    pub(crate) precision: Precision,
    /// The GPU of the browser, which our engine then uses by WebGPU
    #[arg(long, default_value = "none")]
    pub(crate) gpu: Gpu,
    /// Print one line of JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

impl From<&Workload> for Options {
    /// In the default precision.
    fn from(workload: &Workload) -> Options {
        let Workload { model, threads, prompt, tokens, rounds, gpu } = workload.clone();
        let precision = Precision::Auto;
        Options { model, threads, prompt, tokens, rounds, precision, gpu, json: false }
    }
}

/// Measures and prints.
///
/// # Errors
/// If the site is not built, or the model cannot be loaded.
pub(crate) fn run(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(measure(options))?.print(options.json)
}

/// Measures in a browser of its own.
///
/// # Errors
/// If the site is not built, or the model cannot be loaded.
pub(crate) async fn measure(options: &Options) -> Result<Measured> {
    let (site, model) = serve(&options.model, options.threads, &[]).await?;
    let browser = Browser::start_on(options.gpu.into()).await?;
    let blank = site.url("blank.html");
    let mut link = match options.gpu {
        Gpu::None => WorkerLink::start(&browser, &blank).await?,
        _ => WorkerLink::named(&browser, &blank, "engine-gpu-bench").await?,
    };
    let load = Command::Load {
        source: ModelSource::Address { url: site.url(&model) },
        precision: options.precision,
    };
    let start = Instant::now();
    let model = match link.answer(1, load).await? {
        Event::Ready(model) => model,
        other => bail!("the model could not be loaded: {other:?}"),
    };
    let load_seconds = start.elapsed().as_secs_f64();
    let (mut prefill, mut decode) = (Vec::new(), Vec::new());
    // The first round is not counted: the browser is still compiling.
    for round in 0..options.rounds + 1 {
        let ids = (0..options.prompt).map(|i| (3 + 31 * i + 7 * round) % 259).collect();
        let settings = SamplerSettings { temperature: 0.0, ..Default::default() };
        let command = Command::Generate {
            ids,
            settings,
            max_new_tokens: options.tokens + 1,
            candidates: 10,
        };
        let timings = finished(link.ask_quietly(10 + round, command).await?)?;
        if round > 0 {
            let speed = |tokens: u32, ms: f32| f64::from(tokens) * 1e3 / f64::from(ms);
            prefill.push(speed(timings.prefill_tokens, timings.prefill_ms));
            decode.push(speed(timings.decode_tokens, timings.decode_ms));
        }
    }
    let peak_bytes = browser.peak_memory();
    browser.quit().await?;
    Ok(Measured {
        engine: match model.prompts {
            PromptDevice::Same => format!("this engine, browser: {}", model.device),
            // Whether the GPU is used, or why not.
            on => format!("this engine, browser: {}; GPU: {on:?}", model.device),
        },
        format: model.precision,
        threads: model.threads,
        load_seconds,
        prefill,
        decode,
        peak_bytes,
        weight_bytes: Some(model.weight_bytes),
    })
}

/// Serves the site with a model's file and other folders. Returns the path of the file there,
/// too. For one thread, the headers that allow more are left out.
///
/// # Errors
/// If the model is not a file.
pub(crate) async fn serve(
    model: &Path,
    threads: u32,
    folders: &[(&str, &Path)],
) -> Result<(Site, String)> {
    let folder = model.parent().unwrap_or(Path::new("."));
    let name = model.file_name().context("the model is a file")?.to_string_lossy();
    let headers = if threads == 1 { Headers::Plain } else { Headers::Isolating };
    let mut all = vec![("model", folder)];
    all.extend(folders);
    Ok((Site::start("/", headers, &all).await, format!("model/{name}")))
}

fn finished(events: Vec<Event>) -> Result<Timings> {
    match events.last() {
        Some(Event::Finished { timings, .. }) => Ok(*timings),
        other => bail!("{other:?}"),
    }
}
