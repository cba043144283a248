//! Long texts that another device reads for the model: the answers are those of the model alone,
//! whatever that device does.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::common::reader::{Behaviour, Twin};
use crate::common::tiny::{engine_for, load, model_files};
use engine::Limits;
use protocol::{Precision, PromptDevice, RequestId};

fn files() -> random_model::Files {
    random_model::files(&Shape::tiny(), Kind::Instruct, 1)
}

/// An engine with a device that reads texts, and that device.
pub(super) fn engine_with(behaviour: Behaviour) -> (Engine<u8>, Twin) {
    let twin = Twin::new(&model_files(files()), behaviour);
    let mut session = load(files(), Precision::Q8).unwrap();
    session.set_prompt_reader(Box::new(twin.clone()));
    let mut engine = engine_for(Limits { active: 4, ..Limits::default() });
    engine.set_session(session, &mut |_, _| ());
    (engine, twin)
}

/// An engine whose model reads everything itself.
pub(super) fn engine_alone() -> Engine<u8> {
    let mut engine = engine_for(Limits::default());
    engine.set_session(load(files(), Precision::Q8).unwrap(), &mut |_, _| ());
    engine
}

pub(super) fn text(length: usize, seed: u32) -> Vec<TokenId> {
    (0..length as u32).map(|at| 3 + (at * at * 7 + 31 * at + seed) % 250).collect()
}

fn distribution_of(event: &Event) -> &Distribution {
    match event {
        Event::Distribution(distribution) => distribution,
        other => panic!("{other:?}"),
    }
}

/// Both say the same, but for how caches are rounded.
pub(super) fn assert_alike(actual: &Event, expected: &Event) {
    let (actual, expected) = (distribution_of(actual), distribution_of(expected));
    for (one, other) in actual.candidates.iter().zip(&expected.candidates) {
        let off = (one.probability - other.probability).abs();
        assert!(off <= 1e-3, "{one:?} instead of {other:?}");
    }
    assert_eq!(actual.candidates.len(), expected.candidates.len());
    // Two that are as good as equal may change places.
    let [first, second] = [0, 1].map(|rank| expected.candidates[rank].probability);
    if first - second > 1e-3 {
        assert_eq!(actual.greedy, expected.greedy);
    }
}

pub(super) fn device(engine: &Engine<u8>) -> PromptDevice {
    engine.session().unwrap().description().prompts
}

#[test]
fn a_long_text_that_a_device_has_read_is_answered_as_the_model_does() {
    let (mut engine, twin) = engine_with(Behaviour::default());
    assert_eq!(device(&engine), PromptDevice::Gpu);
    let ids = text(320, 0);
    let events = ask(&mut engine, next(&ids));
    let expected = answer(&mut engine_alone(), next(&ids));
    assert_alike(events.last().unwrap(), &expected);
    let timings = distribution_of(events.last().unwrap()).timings;
    assert_eq!((timings.prefill_tokens, timings.forward_tokens), (320, 320));
    // A part at a time, and progress after each but the last.
    let done = events.iter().filter_map(|event| match event {
        Event::Progress(progress) => Some((progress.phase, progress.done)),
        _ => None,
    });
    let expected = [50, 100, 150, 200, 250, 300].map(|done| (Phase::Prefill, done));
    assert_eq!(done.collect::<Vec<_>>(), expected);
    assert_eq!(twin.state().questions.len(), 1);
    assert_eq!(twin.state().questions[0].from, 0);
}

#[test]
fn the_model_goes_on_from_what_the_device_has_read_and_the_device_from_what_it_knows() {
    let (mut engine, twin) = engine_with(Behaviour { part: 64, ..Behaviour::default() });
    let mut alone = engine_alone();
    let ids = text(100, 5);
    let drawn = |events: &[Event]| -> Vec<TokenId> {
        let tokens = events.iter().filter_map(|event| match event {
            Event::Token(distribution) => Some(distribution.sampled.token.id),
            _ => None,
        });
        tokens.collect()
    };
    let own = drawn(&ask(&mut engine, generate(&ids, 12)));
    assert_eq!(own, drawn(&ask(&mut alone, generate(&ids, 12))));
    // Few more tokens are read by the model, many by the device, which has not read what the
    // model has drawn.
    let longer: Vec<TokenId> = ids.iter().chain(&own).copied().collect();
    let few: Vec<TokenId> = longer.iter().copied().chain(text(10, 9)).collect();
    assert_alike(&answer(&mut engine, next(&few)), &answer(&mut alone, next(&few)));
    assert_eq!(twin.state().questions.len(), 1);
    let many: Vec<TokenId> = longer.iter().copied().chain(text(40, 10)).collect();
    assert_alike(&answer(&mut engine, next(&many)), &answer(&mut alone, next(&many)));
    assert_eq!(twin.state().questions.len(), 2);
    let from = twin.state().questions[1].from;
    assert!(from >= longer.len() - 1 && from < many.len() - 16, "from {from}");
    // A look back costs nothing.
    let back = answer(&mut engine, next(&many[..many.len() - 3]));
    assert_eq!(distribution_of(&back).timings.prefill_tokens, 0);
}

#[test]
fn texts_that_are_short_or_too_long_are_read_by_the_model() {
    let (mut engine, twin) =
        engine_with(Behaviour { most_tokens: 100, ..Behaviour::default() });
    for length in [1, 15, 101, 200] {
        answer(&mut engine, next(&text(length, length as u32)));
    }
    assert_eq!(twin.state().questions.len(), 0);
    answer(&mut engine, next(&text(16, 77)));
    assert_eq!(twin.state().questions.len(), 1);
}

#[test]
fn an_engine_says_that_it_waits_only_while_it_does() {
    let (mut engine, _twin) = engine_with(Behaviour { late: 2, ..Behaviour::default() });
    assert!(!engine.waits_for_reader());
    engine.submit(0, request(1, next(&text(100, 0))), &mut |_, _| ());
    let mut seen = Vec::new();
    while engine.step(&mut |_, _| ()) {
        seen.push(engine.waits_for_reader());
    }
    // Twice for nothing before each of two parts.
    assert_eq!(seen, [true, true, false, true, true]);
    assert!(!engine.waits_for_reader());
}

/// The answers to two clients, in the order in which they came: client 0 asks for 100 tokens, and
/// client 1 for 60 others while the device has the first.
pub(super) fn of_two_clients(engine: &mut Engine<u8>) -> Vec<(u8, Event)> {
    let mut ended = Vec::new();
    engine.submit(0, request(1, next(&text(100, 0))), &mut |_, _| ());
    engine.step(&mut |_, _| ());
    engine.submit(1, request(2, next(&text(60, 4))), &mut |_, _| ());
    while engine.step(&mut |client, reply| {
        if reply.event.is_terminal() {
            ended.push((*client, reply.event));
        }
    }) {}
    ended
}

#[test]
fn others_go_on_while_one_waits() {
    let (mut engine, twin) = engine_with(Behaviour { late: 9, ..Behaviour::default() });
    // The device reads one text at a time: the model reads the second one.
    let ended = of_two_clients(&mut engine);
    assert_eq!(ended.iter().map(|(client, _)| *client).collect::<Vec<_>>(), [1, 0]);
    let mut alone = engine_alone();
    assert_alike(&ended[0].1, &answer(&mut alone, next(&text(60, 4))));
    assert_alike(&ended[1].1, &answer(&mut alone, next(&text(100, 0))));
    assert_eq!(twin.state().questions.len(), 1);
}

#[test]
fn a_stop_while_the_device_reads_ends_the_request_at_once() {
    let (mut engine, twin) = engine_with(Behaviour { late: 3, ..Behaviour::default() });
    let mut events = Vec::new();
    engine.submit(0, request(1, next(&text(300, 0))), &mut |_, _| ());
    for _ in 0..6 {
        engine.step(&mut |_, reply| events.push(reply.event));
    }
    let stop = Command::Cancel { request: RequestId(1) };
    engine.submit(0, request(2, stop), &mut |_, reply| events.push(reply.event));
    let cancelled = |event: &Event| {
        matches!(event, Event::Finished { reason: FinishReason::Cancelled, .. })
    };
    assert!(events.last().is_some_and(cancelled), "{events:?}");
    assert_eq!(twin.state().dropped, 1);
    assert!(!engine.step(&mut |_, _| ()));
    // What was read stays, and another text after the same beginning is right.
    let ids: Vec<TokenId> =
        text(300, 0)[..120].iter().copied().chain(text(30, 8)).collect();
    assert_alike(
        &answer(&mut engine, next(&ids)),
        &answer(&mut engine_alone(), next(&ids)),
    );
}

#[test]
fn a_text_is_scored_as_the_model_does() {
    let (mut engine, twin) =
        engine_with(Behaviour { part: 37, late: 1, ..Behaviour::default() });
    let score = || Command::Score { ids: text(200, 3) };
    let scores = |event: Event| -> Vec<f32> {
        let Event::Scored { tokens, .. } = event else { panic!("{event:?}") };
        tokens.iter().filter_map(|token| Some(token.score?.surprisal_bits)).collect()
    };
    let actual = scores(answer(&mut engine, score()));
    let expected = scores(answer(&mut engine_alone(), score()));
    assert_eq!((actual.len(), expected.len()), (199, 199));
    for (at, (one, other)) in actual.iter().zip(&expected).enumerate() {
        assert!((one - other).abs() <= 1e-2, "token {at}: {one} instead of {other}");
    }
    assert_eq!(twin.state().questions.len(), 1);
}

/// Seven milliseconds later whenever it is looked at.
fn clock() -> f64 {
    static LOOKS: AtomicU32 = AtomicU32::new(0);
    f64::from(7 * LOOKS.fetch_add(1, Ordering::Relaxed))
}

#[test]
fn a_device_that_reads_as_the_model_does_passes_the_check_and_no_other_does() {
    let twin = Twin::new(&model_files(files()), Behaviour::default());
    let mut session = load(files(), Precision::Q8).unwrap();
    assert!(session.packed().is_some());
    for ids in session.check_texts().unwrap() {
        let read = twin.read_all(&ids);
        let check = session.check_reader(&ids, &read, clock).unwrap();
        assert!(check.passed(), "{check:?}");
        assert!(check.divergence > 0.0 && check.divergence < 1e-4, "{check:?}");
        assert_eq!(
            (check.model_ms, session.time_reading(&ids, clock).unwrap()),
            (7.0, 7.0)
        );
        assert_eq!(session.forward_tokens(), 0);

        let width = read.states.len() / ids.len();
        let mut wrong = read.clone();
        let last = wrong.states.len() - width;
        wrong.states[last..].rotate_left(1);
        assert!(!session.check_reader(&ids, &wrong, clock).unwrap().passed(), "states");
        let mut wrong = read.clone();
        wrong.layers[0].reverse();
        assert!(
            !session.check_reader(&ids, &wrong, clock).unwrap().passed(),
            "keys and values"
        );
        let mut wrong = read.clone();
        wrong.states[0] = f32::NAN;
        assert!(
            !session.check_reader(&ids, &wrong, clock).unwrap().passed(),
            "not a number"
        );
        wrong = read;
        wrong.layers.pop();
        assert!(
            !session.check_reader(&ids, &wrong, clock).unwrap().passed(),
            "a layer less"
        );
    }
    // The session is as it was.
    let mut engine = engine_for(Limits::default());
    engine.set_session(session, &mut |_, _| ());
    let ids = text(30, 1);
    assert_alike(
        &answer(&mut engine, next(&ids)),
        &answer(&mut engine_alone(), next(&ids)),
    );
}

#[test]
fn a_model_in_32_bits_gives_no_packed_weights() {
    assert!(load(files(), Precision::F32).unwrap().packed().is_none());
}
