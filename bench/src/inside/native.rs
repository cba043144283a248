//! Looks into the model on this machine's processor.

use std::time::Instant;

use anyhow::{Result, bail};
use engine::{Clock, Engine};
use protocol::{Command, Event, Request, RequestId};

use super::work::{Options, Times, questions, reading, text};
use crate::native::{load, milliseconds};

/// The times of each question.
///
/// # Errors
/// If the model cannot be loaded or asked.
pub(super) fn measure(options: &Options) -> Result<Vec<Times>> {
    let session = load(&options.model, options.threads, options.precision)?;
    let clock = Clock { monotonic_ms: milliseconds, unix_seconds: || 0 };
    let mut engine = Engine::new(clock);
    engine.set_session(session, &mut |_: &(), _| ());
    let ids = text(options);
    ask(&mut engine, reading(&ids))?;
    let mut measured = Vec::new();
    for (_, question) in questions(options.tokens) {
        let mut times = Times::default();
        for round in 0..=options.rounds {
            let (ids, question) = (ids.clone(), question.clone());
            let (first, all) = ask(&mut engine, Command::Inspect { ids, question })?;
            if round > 0 {
                times.first.push(first);
                times.all.push(all);
            }
        }
        measured.push(times);
    }
    Ok(measured)
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
