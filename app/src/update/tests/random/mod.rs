//! Ten thousand random sequences of events: actions of a person, and replies that come late,
//! twice, in another order, as failures, or never. After every step the page is checked against
//! its rules.

mod answers;
mod continuations;
mod engine;
mod rules;
mod step_rules;
mod steps;
pub(super) use steps::random as steps_random;
mod storage;
mod tool_rules;
mod world;

use step_rules::Before;
use steps::{Step, sequence};
use world::World;

const SEQUENCES: u64 = 10_000;
const STEPS: usize = 30;

/// Runs a sequence on a new page, then delivers everything.
///
/// # Errors
/// The step at which a rule does not hold, and that rule.
fn run(steps: &[Step]) -> Result<(), (usize, String)> {
    let mut world = World::new();
    for (index, step) in steps.iter().enumerate() {
        let before = Before::of(&world.state);
        let event = step.event(&world.state);
        let enabled = step_rules::is_enabled(&world.state, &event);
        world.take(*step);
        rules::check(&world)
            .and_then(|()| step_rules::check_step(&before, &event, enabled, &world))
            .map_err(|wrong| (index, wrong))?;
    }
    let end = steps.len().saturating_sub(1);
    if !world.settle() {
        return Err((end, "something never ends".into()));
    }
    rules::check(&world)
        .and_then(|()| rules::check_settled(&world))
        .map_err(|wrong| (end, wrong))
}

/// The shortest part of a sequence that still breaks a rule, with that rule.
fn shrunk(mut steps: Vec<Step>) -> (Vec<Step>, String) {
    let mut broken = String::new();
    if let Err((at, wrong)) = run(&steps) {
        steps.truncate(at + 1);
        broken = wrong;
    }
    let mut size = steps.len() / 2;
    while size > 0 {
        let mut from = 0;
        while from < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(from..(from + size).min(steps.len()));
            match run(&fewer) {
                Err((at, wrong)) => {
                    fewer.truncate(at + 1);
                    (steps, broken) = (fewer, wrong);
                }
                Ok(()) => from += size,
            }
        }
        size /= 2;
    }
    (steps, broken)
}

/// The events of a sequence, one on each line.
fn describe(steps: &[Step]) -> String {
    let mut world = World::new();
    let mut text = String::new();
    for step in steps {
        text += &format!("  {:?}\n", step.event(&world.state));
        world.take(*step);
    }
    text
}

#[test]
fn whatever_happens_the_page_shows_what_is_true_and_loses_nothing() {
    for seed in 0..SEQUENCES {
        let steps = sequence(seed, STEPS);
        if run(&steps).is_err() {
            let (steps, wrong) = shrunk(steps);
            panic!("seed {seed}: {wrong}, by\n{}", describe(&steps));
        }
    }
}
