//! This server in front of a real vLLM: how far its probabilities are from this engine's on the
//! same weights in bf16, and what going through here costs.

mod numbers;
mod vllm;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use native_server::Config;

use crate::peers;
use crate::serve::{Interface, StepLoad, medians, start_server};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A GGUF file, whose weights are written in bf16 for both; by default the real model of
    /// the tests, which is fetched
    #[arg(long)]
    model: Option<PathBuf>,
    /// A folder with a model's files in bf16, in place of one that is made of --model
    #[arg(long)]
    folder: Option<PathBuf>,
    /// A vLLM that runs that folder already, as 127.0.0.1:8000, with --max-logprobs 64 or more;
    /// by default one is installed into target/peers/vllm (6 GB) and started
    #[arg(long)]
    vllm: Option<SocketAddr>,
    /// Numbers of clients, measured one after the other
    #[arg(long, value_delimiter = ',', default_value = "1,8,30")]
    clients: Vec<usize>,
    /// Tokens in each client's prompt
    #[arg(long, default_value_t = 128)]
    prompt: usize,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Repetitions of each measurement; the median is reported
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Measures and prints.
///
/// # Errors
/// If vLLM cannot be installed or started, or a request fails.
#[tokio::main]
pub(crate) async fn run(options: &Options) -> Result<()> {
    let folder = match &options.folder {
        Some(folder) => folder.clone(),
        None => bf16(options)?,
    };
    let (vllm, address) = match options.vllm {
        Some(address) => (None, address),
        None => {
            let started = vllm::Vllm::start(&folder).await?;
            let address = started.address;
            (Some(started), address)
        }
    };
    let through = through_here(&folder, address)?;
    let through = start_server(&through).await?;
    numbers::compare(&folder, through).await?;
    println!(
        "clients   through here: steps/s  p50 ms  p99 ms   directly: steps/s  p50 ms  p99 ms   \
         our share of a step, ms"
    );
    let load = StepLoad {
        clients: options.clients.clone(),
        prompt: options.prompt,
        seconds: options.seconds,
        rounds: options.rounds,
        steps: 200,
    };
    let ours = medians(Interface::Page, through, &load).await?;
    let direct = medians(Interface::Vllm, address, &load).await?;
    for (ours, direct) in ours.iter().zip(&direct) {
        println!(
            "{:7} {:23.1} {:7.1} {:7.1} {:19.1} {:7.1} {:7.1} {:25.2}",
            ours.clients,
            ours.steps_per_second,
            ours.p50_ms,
            ours.p99_ms,
            direct.steps_per_second,
            direct.p50_ms,
            direct.p99_ms,
            ours.p50_ms - direct.p50_ms
        );
    }
    drop(vllm);
    Ok(())
}

/// The options of a server in front of vLLM.
fn through_here(folder: &std::path::Path, address: SocketAddr) -> Result<Config> {
    let url = format!("http://{address}");
    let arguments = ["bench".as_ref(), "--model".as_ref(), folder.as_os_str()];
    let more = ["--upstream-kind", "vllm", "--upstream", &url].map(AsRef::as_ref);
    Ok(Config::try_parse_from(arguments.into_iter().chain(more))?)
}

/// The folder with the model in bf16, which is made once.
fn bf16(options: &Options) -> Result<PathBuf> {
    let real = || PathBuf::from("target/real-model").join(test_support::REAL_MODEL_FILE);
    let model = options.model.clone().unwrap_or_else(real);
    let name = model.file_stem().context("the model is a file")?;
    let folder = peers::home()?.join("bf16").join(name);
    if !folder.join("config.json").exists() {
        eprintln!("Writing {} in bf16, once ...", model.display());
        let mut command = std::process::Command::new(peers::python()?);
        command.arg(peers::sources().join("make_bf16.py")).arg("--model").arg(&model);
        peers::output(command.arg("--out").arg(&folder))?;
    }
    Ok(folder)
}
