//! Several clients at once: each gets what it would get alone, in fewer passes.

use super::*;
use crate::common::tiny::{engine_for, session};
use engine::{Limits, Stats};
use std::collections::HashMap;

const CLASS: Limits =
    Limits { active: 16, sequences: 32, cache_bytes: u64::MAX, waiting: 256 };

fn engine_with(limits: Limits) -> Engine<u8> {
    let mut engine = engine_for(limits);
    engine.set_session(session(Kind::Instruct), &mut |_, _| ());
    engine
}

/// All events of commands that are submitted at once, one by each client from 0 on.
fn ask_all(engine: &mut Engine<u8>, commands: &[Command]) -> Vec<Vec<Event>> {
    let mut events: HashMap<u8, Vec<Event>> = HashMap::new();
    for (client, command) in (0..).zip(commands) {
        engine.submit(client, request(1, command.clone()), &mut |client, reply| {
            events.entry(*client).or_default().push(reply.event);
        });
    }
    while engine.step(&mut |client, reply| {
        events.entry(*client).or_default().push(reply.event);
    }) {}
    (0..).map_while(|client: u8| events.remove(&client)).collect()
}

fn sampled(events: &[Event]) -> Vec<TokenId> {
    let ids = events.iter().filter_map(|event| match event {
        Event::Token(distribution) => Some(distribution.sampled.token.id),
        _ => None,
    });
    ids.collect()
}

#[test]
fn each_gets_what_it_gets_alone_in_fewer_passes() {
    let prompt = |client: u32| -> Vec<TokenId> { (client..client + 20).collect() };
    let commands: Vec<Command> =
        (10..20).map(|client| generate(&prompt(client), 12)).collect();
    let mut together = engine_with(CLASS);
    let all = ask_all(&mut together, &commands);
    assert_eq!(all.len(), 10);
    let mut tokens = 0;
    for (command, events) in commands.iter().zip(&all) {
        let alone = ask(&mut engine(Kind::Instruct), command.clone());
        assert_eq!(sampled(events), sampled(&alone));
        assert_eq!(events.last().map(|e| e.is_terminal()), Some(true));
        tokens += sampled(events).len();
    }
    let Stats { passes, generated_tokens, forward_tokens, .. } = together.stats();
    assert_eq!(generated_tokens as usize, tokens);
    assert!(forward_tokens >= 200);
    assert!(passes < 60, "{passes} passes for {tokens} tokens");
}

#[test]
fn a_clients_cache_stays_while_others_read() {
    let mut engine = engine_with(CLASS);
    let text = |client: u32| -> Vec<TokenId> { (0..40).map(|i| client + i).collect() };
    let firsts: Vec<Command> = (0..8).map(|i| next(&text(10 + 20 * i))).collect();
    ask_all(&mut engine, &firsts);
    let before = engine.stats().forward_tokens;
    let seconds: Vec<Command> =
        (0..8).map(|i| next(&[text(10 + 20 * i), vec![7]].concat())).collect();
    for events in ask_all(&mut engine, &seconds) {
        let Some(Event::Distribution(distribution)) = events.last() else {
            panic!("{events:?}")
        };
        assert_eq!(distribution.timings.cached_tokens, 40);
    }
    assert_eq!(engine.stats().forward_tokens, before + 8);
}

#[test]
fn a_common_prefix_is_read_once() {
    let mut engine = engine_with(CLASS);
    let shared: Vec<TokenId> = (0..100).map(|i| 10 + i).collect();
    ask_all(&mut engine, &[next(&shared)]);
    let branches: Vec<Command> =
        (0..6).map(|i| next(&[shared.clone(), vec![50 + i, 60]].concat())).collect();
    ask_all(&mut engine, &branches);
    assert_eq!(engine.stats().forward_tokens, 100 + 6 * 2);
    // The results are those without a copied prefix.
    let together = ask_all(&mut engine, &branches);
    for (command, events) in branches.into_iter().zip(together) {
        let alone = distribution(&mut self::engine(Kind::Instruct), command);
        let Some(Event::Distribution(shared)) = events.last() else { panic!() };
        for (a, b) in alone.candidates.iter().zip(&shared.candidates) {
            assert_eq!(a.token, b.token);
            assert!((a.logit - b.logit).abs() < 1e-3);
        }
    }
}

#[test]
fn the_cache_is_bounded_and_the_oldest_sequences_are_evicted_first() {
    let mut probe = engine_with(CLASS);
    ask_all(&mut probe, &[next(&[10, 11])]);
    let per_token = probe.stats().cache_bytes / 2;
    let cache_bytes = 100 * per_token;
    let mut engine = engine_with(Limits { cache_bytes, ..CLASS });
    for start in 0..10 {
        let ids: Vec<TokenId> = (0..30).map(|i| 10 + 10 * start + i).collect();
        // Each has a client of its own, so that none continues another's sequence.
        engine.submit(start as u8, request(1, next(&ids)), &mut |_, _| ());
        while engine.step(&mut |_, _| ()) {}
        assert!(engine.stats().cache_bytes <= cache_bytes);
    }
    assert!(engine.stats().evicted >= 7, "{:?}", engine.stats());
    let cached = |engine: &mut Engine<u8>, start: u32| {
        let ids: Vec<TokenId> = (0..30).map(|i| 10 + 10 * start + i).collect();
        let mut found = 0;
        engine.submit(start as u8, request(2, next(&ids)), &mut |_, _| ());
        while engine.step(&mut |_, reply| {
            if let Event::Distribution(distribution) = reply.event {
                found = distribution.timings.cached_tokens;
            }
        }) {}
        found
    };
    assert_eq!(cached(&mut engine, 9), 30);
    assert_eq!(cached(&mut engine, 0), 0);
}

#[test]
fn more_than_fits_in_memory_waits_and_is_served() {
    let mut probe = engine_with(CLASS);
    ask_all(&mut probe, &[next(&[10, 11])]);
    let cache_bytes = 50 * probe.stats().cache_bytes / 2;
    let mut engine = engine_with(Limits { cache_bytes, ..CLASS });
    let commands: Vec<Command> =
        (0..6).map(|i| generate(&(i..i + 30).collect::<Vec<_>>(), 10)).collect();
    for events in ask_all(&mut engine, &commands) {
        assert!(matches!(events.last(), Some(Event::Finished { .. })), "{events:?}");
    }
    // A request may exceed the limit if it runs alone.
    let long: Vec<TokenId> = (0..200).map(|i| 10 + i % 100).collect();
    let events = ask_all(&mut engine, &[next(&long)]);
    assert!(matches!(events[0].last(), Some(Event::Distribution(_))));
}

#[test]
fn a_client_with_many_requests_does_not_block_the_others() {
    let mut engine = engine_with(Limits { active: 2, ..CLASS });
    let mut ended = Vec::new();
    for id in 0..20 {
        engine.submit(1, request(id, generate(&[20 + id], 50)), &mut |_, _| ());
    }
    engine.submit(2, request(0, next(&[10, 11])), &mut |_, _| ());
    while engine.step(&mut |client, reply| {
        if reply.event.is_terminal() {
            ended.push((*client, reply.id.0));
        }
    }) {}
    assert_eq!(ended.len(), 21);
    assert!(ended[..2].contains(&(2, 0)), "{ended:?}");
    let own: Vec<u32> =
        ended.iter().filter(|(client, _)| *client == 1).map(|(_, id)| *id).collect();
    assert!(own.is_sorted(), "one after another: {own:?}");
}

#[test]
fn a_client_that_leaves_or_cancels_does_not_affect_the_others() {
    let mut engine = engine_with(CLASS);
    let mut last = HashMap::new();
    for client in 0..4 {
        let first = 20 + u32::from(client);
        let long: Vec<TokenId> = (0..2000).map(|i| first + i % 50).collect();
        let command = match client {
            0 | 1 => next(&long),
            _ => generate(&[first, 21, 22], 40),
        };
        engine.submit(client, request(1, command), &mut |_, _| ());
    }
    for step in 0..200 {
        if step == 2 {
            engine.forget(&0);
            let cancel = Command::Cancel { request: protocol::RequestId(1) };
            engine.submit(1, request(2, cancel), &mut |client, reply| {
                last.insert(*client, reply.event);
            });
        }
        engine.step(&mut |client, reply| {
            last.insert(*client, reply.event);
        });
    }
    assert_eq!(engine.stats().active, 0);
    let reason = |client: u8| match last.get(&client) {
        Some(Event::Finished { reason, .. }) => Some(*reason),
        _ => None,
    };
    assert_eq!(reason(0), None);
    assert_eq!(reason(1), Some(FinishReason::Cancelled));
    for client in [2, 3] {
        assert!(matches!(
            reason(client),
            Some(FinishReason::MaxTokens | FinishReason::EndOfText)
        ));
    }
}
