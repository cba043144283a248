//! Whatever goes wrong, there is an answer with the right numbers or a clear error.

use std::time::Duration;

use protocol::{Command, Event, SamplerKind, SamplerSettings, SamplerStage, TokenId};
use stand_in_upstream::Behaviour;
use upstream::Settings;

use crate::support::{Asked, Elsewhere, session};

/// Schedules of faults that are run.
const SCHEDULES: u64 = 200;

/// Threads that run them: each mostly waits for what is late on purpose.
const WORKERS: u64 = 3;

/// What came of schedules.
#[derive(Default)]
struct Outcomes {
    answers: usize,
    errors: usize,
    refused: usize,
}

#[test]
fn every_schedule_of_faults_ends_in_an_answer_or_a_clear_error() {
    let all = std::thread::scope(|scope| {
        let run = |worker| move || run_every(worker);
        let workers: Vec<_> =
            (0..WORKERS).map(|worker| scope.spawn(run(worker))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a schedule failed")).fold(
            Outcomes::default(),
            |sum, part| Outcomes {
                answers: sum.answers + part.answers,
                errors: sum.errors + part.errors,
                refused: sum.refused + part.refused,
            },
        )
    });
    let Outcomes { answers, errors, refused } = all;
    // The schedules are not all of one kind.
    assert!(answers > 100 && errors > 20 && refused > 20, "{answers} {errors} {refused}");
}

/// Runs the schedules that are one worker's.
fn run_every(worker: u64) -> Outcomes {
    let mut direct = Asked::new(session());
    let mut outcomes = Outcomes::default();
    for seed in (worker..SCHEDULES).step_by(WORKERS as usize) {
        run(seed, &mut direct, &mut outcomes);
    }
    outcomes
}

/// Runs one schedule, beside the engine itself.
fn run(seed: u64, direct: &mut Asked, outcomes: &mut Outcomes) {
    let stall = Duration::from_millis(120);
    let behaviour = Behaviour { stall, ..Behaviour::schedule(seed) };
    let elsewhere = Elsewhere::start([behaviour]);
    let patience = Duration::from_millis(100);
    let settings = Settings { patience, ..elsewhere.settings() };
    let mut seen = match elsewhere.connect(&settings) {
        Ok(seen) => seen,
        Err(failure) => {
            check(&failure.message);
            outcomes.refused += 1;
            return;
        }
    };
    let settings =
        SamplerSettings { top_k: 3, seed: seed as u32, ..SamplerSettings::default() };
    for step in 0..4u32 {
        let ids: Vec<TokenId> = (20..23 + step).collect();
        let command = Command::NextToken {
            ids: ids.clone(),
            settings: settings.clone(),
            candidates: 3,
            watch: Vec::new(),
        };
        match seen.answer(command.clone()) {
            Event::Distribution(there) => {
                let Event::Distribution(here) = direct.answer(command) else { panic!() };
                // Lists of two have no third token to draw.
                let cut = |stage: &SamplerStage| stage.kind == SamplerKind::Listed;
                if !there.stages.iter().any(cut) {
                    assert_eq!(there.sampled.token, here.sampled.token, "seed {seed}");
                }
                for (a, b) in there.candidates.iter().zip(&here.candidates) {
                    assert_eq!(a.token, b.token, "seed {seed}");
                    let apart = (a.probability - b.probability).abs();
                    assert!(apart < 1e-5, "seed {seed}");
                }
                outcomes.answers += 1;
            }
            Event::Failed(failure) => {
                check(&failure.message);
                outcomes.errors += 1;
            }
            other => panic!("seed {seed}: {other:?}"),
        }
    }
    match seen.answer(Command::Score { ids: vec![30, 31, 32] }) {
        Event::Scored { tokens, .. } => assert_eq!(tokens.len(), 3),
        Event::Failed(failure) => check(&failure.message),
        other => panic!("seed {seed}: {other:?}"),
    }
}

/// A sentence that names the engine.
fn check(message: &str) {
    assert!(message.ends_with('.') || message.contains(": "), "{message}");
    assert!(message.contains("engine") || message.contains("speaks"), "{message}");
}
