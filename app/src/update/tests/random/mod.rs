//! Ten thousand random sequences of what can happen to the page: what a person does, and
//! replies that come late, twice, in another order, as failures or never. After every step
//! the page is held against its rules.

mod engine;
mod rules;
mod steps;
mod storage;
mod world;

use rules::Before;
use steps::{Step, sequence};
use world::World;

const SEQUENCES: u64 = 10_000;
const STEPS: usize = 30;

/// Does a sequence on a fresh page, then lets everything come; what is wrong, and at which
/// step.
fn run(steps: &[Step]) -> Result<(), (usize, String)> {
    let mut world = World::new();
    for (index, step) in steps.iter().enumerate() {
        let before = Before::of(&world.state);
        let deed = step.deed(&world.state);
        let offered = rules::is_offered(&world.state, &deed);
        world.take(*step);
        rules::check(&world)
            .and_then(|()| rules::check_step(&before, &deed, offered, &world))
            .map_err(|wrong| (index, wrong))?;
    }
    let end = steps.len().saturating_sub(1);
    if !world.settle() {
        return Err((end, "something goes on for ever".into()));
    }
    rules::check(&world)
        .and_then(|()| rules::check_settled(&world))
        .map_err(|wrong| (end, wrong))
}

/// The least of a sequence that still goes wrong, with what goes wrong.
fn shrunk(mut steps: Vec<Step>) -> (Vec<Step>, String) {
    let mut told = String::new();
    if let Err((at, wrong)) = run(&steps) {
        steps.truncate(at + 1);
        told = wrong;
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
                    (steps, told) = (fewer, wrong);
                }
                Ok(()) => from += size,
            }
        }
        size /= 2;
    }
    (steps, told)
}

/// What a sequence does, in words.
fn in_words(steps: &[Step]) -> String {
    let mut world = World::new();
    let mut words = String::new();
    for step in steps {
        words += &format!("  {:?}\n", step.deed(&world.state));
        world.take(*step);
    }
    words
}

#[test]
fn whatever_happens_the_page_shows_what_is_true_and_loses_nothing() {
    for seed in 0..SEQUENCES {
        let steps = sequence(seed, STEPS);
        if run(&steps).is_err() {
            let (steps, wrong) = shrunk(steps);
            panic!("seed {seed}: {wrong}, by\n{}", in_words(&steps));
        }
    }
}
