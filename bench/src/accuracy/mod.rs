//! How far the probabilities of every engine and build are from f32 of the same file, and how
//! fast they are in the same run.

mod browser;
mod llama_cpp;
mod native;
mod row;
mod wllama;
mod yardstick;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use kernels::Kernels;
use protocol::Precision;

use self::row::{Row, print};
use self::yardstick::Yardstick;
use crate::native::precision;
use crate::workload::Workload;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A GGUF file; the default is the real model of the tests
    #[arg(long)]
    model: Option<PathBuf>,
    /// What another program says of this model in f32, as JSON; the default is what candle
    /// says in the same run
    #[arg(long)]
    reference: Option<PathBuf>,
    /// A text file, whose beginning is scored; the default is the reference's text, or
    /// docs/decisions.md
    #[arg(long, conflicts_with = "reference")]
    text: Option<PathBuf>,
    /// The most tokens of the text that are scored
    #[arg(long, default_value_t = 512)]
    length: usize,
    /// The number format of the weights in this engine's builds
    #[arg(long, default_value = "auto", value_parser = precision)]
    precision: Precision,
    /// Only these, of native, browser, llama-cpp and wllama
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Threads that compute
    #[arg(long, default_value_t = 2)]
    threads: u32,
    /// Tokens in the prompt that speeds are measured with
    #[arg(long, default_value_t = 128)]
    prompt: u32,
    /// Tokens that are then decoded one by one
    #[arg(long, default_value_t = 64)]
    tokens: u32,
    /// Measurements of speeds; 0 for none
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Print a line of JSON for each engine instead of a table
    #[arg(long)]
    json: bool,
}

/// Measures and prints.
///
/// # Errors
/// If the model or the reference cannot be read, they do not fit together, or an engine cannot
/// be installed or fails.
pub(crate) fn run(options: &Options) -> Result<()> {
    const KNOWN: [&str; 4] = ["native", "browser", "llama-cpp", "wllama"];
    let unknown = options.only.iter().find(|name| !KNOWN.contains(&name.as_str()));
    ensure!(unknown.is_none(), "{unknown:?} is none of {KNOWN:?}");
    let wanted =
        |name: &str| options.only.is_empty() || options.only.iter().any(|o| o == name);
    let workload = Workload {
        model: options.model.clone().unwrap_or_else(test_support::real_model_place),
        threads: options.threads,
        prompt: options.prompt,
        tokens: options.tokens,
        rounds: options.rounds,
    };
    let (yardstick, in_f32) = Yardstick::new(options, &workload)?;
    let mut rows: Vec<Row> = vec![in_f32];
    let report = |row: &Row| eprintln!("measured: {}", row.engine);
    rows.iter().for_each(report);
    let mut add = |row: Row| {
        report(&row);
        rows.push(row);
    };
    if wanted("native") {
        for kernels in Kernels::all() {
            add(native::measure(kernels, options.precision, &workload, &yardstick)?);
        }
    }
    let runtime = tokio::runtime::Runtime::new()?;
    if wanted("browser") {
        // The build for all browsers has one thread.
        for threads in [1, options.threads.max(2)] {
            let workload = Workload { threads, ..workload.clone() };
            let precision = options.precision;
            add(runtime.block_on(browser::measure(precision, &workload, &yardstick))?);
        }
    }
    if wanted("llama-cpp") {
        add(llama_cpp::measure(&workload, &yardstick)?);
    }
    if wanted("wllama") {
        add(runtime.block_on(wllama::measure(&workload, &yardstick))?);
    }
    print(&rows, &yardstick, &workload, options.json)
}
