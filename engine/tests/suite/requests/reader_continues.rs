//! Texts that another device also continues, token by token: the tokens are those of the model
//! alone, whatever that device does, and the model can go on from any of them.

use super::reader::{assert_alike, device, engine_alone, engine_with, text};
use super::*;
use crate::common::reader::{Behaviour, FAULTS_OF_CONTINUATIONS, Fault};
use protocol::{GrowMode, GrowSettings, PromptDevice, RequestId};

/// A device that continues texts.
fn continues() -> Behaviour {
    Behaviour { continues: true, late: 1, ..Behaviour::default() }
}

fn drawn(events: &[Event]) -> Vec<TokenId> {
    let tokens = events.iter().filter_map(|event| match event {
        Event::Token(distribution) => Some(distribution.sampled.token.id),
        _ => None,
    });
    tokens.collect()
}

#[test]
fn a_device_that_continues_texts_draws_the_tokens_of_the_model() {
    let (mut engine, twin) = engine_with(continues());
    assert_eq!(device(&engine), PromptDevice::GpuContinues);
    let ids = text(40, 2);
    let events = ask(&mut engine, generate(&ids, 30));
    let expected = ask(&mut engine_alone(), generate(&ids, 30));
    assert_eq!(drawn(&events), drawn(&expected));
    assert_eq!(drawn(&events).len(), 30);
    let state = twin.state();
    // The prompt, then a token at a time, each after all that the device has read.
    assert_eq!(state.questions.len(), 30);
    for (at, question) in state.questions.iter().enumerate().skip(1) {
        assert_eq!((question.from, question.ids.len()), (ids.len() + at - 1, 40 + at));
    }
    let timings = |events: &[Event]| match events.last() {
        Some(Event::Finished { timings, .. }) => *timings,
        other => panic!("{other:?}"),
    };
    let (own, of_model) = (timings(&events), timings(&expected));
    assert_eq!(own.prefill_tokens, of_model.prefill_tokens);
    assert_eq!(own.decode_tokens, of_model.decode_tokens);
    assert_eq!(own.forward_tokens, of_model.forward_tokens);
}

#[test]
fn a_device_is_told_how_the_next_tokens_will_be_drawn_and_they_are() {
    let (mut engine, twin) = engine_with(continues());
    let ids = text(30, 2);
    let events = ask(&mut engine, generate(&ids, 20));
    let draws = events.iter().filter_map(|event| match event {
        Event::Token(distribution) => Some(distribution.draw),
        _ => None,
    });
    let draws: Vec<f32> = draws.collect();
    let questions = twin.state().questions.clone();
    assert_eq!((draws.len(), questions.len()), (20, 20));
    for (at, question) in questions.iter().enumerate() {
        // Of the tokens that are drawn, the last one is not read.
        let Some(outlook) = &question.outlook else {
            assert_eq!(at, 19);
            continue;
        };
        assert_eq!(outlook.points.len(), (19 - at).min(8), "{at}");
        assert_eq!(outlook.points, draws[at..at + outlook.points.len()]);
        assert_eq!(outlook.temperature, settings().temperature);
    }
    // What depends on more than the order of logits is not foreseen, nor a single step.
    let penalised = SamplerSettings { frequency_penalty: 0.5, ..settings() };
    let (ids, max_new_tokens) = (text(30, 3), 3);
    let command =
        Command::Generate { ids, settings: penalised, max_new_tokens, candidates: 3 };
    ask(&mut engine, command);
    answer(&mut engine, next(&text(30, 4)));
    let asked = twin.state().questions[20..].to_vec();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|question| question.outlook.is_none()));
}

#[test]
fn a_step_of_the_explorer_is_a_token_and_a_look_back_is_none() {
    let (mut engine, twin) = engine_with(continues());
    let mut alone = engine_alone();
    let mut ids = text(3, 0);
    for step in 0..4 {
        ids.push(20 + step);
        assert_alike(&answer(&mut engine, next(&ids)), &answer(&mut alone, next(&ids)));
    }
    assert_eq!(twin.state().questions.len(), 4);
    answer(&mut engine, next(&ids[..ids.len() - 2]));
    assert_eq!(twin.state().questions.len(), 4);
    // Another token after the same beginning: the device goes back, too.
    ids.truncate(5);
    ids.push(99);
    assert_alike(&answer(&mut engine, next(&ids)), &answer(&mut alone, next(&ids)));
    assert_eq!(twin.state().questions.last().map(|question| question.from), Some(5));
}

#[test]
fn what_the_device_would_have_to_read_anew_the_model_continues() {
    let (mut engine, twin) = engine_with(continues());
    let (first, mut other) = (text(60, 1), text(50, 7));
    answer(&mut engine, next(&other));
    answer(&mut engine, next(&first));
    assert_eq!(twin.state().questions.len(), 2);
    // The device has read the first text last; the model goes on with the other.
    other.push(9);
    let mut alone = engine_alone();
    assert_alike(&answer(&mut engine, next(&other)), &answer(&mut alone, next(&other)));
    let asked = twin.state().questions.len();
    assert!(asked == 2 || twin.state().questions[2].from == 0, "{asked}");
}

#[test]
fn trees_and_verifications_go_on_from_what_the_device_has_written() {
    let (mut engine, _twin) = engine_with(continues());
    let mut alone = engine_alone();
    let mut ids = text(20, 4);
    let own = drawn(&ask(&mut engine, generate(&ids, 10)));
    assert_eq!(own, drawn(&ask(&mut alone, generate(&ids, 10))));
    ids.extend(&own[..9]);
    let growth =
        GrowSettings { mode: GrowMode::Beam, width: 3, depth: 3, ..Default::default() };
    let grow = Command::Grow { ids: ids.clone(), growth };
    let nodes = |events: Vec<Event>| -> Vec<TokenId> {
        let nodes = events.into_iter().flat_map(|event| match event {
            Event::Nodes { nodes } => nodes,
            _ => Vec::new(),
        });
        nodes.map(|node| node.token.id).collect()
    };
    let found = nodes(ask(&mut engine, grow.clone()));
    assert!(found.len() > 3);
    assert_eq!(found, nodes(ask(&mut alone, grow)));
    let verify = Command::Verify { ids, candidates: 20 };
    let Event::Verified(verified) = answer(&mut engine, verify) else { panic!() };
    assert!(verified.divergence_nats < 1e-3, "{verified:?}");
}

#[test]
fn after_any_fault_of_any_token_the_model_continues_the_same_text() {
    let ids = text(30, 3);
    let expected = drawn(&ask(&mut engine_alone(), generate(&ids, 12)));
    for fault in FAULTS_OF_CONTINUATIONS {
        for after in [0, 1, 6] {
            let behaviour = Behaviour { fault: Some((after, fault)), ..continues() };
            let (mut engine, twin) = engine_with(behaviour);
            let events = ask(&mut engine, generate(&ids, 12));
            assert_eq!(drawn(&events), expected, "{fault:?} after {after}");
            let told = Event::PromptsReadBy { device: PromptDevice::Failed };
            let times = events.iter().filter(|event| **event == told).count();
            assert_eq!(times, 1, "{fault:?} after {after}");
            assert_eq!(device(&engine), PromptDevice::Failed);
            assert_eq!(twin.state().questions.len(), after + 1);
        }
    }
}

#[test]
fn logits_that_come_before_the_end_of_a_text_are_a_fault() {
    let fault = Some((0, Fault::LogitsTooEarly));
    let (mut engine, _twin) = engine_with(Behaviour { fault, ..continues() });
    let ids = text(120, 3);
    let events = ask(&mut engine, next(&ids));
    assert_eq!(events[0], Event::PromptsReadBy { device: PromptDevice::Failed });
    let expected = answer(&mut engine_alone(), next(&ids));
    assert_alike(events.last().unwrap(), &expected);
}

#[test]
fn a_stop_between_two_tokens_ends_the_reply_at_once() {
    let (mut engine, twin) = engine_with(Behaviour { late: 9, ..continues() });
    let ids = text(20, 6);
    let mut events = Vec::new();
    engine.submit(0, request(1, generate(&ids, 40)), &mut |_, _| ());
    while drawn(&events).len() < 5 {
        engine.step(&mut |_, reply| events.push(reply.event));
    }
    engine.step(&mut |_, reply| events.push(reply.event));
    assert!(engine.waits_for_reader());
    let stop = Command::Cancel { request: RequestId(1) };
    engine.submit(0, request(2, stop), &mut |_, reply| events.push(reply.event));
    let cancelled = |event: &Event| {
        matches!(event, Event::Finished { reason: FinishReason::Cancelled, .. })
    };
    assert!(events.last().is_some_and(cancelled), "{events:?}");
    assert_eq!(twin.state().dropped, 1);
    // What was drawn stays, and goes on.
    let longer: Vec<TokenId> = ids.iter().copied().chain(drawn(&events)).collect();
    let expected = answer(&mut engine_alone(), next(&longer));
    assert_alike(&answer(&mut engine, next(&longer)), &expected);
}

#[test]
fn the_logits_are_those_of_the_device() {
    let fault = Some((0, Fault::LogitsRaised));
    let (mut engine, _twin) = engine_with(Behaviour { fault, ..continues() });
    let ids = text(30, 3);
    let actual = distribution(&mut engine, next(&ids));
    let expected = distribution(&mut engine_alone(), next(&ids));
    for (one, other) in actual.candidates.iter().zip(&expected.candidates) {
        let raised = one.logit - other.logit;
        assert!((raised - 1.0).abs() < 0.01, "{one:?} instead of {other:?}");
    }
}
