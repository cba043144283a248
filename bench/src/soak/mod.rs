//! A long time of mixed load: pages, scripts and clients of OpenAI's API, many of which leave
//! in the middle or send wrong requests; and faults: connections that are cut, clients that
//! are slow or do not read, a disk without room. Memory must not grow, nothing else may fail,
//! and the server has to end cleanly.

mod clients;
mod disk;
mod faults;
mod page;
mod random;
mod server;
mod tally;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::task::JoinSet;

use self::disk::FullDisk;
use self::random::Random;
use self::server::Server;
use self::tally::Tally;
use crate::memory::check_growth;

/// What the clients do, and for how long.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A GGUF file or a folder with a model's files, or "demo"
    #[arg(long, default_value = "demo")]
    model: String,
    /// Minutes that it takes
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,
    /// Clients of each of the five kinds
    #[arg(long, default_value_t = 4)]
    clients: usize,
    /// Megabytes that the server may use to cache texts
    #[arg(long, default_value_t = 64)]
    cache_mb: u32,
    /// The seed of what clients do
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Lines of the table, each with a sample of memory.
const SAMPLES: u32 = 30;
/// How much memory may grow from the first third to the last, in addition to a tenth of it.
const SLACK_MB: u64 = 16;

/// Runs and prints.
///
/// # Errors
/// If something failed, memory grew, or the server did not end cleanly.
#[tokio::main]
pub(crate) async fn run(options: &Options) -> Result<()> {
    let disk = FullDisk::make().await?;
    if disk.is_none() {
        println!(
            "This process may not mount a small disk: downloads without room are left out."
        );
    }
    let mut server =
        Server::start(&options.model, options.cache_mb, disk.as_ref()).await?;
    let duration = Duration::from_secs_f64(options.minutes * 60.0);
    let start = Instant::now();
    let end = start + duration;
    let tally = Arc::new(Tally::default());
    let mut tasks = JoinSet::new();
    let address = server.address;
    for index in 0..options.clients as u64 {
        let random = |kind: u64| Random::new(options.seed * 1000 + 5 * index + kind);
        tasks.spawn(page::run(address, random(0), end, tally.clone()));
        tasks.spawn(clients::scripts(address, random(1), end, tally.clone()));
        tasks.spawn(clients::openai(address, random(2), end, tally.clone()));
        tasks.spawn(clients::rude(address, random(3), end, tally.clone()));
        tasks.spawn(faults::cut(address, random(4), end, tally.clone()));
    }
    tasks.spawn(faults::slow(address, end, tally.clone()));
    if disk.is_some() {
        tasks.spawn(faults::full_disk(address, end, tally.clone()));
    }
    println!(" minute  memory MB   answers  gone away      busy    faults  failures");
    let mut memory = Vec::new();
    for sample in 1..=SAMPLES {
        let at = start + duration * sample / SAMPLES;
        tokio::time::sleep_until(at.into()).await;
        let resident = server.resident_mb()?;
        memory.push(resident);
        let minute = start.elapsed().as_secs_f64() / 60.0;
        let counts = tally.counts();
        println!(
            "{minute:7.1} {resident:10} {:9} {:10} {:9} {:9} {:9}",
            counts.answers, counts.gone, counts.busy, counts.faults, counts.failures
        );
    }
    tasks.join_all().await;
    for failure in tally.failures() {
        println!("failure: {failure}");
    }
    let metrics = server.metrics().await?;
    println!("{metrics}");
    let seconds = server.stop().await?;
    println!("ended cleanly after {seconds:.1} s");
    check_growth(&memory, SLACK_MB)?;
    check_failures(&tally)
}

fn check_failures(tally: &Tally) -> Result<()> {
    match tally.counts().failures {
        0 => Ok(()),
        count => bail!("{count} requests failed"),
    }
}
