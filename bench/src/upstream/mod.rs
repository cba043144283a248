//! This server in front of an engine elsewhere: how far its probabilities are from this
//! engine's on the same weights, and what going through here costs.

mod engines;
mod numbers;
mod options;

use anyhow::Result;
use clap::Parser;
use native_server::Config;

use self::engines::Engine;
pub(crate) use self::options::Options;
use crate::serve::{Interface, Load, StepLoad, medians, start_server};

/// Measures and prints.
///
/// # Errors
/// If the engine cannot be installed or started, or a request fails.
#[tokio::main]
pub(crate) async fn run(options: &Options) -> Result<()> {
    let engine = Engine::start(options).await?;
    let through = start_server(&in_front_of(&engine)?).await?;
    numbers::compare(&engine, through).await?;
    println!(
        "clients   through here: steps/s  p50 ms  p99 ms   directly: steps/s  p50 ms  p99 ms   \
         our share of a step, ms"
    );
    for count in &options.clients {
        let load = StepLoad {
            clients: vec![*count],
            prompt: options.prompt,
            seconds: options.seconds,
            rounds: 1,
            steps: 200,
        };
        // In turn, so that what else the machine does meets both.
        let (mut ours, mut direct) = (Vec::new(), Vec::new());
        for _ in 0..options.rounds.max(1) {
            ours.extend(medians(Interface::Page, through, &load).await?);
            direct.extend(medians(engine.interface, engine.address, &load).await?);
        }
        let middle = |values: Vec<f64>| {
            let mut values = values;
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let shares = ours.iter().zip(&direct).map(|(a, b)| a.p50_ms - b.p50_ms).collect();
        let of = |loads: &[Load]| {
            let middle_of =
                |take: fn(&Load) -> f64| middle(loads.iter().map(take).collect());
            [
                middle_of(|load| load.steps_per_second),
                middle_of(|load| load.p50_ms),
                middle_of(|load| load.p99_ms),
            ]
        };
        let (ours, direct) = (of(&ours), of(&direct));
        println!(
            "{count:7} {:23.1} {:7.2} {:7.2} {:19.1} {:7.2} {:7.2} {:25.2}",
            ours[0],
            ours[1],
            ours[2],
            direct[0],
            direct[1],
            direct[2],
            middle(shares)
        );
    }
    Ok(())
}

/// The options of a server in front of the engine.
fn in_front_of(engine: &Engine) -> Result<Config> {
    let url = format!("http://{}", engine.address);
    let arguments = ["bench".as_ref(), "--model".as_ref(), engine.model.as_os_str()];
    let more = ["--upstream-kind", engine.dialect, "--upstream", &url].map(AsRef::as_ref);
    Ok(Config::try_parse_from(arguments.into_iter().chain(more))?)
}
