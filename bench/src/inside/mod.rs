//! How long looks into the model take, from the request to the last thing that is found: on
//! this machine's processor, and in headless Chromium in both builds of the worker.

mod browser;
mod native;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use protocol::{Command, Inspection, OcclusionUnit, Precision, SamplerSettings, TokenId};

use crate::native::precision;
use crate::report::spread;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A GGUF file; natively also a folder with config.json, tokenizer.json and
    /// model.safetensors. By default the real model of the tests
    #[arg(long, default_value_os_t = test_support::real_model_place())]
    model: PathBuf,
    /// Measure only here
    #[arg(long, value_enum)]
    only: Option<Place>,
    /// Threads that compute natively; a browser has one or all
    #[arg(long, default_value_t = 2)]
    threads: u32,
    /// Tokens in the text
    #[arg(long, default_value_t = 30)]
    tokens: u32,
    /// Its number format in memory
    #[arg(long, default_value = "auto", value_parser = precision)]
    precision: Precision,
    /// Measurements of each question, beside one to warm up
    #[arg(long, default_value_t = 5)]
    rounds: u32,
}

/// Where a model runs.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Place {
    /// On this machine's processor.
    Native,
    /// In the browser, in the build with threads and relaxed SIMD.
    Browser,
    /// In the browser, in the build for pages that are not isolated.
    BrowserPlain,
}

/// Milliseconds until the first event, and until the last, one of each for a round.
#[derive(Debug, Default)]
struct Times {
    first: Vec<f64>,
    all: Vec<f64>,
}

/// Measures and prints, in milliseconds: until the first finding, and until all.
///
/// # Errors
/// If the model cannot be loaded or asked, or the site is not built.
pub(crate) fn run(options: &Options) -> Result<()> {
    let model = options.model.display();
    ensure!(
        options.model.exists(),
        "there is no {model}; cargo xtask real-model fetches it"
    );
    let is_meant = |place: Place| options.only.is_none_or(|only| only == place);
    println!("{model}, a text of {} tokens, {} rounds", options.tokens, options.rounds);
    println!("others on this machine, as its load says: {}", load());
    if is_meant(Place::Native) {
        print("natively", &native::measure(options)?);
    }
    for (place, threads) in [(Place::Browser, 2), (Place::BrowserPlain, 1)] {
        if is_meant(place) {
            let runtime = tokio::runtime::Runtime::new()?;
            let (device, times) = runtime.block_on(browser::measure(options, threads))?;
            print(&format!("in the browser: {device}"), &times);
        }
    }
    println!("\nload at the end: {}", load());
    Ok(())
}

fn print(place: &str, times: &[Times]) {
    println!("\n{place}\n{:<22}{:>28}{:>28}", "", "first, ms", "all, ms");
    for (times, (name, _)) in times.iter().zip(questions(1)) {
        println!("{name:<22}{:>28}{:>28}", spread(&times.first), spread(&times.all));
    }
}

/// The numbers of processes that ran or waited, on average, in 1, 5 and 15 minutes.
fn load() -> String {
    let read = std::fs::read_to_string(Path::new("/proc/loadavg"));
    let first = |text: String| text.split(' ').take(3).collect::<Vec<_>>().join(", ");
    read.map_or("unknown".into(), first)
}

/// The text that is asked about.
fn text(options: &Options) -> Vec<TokenId> {
    (0..options.tokens).map(|i| 300 + 31 * i % 5000).collect()
}

/// Has the text read, as it is when a person looks at its prediction.
fn reading(ids: &[TokenId]) -> Command {
    let settings = SamplerSettings { temperature: 0.0, ..SamplerSettings::default() };
    Command::NextToken { ids: ids.to_vec(), settings, candidates: 10, watch: vec![] }
}

/// The questions, by their names. `tokens` is the length of the text.
fn questions(tokens: u32) -> [(&'static str, Inspection); 5] {
    let lens =
        |positions| Inspection::Lens { positions, candidates: 3, follow: vec![300, 301] };
    let unit = OcclusionUnit::Token;
    [
        ("lens, one position", lens(1)),
        ("lens, all positions", lens(tokens.min(64))),
        ("attention", Inspection::Attention { layer: None }),
        ("attribution", Inspection::Attribution { tokens: vec![300, 301] }),
        ("occlusion by token", Inspection::Occlusion { target: None, unit, from: 0 }),
    ]
}
