//! This engine and others on the same file in one run: they take turns, so that a machine
//! that slows down slows all of them.

use std::process::Command;

use anyhow::Result;
use clap::ValueEnum;
use e2e::{Browser, Headers, Site};

use crate::peers::{last_line, output, run_python, transformers_js, wllama};
use crate::report::{Measured, spread};
use crate::workload::{Gpu, Workload};
use crate::{browser, limit};

/// What to compare.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where the engines run
    place: Place,
    #[command(flatten)]
    pub(crate) workload: Workload,
    /// Turns of each engine
    #[arg(long, default_value_t = 3)]
    turns: u32,
    /// Only these engines, of ours, browser, llama-cpp, transformers, wllama and
    /// transformers-js
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Print a line of JSON for each engine instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Place {
    /// On this machine's processor: also llama.cpp, and transformers with PyTorch
    Native,
    /// In headless Chromium: also wllama and transformers.js
    Browser,
    /// This engine in the browser, and native llama.cpp
    Both,
}

/// Measures and prints.
///
/// # Errors
/// If an engine cannot be installed or fails.
pub(crate) fn run(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let names: &[&str] = match options.place {
        Place::Native => &["ours", "llama-cpp", "transformers"],
        Place::Browser => &["browser", "wllama", "transformers-js"],
        Place::Both => &["browser", "llama-cpp"],
    };
    let wanted = |name: &&&str| {
        options.only.is_empty() || options.only.iter().any(|only| only == **name)
    };
    let mut running: Vec<&str> = names.iter().filter(wanted).copied().collect();
    let mut all: Vec<Measured> = Vec::new();
    let mut limits = Vec::new();
    for turn in 0..options.turns.max(1) {
        for name in running.clone() {
            let workload = &options.workload;
            let measured = match name {
                "ours" => ours(workload),
                "llama-cpp" => run_python("run_llama_cpp.py", workload),
                "transformers" => run_python("run_transformers.py", workload),
                "wllama" => runtime.block_on(wllama(workload)),
                "transformers-js" => runtime.block_on(transformers_js(workload)),
                _ => runtime.block_on(browser::measure(&workload.into())),
            };
            let index = running.iter().position(|other| *other == name);
            match (measured, index) {
                (Ok(measured), Some(index)) if turn > 0 => all[index].add(measured),
                (Ok(measured), _) => all.push(measured),
                // Not every engine runs on every GPU: the others are compared.
                (Err(error), Some(index))
                    if workload.gpu != Gpu::None && name != "browser" =>
                {
                    eprintln!("{name} does not run with this GPU: {error:#}");
                    running.remove(index);
                    if turn > 0 {
                        all.remove(index);
                    }
                }
                (Err(error), _) => return Err(error),
            }
        }
        limits.push(match options.place {
            Place::Native => limit::native(options.workload.threads),
            _ => runtime.block_on(limit_in_browser(options.workload.threads))?,
        });
    }
    if options.json {
        return all.iter().try_for_each(|measured| measured.print(true));
    }
    print(options, &all, &limits);
    Ok(())
}

/// This program as a process of its own, whose memory is that of one model.
fn ours(workload: &Workload) -> Result<Measured> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("native").arg("--json").arg("--model").arg(&workload.model);
    last_line(&output(command.args(workload.options()))?)
}

async fn limit_in_browser(threads: u32) -> Result<f64> {
    let site = Site::start("/", Headers::Plain, &[]).await;
    let browser = Browser::start().await?;
    browser.goto(site.url("blank.html")).await?;
    let speed = limit::browser(&browser, threads).await?;
    browser.quit().await?;
    Ok(speed)
}

fn print(options: &Options, all: &[Measured], limits: &[f64]) {
    let Workload { model, prompt, tokens, .. } = &options.workload;
    println!(
        "{}: prompt of {prompt} tokens, then {tokens}; tokens per second, medians with \
         the least and the most",
        model.display()
    );
    println!(
        "{:52}{:>8}{:>28}{:>28}{:>8}{:>9}",
        "engine", "threads", "prefill", "decode", "load s", "peak MB"
    );
    for one in all {
        let peak =
            one.peak_bytes.map_or_else(String::new, |b| (b / 1_000_000).to_string());
        println!(
            "{:52}{:>8}{:>28}{:>28}{:>8.2}{:>9}",
            one.engine,
            one.threads,
            spread(&one.prefill),
            spread(&one.decode),
            one.load_seconds,
            peak
        );
    }
    let limit = spread(limits);
    println!("plain reads of memory: {limit} GB/s");
    if let Some((ours, bytes)) =
        all.first().and_then(|one| Some((one, one.weight_bytes?)))
    {
        let most = limit.median * 1e9 / bytes as f64;
        let share = 100.0 * spread(&ours.decode).median / most;
        println!(
            "weights are {:.0} MB: reading them once takes at least 1/{most:.0} s, so {} \
             decodes at {share:.0} % of that limit",
            bytes as f64 / 1e6,
            ours.engine
        );
    }
}
