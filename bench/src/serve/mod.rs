//! The native server under load: clients that step token by token, each in a text of its
//! own; on request also other servers on the same file.

mod clients;
mod peers;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Parser;
use native_server::Config;
use protocol::{Command, Event};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub(crate) use self::clients::Interface;
use self::clients::Stepper;
use crate::web::{ask, connect};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A GGUF file or a folder with a model's files
    #[arg(long)]
    model: PathBuf,
    /// Numbers of clients, measured one after the other
    #[arg(long, value_delimiter = ',', default_value = "1,8,30")]
    clients: Vec<usize>,
    /// Tokens in each client's prompt
    #[arg(long, default_value_t = 128)]
    prompt: usize,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Repetitions of each measurement; the median is reported
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Steps after which a client begins a new text
    #[arg(long, default_value_t = 200)]
    steps: usize,
    /// Also measure the server of a Python with `llama-cpp-python[server]` on the same file
    #[arg(long)]
    llama_cpp: Option<PathBuf>,
    /// Also measure transformers, of a Python that has it and torch, on the shape of
    /// SmolLM2-135M, with the whole text in each step
    #[arg(long)]
    transformers: Option<PathBuf>,
    /// Print a line of JSON for each measurement instead of a table
    #[arg(long)]
    json: bool,
}

/// Clients that step.
pub(crate) struct StepLoad {
    /// Numbers of clients, measured one after the other.
    pub(crate) clients: Vec<usize>,
    /// Tokens in each client's prompt.
    pub(crate) prompt: usize,
    /// Seconds of each measurement.
    pub(crate) seconds: u64,
    /// Repetitions of each measurement.
    pub(crate) rounds: usize,
    /// Steps after which a client begins a new text.
    pub(crate) steps: usize,
}

/// The measurement of some clients.
#[derive(Serialize)]
pub(crate) struct Load {
    #[serde(rename = "way")]
    interface: &'static str,
    pub(crate) clients: usize,
    pub(crate) steps_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Steps of the client that got the fewest, and of the one that got the most.
    least: usize,
    most: usize,
    /// Memory of this process, clients included, at the end.
    resident_mb: Option<u64>,
}

/// Measures and prints.
///
/// # Errors
/// If a server does not start or a request fails.
#[tokio::main]
pub(crate) async fn run(options: &Options) -> Result<()> {
    let arguments = ["bench".as_ref(), "--model".as_ref(), options.model.as_os_str()];
    let address = start_server(&Config::try_parse_from(arguments)?).await?;
    if !options.json {
        println!(
            "way                       clients   steps/s    p50 ms    p99 ms   \
             steps of each   memory MB"
        );
    }
    measure_all(Interface::Page, address, options).await?;
    if let Some(python) = &options.llama_cpp {
        measure_all(Interface::Completions, address, options).await?;
        let peer = peers::llama_cpp(python, &options.model).await?;
        measure_all(Interface::LlamaCpp, peer.address, options).await?;
    }
    if let Some(python) = &options.transformers {
        let speed = peers::transformers(python, options.prompt, options.seconds)?;
        match options.json {
            true => println!("{{\"way\":\"transformers\",\"steps_per_second\":{speed}}}"),
            false => println!("transformers, whole text  {:7} {speed:9.1}", 1),
        }
    }
    Ok(())
}

async fn measure_all(
    interface: Interface,
    address: SocketAddr,
    options: &Options,
) -> Result<()> {
    let load = StepLoad {
        clients: options.clients.clone(),
        prompt: options.prompt,
        seconds: options.seconds,
        rounds: options.rounds,
        steps: options.steps,
    };
    for median in medians(interface, address, &load).await? {
        median.print(options.json)?;
    }
    Ok(())
}

/// The median measurement of each number of clients.
///
/// # Errors
/// If a request fails.
pub(crate) async fn medians(
    interface: Interface,
    address: SocketAddr,
    load: &StepLoad,
) -> Result<Vec<Load>> {
    let mut loads: Vec<Vec<Load>> = load.clients.iter().map(|_| Vec::new()).collect();
    // In turn, so that what else the machine does meets all of them.
    for _ in 0..load.rounds.max(1) {
        for (count, loads) in load.clients.iter().zip(&mut loads) {
            loads.push(measure(interface, address, *count, load).await?);
        }
    }
    let median = |mut loads: Vec<Load>| {
        loads.sort_by(|a, b| a.steps_per_second.total_cmp(&b.steps_per_second));
        loads.swap_remove(loads.len() / 2)
    };
    Ok(loads.into_iter().map(median).collect())
}

/// A server in this process, whose model is ready.
///
/// # Errors
/// If it does not start, or has no model.
pub(crate) async fn start_server(config: &Config) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let state = native_server::state(config)?;
    tokio::spawn(native_server::serve(listener, state, std::future::pending()));
    let mut socket = connect(address).await?;
    loop {
        match ask(&mut socket, Command::Describe).await? {
            Event::Ready(_) => return Ok(address),
            Event::Failed(failure) if failure.code == protocol::ErrorCode::Loading => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => bail!("{other:?}"),
        }
    }
}

async fn measure(
    interface: Interface,
    address: SocketAddr,
    count: usize,
    options: &StepLoad,
) -> Result<Load> {
    // Prompts are read before the clock starts.
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let (prompt, steps) = (options.prompt, options.steps);
        let mut client = Stepper::new(interface, address, prompt, steps).await?;
        tasks.spawn(async move { client.step().await.map(|_| client) });
    }
    let ready = tasks.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    let duration = Duration::from_secs(options.seconds);
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for mut client in ready {
        tasks.spawn(async move {
            let mut times = Vec::new();
            while started.elapsed() < duration {
                times.push(client.step().await?);
            }
            anyhow::Ok(times)
        });
    }
    let each = tasks.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    let seconds = started.elapsed().as_secs_f64();
    let counts = || each.iter().map(Vec::len);
    let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
    let mut times: Vec<f64> = each.concat();
    times.sort_by(f64::total_cmp);
    let part = |part: f64| {
        let index = (times.len() as f64 * part) as usize;
        times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    };
    Ok(Load {
        interface: interface.name(),
        clients: count,
        steps_per_second: times.len() as f64 / seconds,
        p50_ms: part(0.5),
        p99_ms: part(0.99),
        least,
        most,
        resident_mb: crate::memory::resident_mb("self"),
    })
}

impl Load {
    fn print(&self, json: bool) -> Result<()> {
        if json {
            println!("{}", serde_json::to_string(self)?);
            return Ok(());
        }
        let Load { interface, clients, steps_per_second, p50_ms, p99_ms, .. } = self;
        let each = format!("{} to {}", self.least, self.most);
        let memory = self.resident_mb.unwrap_or_default();
        println!(
            "{interface:25} {clients:7} {steps_per_second:9.1} {p50_ms:9.1} {p99_ms:9.1} \
             {each:>15} {memory:11}"
        );
        Ok(())
    }
}
