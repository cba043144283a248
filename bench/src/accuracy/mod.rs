//! How far the probabilities of every engine and build are from f32 of the same file, and how
//! fast they are in the same run.

mod browser;
mod decoder;
mod llama_cpp;
mod native;
mod options;
mod row;
mod table;
mod wllama;
mod yardstick;

use anyhow::{Result, ensure};
use kernels::Kernels;

pub(crate) use self::options::Options;
use self::row::Row;
use self::table::print;
use self::yardstick::Yardstick;
use crate::workload::{Gpu, Workload};

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
        gpu: Gpu::None,
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
