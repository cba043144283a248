//! The engine in headless Chromium, through the worker of the built site.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use e2e::{Browser, Headers, Link, Site, WorkerLink};
use protocol::{Command, Event, ModelSource, Precision, SamplerSettings, Timings};

use crate::report::{Report, spread};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A GGUF file
    #[arg(long)]
    model: PathBuf,
    /// Tokens in the prompt
    #[arg(long, default_value_t = 128)]
    prompt: u32,
    /// Tokens that are then decoded one by one
    #[arg(long, default_value_t = 64)]
    tokens: u32,
    /// How often prefill and decode are measured; medians are reported
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Serves the site without the headers that threads need
    #[arg(long)]
    plain: bool,
    /// One line of JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Measures and prints.
///
/// # Errors
/// If the site is not built, or the model cannot be loaded.
pub(crate) fn run(options: &Options) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(measure(options))
}

async fn measure(options: &Options) -> Result<()> {
    let folder = options.model.parent().unwrap_or(Path::new("."));
    let name = options.model.file_name().context("--model is a file")?;
    let headers = if options.plain { Headers::Plain } else { Headers::Isolating };
    let site = Site::start("/", headers, &[("model", folder)]).await;
    let browser = Browser::start().await?;
    let mut link = WorkerLink::start(&browser, &site.url("blank.html")).await?;
    let url = site.url(&format!("model/{}", name.to_string_lossy()));
    let load = Command::Load {
        source: ModelSource::Address { url },
        precision: Precision::Auto,
    };
    let start = Instant::now();
    let Event::Ready(model) = link.answer(1, load).await? else {
        bail!("the model could not be loaded")
    };
    let load_seconds = start.elapsed().as_secs_f64();
    let (mut prefills, mut decodes) = (Vec::new(), Vec::new());
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
        let timings = finished(link.ask(10 + round, command).await?)?;
        if round > 0 {
            let speed = |tokens: u32, ms: f32| f64::from(tokens) * 1e3 / f64::from(ms);
            prefills.push(speed(timings.prefill_tokens, timings.prefill_ms));
            decodes.push(speed(timings.decode_tokens, timings.decode_ms));
        }
    }
    browser.quit().await?;
    let report = Report {
        build: model.device,
        format: model.precision,
        threads: model.threads,
        load_seconds,
        prefill: spread(prefills),
        decode: spread(decodes),
        peak_bytes: None,
        weight_bytes: model.weight_bytes,
    };
    report.print(options.json)
}

fn finished(events: Vec<Event>) -> Result<Timings> {
    match events.last() {
        Some(Event::Finished { timings, .. }) => Ok(*timings),
        other => bail!("{other:?}"),
    }
}
