//! How long looks into the model take, from the request to the last thing that is found.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};
use engine::{Clock, Engine};
use protocol::{
    Command, Event, Inspection, OcclusionUnit, Precision, Request, RequestId,
    SamplerSettings,
};

use crate::native::{load, milliseconds, precision};
use crate::report::spread;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A GGUF file, or a folder with config.json, tokenizer.json and model.safetensors
    #[arg(long)]
    model: PathBuf,
    /// Threads that compute
    #[arg(long, default_value_t = 2)]
    threads: u32,
    /// Tokens in the text
    #[arg(long, default_value_t = 30)]
    tokens: u32,
    /// Its number format in memory
    #[arg(long, default_value = "auto", value_parser = precision)]
    precision: Precision,
    /// Measurements, of which the first is to warm up
    #[arg(long, default_value_t = 6)]
    rounds: usize,
}

/// Measures and prints, in milliseconds: until the first finding, and until all.
///
/// # Errors
/// If the model cannot be loaded or asked.
pub(crate) fn run(options: &Options) -> Result<()> {
    let session = load(&options.model, options.threads, options.precision)?;
    let clock = Clock { monotonic_ms: milliseconds, unix_seconds: || 0 };
    let mut engine = Engine::new(clock);
    engine.set_session(session, &mut |_: &(), _| ());
    let ids: Vec<u32> = (0..options.tokens).map(|i| 300 + 31 * i % 5000).collect();
    // The text has been read, as it has when a person looks at its prediction.
    let settings = SamplerSettings { temperature: 0.0, ..SamplerSettings::default() };
    let next =
        Command::NextToken { ids: ids.clone(), settings, candidates: 10, watch: vec![] };
    ask(&mut engine, next)?;
    let lens =
        |positions| Inspection::Lens { positions, candidates: 3, follow: vec![300, 301] };
    let unit = OcclusionUnit::Token;
    let questions = [
        ("lens, one position", lens(1)),
        ("lens, all positions", lens(options.tokens.min(64))),
        ("attention", Inspection::Attention { layer: None }),
        ("attribution", Inspection::Attribution { tokens: vec![300, 301] }),
        ("occlusion by token", Inspection::Occlusion { target: None, unit, from: 0 }),
    ];
    println!("{:<22}{:>28}{:>28}", "", "first, ms", "all, ms");
    for (name, question) in questions {
        let (mut first, mut all) = (Vec::new(), Vec::new());
        for round in 0..options.rounds.max(2) {
            let (ids, question) = (ids.clone(), question.clone());
            let times = ask(&mut engine, Command::Inspect { ids, question })?;
            if round > 0 {
                first.push(times.0);
                all.push(times.1);
            }
        }
        println!("{name:<22}{:>28}{:>28}", spread(&first), spread(&all));
    }
    Ok(())
}

/// Milliseconds until the first event, and until the last.
fn ask(engine: &mut Engine<()>, command: Command) -> Result<(f64, f64)> {
    let start = Instant::now();
    let milliseconds = || start.elapsed().as_secs_f64() * 1000.0;
    let (mut first, mut failed) = (None, None);
    let mut emit = |_: &(), reply: protocol::Reply| {
        first.get_or_insert_with(milliseconds);
        if let Event::Failed(failure) = reply.event {
            failed = Some(failure.message);
        }
    };
    engine.submit((), Request { id: RequestId(1), command }, &mut emit);
    while engine.step(&mut emit) {}
    match failed {
        Some(message) => bail!("{message}"),
        None => Ok((first.unwrap_or_default(), milliseconds())),
    }
}
