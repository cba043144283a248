//! How a prediction came about: what is found, in which steps, and what is left alone.

use engine::Limits;
use protocol::{Finding, Inspection, OcclusionUnit, Precision, RequestId};

use super::*;
use crate::common::tiny::{engine_for, load};

fn engine_in(precision: Precision, limits: Limits) -> Engine<u8> {
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let mut engine = engine_for(limits);
    engine.set_session(load(files, precision).unwrap(), &mut |_, _| ());
    engine
}

fn inspect(ids: &[TokenId], question: Inspection) -> Command {
    Command::Inspect { ids: ids.to_vec(), question }
}

fn lens(positions: u32, follow: &[TokenId]) -> Inspection {
    Inspection::Lens { positions, candidates: 5, follow: follow.to_vec() }
}

fn occlusion(unit: OcclusionUnit, from: u32) -> Inspection {
    Inspection::Occlusion { target: None, unit, from }
}

fn findings(engine: &mut Engine<u8>, command: Command) -> Vec<Finding> {
    let events = ask(engine, command);
    let Some((Event::Inspected { .. }, rest)) = events.split_last() else {
        panic!("{events:?}")
    };
    let finding = |event: &Event| match event {
        Event::Finding(finding) => Some(finding.clone()),
        Event::Progress(_) => None,
        other => panic!("{other:?}"),
    };
    rest.iter().filter_map(finding).collect()
}

fn text() -> Vec<TokenId> {
    (10..40).collect()
}

const PRECISIONS: [Precision; 2] = [Precision::F32, Precision::Q8];

#[test]
fn the_lens_ends_with_the_distribution_that_is_shown_at_every_position() {
    for precision in PRECISIONS {
        let mut engine = engine_in(precision, Limits::default());
        let ids = text();
        let found = findings(&mut engine, inspect(&ids, lens(20, &[7, 8])));
        assert_eq!(found.len(), 20);
        for (index, finding) in found.iter().enumerate() {
            let Finding::Lens(lens) = finding else { panic!("{finding:?}") };
            assert_eq!(lens.position as usize, 11 + index);
            let shown = distribution(&mut engine, next(&ids[..lens.position as usize]));
            let last = lens.layers.last().unwrap();
            assert!((last.entropy_bits - shown.entropy_bits).abs() < 1e-3);
            for (top, shown) in last.top.iter().zip(&shown.candidates) {
                assert!((top.probability - shown.probability).abs() < 1e-4);
            }
            assert_eq!(lens.followed[0].id, shown.greedy);
            let asked: Vec<TokenId> =
                lens.followed[1..].iter().map(|token| token.id).collect();
            assert_eq!(asked, [7, 8]);
            assert_eq!(last.followed[0].rank, 1);
            assert!(lens.layers.iter().all(|layer| layer.followed.len() == 3));
        }
    }
}

#[test]
fn what_was_read_stays_as_it_is() {
    for precision in PRECISIONS {
        let mut engine = engine_in(precision, Limits::default());
        let ids = text();
        let before = distribution(&mut engine, next(&ids));
        let bytes = engine.stats().cache_bytes;
        for question in [
            lens(3, &[]),
            Inspection::Attention { layer: None },
            Inspection::Head { layer: 1, head: 0 },
            occlusion(OcclusionUnit::Token, 0),
            Inspection::Attribution { tokens: vec![5] },
        ] {
            // Also of a prediction in the middle.
            for ids in [&ids[..], &ids[..12]] {
                findings(&mut engine, inspect(ids, question.clone()));
                assert_eq!(engine.stats().cache_bytes, bytes, "{question:?}");
                assert_eq!(engine.stats().sequences, 1, "{question:?}");
            }
        }
        let read = engine.stats().forward_tokens;
        let after = distribution(&mut engine, next(&ids));
        assert_eq!(after.candidates, before.candidates);
        assert_eq!(engine.stats().forward_tokens, read, "nothing was read again");
    }
}

#[test]
fn attention_weights_sum_to_one_and_a_head_is_the_same_alone() {
    for precision in PRECISIONS {
        let mut engine = engine_in(precision, Limits::default());
        let ids = text();
        let all = inspect(&ids, Inspection::Attention { layer: None });
        let found = findings(&mut engine, all);
        let [Finding::Attention(all)] = &found[..] else { panic!("{found:?}") };
        for layer in &all.layers {
            for head in &layer.heads {
                assert_eq!(head.len(), ids.len());
                assert!((head.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            }
        }
        let one = inspect(&ids, Inspection::Attention { layer: Some(1) });
        let found = findings(&mut engine, one);
        let [Finding::Attention(one)] = &found[..] else { panic!("{found:?}") };
        assert_eq!(one.layers, all.layers[1..2]);
        let head = inspect(&ids, Inspection::Head { layer: 1, head: 2 });
        let found = findings(&mut engine, head);
        let [Finding::Head(head)] = &found[..] else { panic!("{found:?}") };
        let lengths: Vec<usize> = head.rows.iter().map(Vec::len).collect();
        assert_eq!(lengths, (1..=ids.len()).collect::<Vec<_>>());
        for (a, b) in head.rows[ids.len() - 1].iter().zip(&all.layers[1].heads[2]) {
            assert!((a - b).abs() < 1e-3);
        }
    }
}

#[test]
fn without_a_part_the_prediction_is_that_of_the_text_without_it() {
    for precision in PRECISIONS {
        let mut engine = engine_in(precision, Limits::default());
        let ids = text();
        for unit in [OcclusionUnit::Token, OcclusionUnit::Word, OcclusionUnit::Sentence] {
            let found = findings(&mut engine, inspect(&ids, occlusion(unit, 3)));
            let Some((Finding::Occlusion(start), rest)) = found.split_first() else {
                panic!("{found:?}")
            };
            assert_eq!(start.units as usize, rest.len());
            let target = start.target.id;
            let log_p = |engine: &mut Engine<u8>, ids: &[TokenId]| {
                let command = Command::NextToken {
                    ids: ids.to_vec(),
                    settings: settings(),
                    candidates: 1,
                    watch: vec![target],
                };
                let shown = distribution(engine, command);
                (f64::from(shown.watched[0].probability).ln(), shown.greedy)
            };
            let (whole, greedy) = log_p(&mut engine, &ids);
            assert!((start.log_probability - whole).abs() < 1e-3);
            assert_eq!(greedy, target);
            let mut ends = Vec::new();
            for finding in rest {
                let Finding::Occluded(occluded) = finding else { panic!("{finding:?}") };
                let removed = occluded.start as usize..occluded.end as usize;
                assert!(removed.start >= 3);
                let without = [&ids[..removed.start], &ids[removed.end..]].concat();
                let (expected, greedy) = log_p(&mut engine, &without);
                let found = occluded.log_probability;
                assert!((found - expected).abs() < 1e-2, "{found}, not {expected}");
                assert_eq!(occluded.top.token.id, greedy);
                ends.push(removed.end);
            }
            assert!(ends.is_sorted_by(|a, b| a > b), "the last comes first: {ends:?}");
        }
    }
}

#[test]
fn contributions_add_up_to_the_logit_that_is_shown() {
    for precision in PRECISIONS {
        let mut engine = engine_in(precision, Limits::default());
        let shown = distribution(&mut engine, next(&text()));
        let tokens: Vec<TokenId> =
            shown.candidates.iter().map(|candidate| candidate.token.id).collect();
        let question = Inspection::Attribution { tokens };
        let found = findings(&mut engine, inspect(&text(), question));
        let [Finding::Attribution(found)] = &found[..] else { panic!("{found:?}") };
        let first = Inspection::Attribution { tokens: vec![] };
        let first = findings(&mut engine, inspect(&text(), first));
        let [Finding::Attribution(first)] = &first[..] else { panic!("{first:?}") };
        assert_eq!(first.tokens, found.tokens[..1]);
        for (token, candidate) in found.tokens.iter().zip(&shown.candidates) {
            assert_eq!(token.token, candidate.token);
            assert!((token.logit - f64::from(candidate.logit)).abs() < 1e-3);
            assert!((token.sum - token.logit).abs() < 1e-2);
            assert_eq!(token.contributions.len(), found.parts.len());
        }
    }
}

#[test]
fn a_text_of_one_token_can_be_inspected() {
    let mut engine = engine_in(Precision::Q8, Limits::default());
    for question in [
        lens(64, &[]),
        Inspection::Attention { layer: Some(0) },
        Inspection::Head { layer: 0, head: 0 },
        Inspection::Attribution { tokens: vec![5] },
    ] {
        assert_eq!(findings(&mut engine, inspect(&[10], question)).len(), 1);
    }
    // All of a text is not removed at once.
    let found = findings(&mut engine, inspect(&[10], occlusion(OcclusionUnit::Token, 0)));
    let [Finding::Occlusion(start)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((start.units, start.tokens_to_read), (0, 0));
    // Nothing is removed if all stays.
    let all = inspect(&[10, 11], occlusion(OcclusionUnit::Token, u32::MAX));
    assert_eq!(findings(&mut engine, all).len(), 1);
}

#[test]
fn findings_come_one_by_one_and_a_cancelled_inspection_gives_its_memory_back() {
    let mut engine = engine_in(Precision::Q8, Limits::default());
    let ids: Vec<TokenId> = (0..300).map(|i| 10 + i % 200).collect();
    let before = distribution(&mut engine, next(&ids));
    let bytes = engine.stats().cache_bytes;
    let command = inspect(&ids, occlusion(OcclusionUnit::Token, 0));
    engine.submit(0, request(1, command), &mut |_, _| ());
    let mut found = 0;
    while found < 5 {
        let mut in_this_step = 0;
        assert!(engine.step(&mut |_, reply| match reply.event {
            Event::Finding(_) => in_this_step += 1,
            other => panic!("{other:?}"),
        }));
        assert!(in_this_step <= 16, "no step is longer than others");
        found += in_this_step;
    }
    assert!(engine.stats().cache_bytes > bytes);
    let cancel = Command::Cancel { request: RequestId(1) };
    let mut last = None;
    engine.submit(0, request(2, cancel), &mut |_, reply| last = Some(reply.event));
    let Some(Event::Finished { reason, .. }) = last else { panic!("{last:?}") };
    assert_eq!(reason, FinishReason::Cancelled);
    assert_eq!(engine.stats().cache_bytes, bytes);
    assert!(run(&mut engine).is_empty());
    let after = distribution(&mut engine, next(&ids));
    assert_eq!(after.candidates, before.candidates);
}

#[test]
fn others_are_answered_while_one_inspects() {
    let class = Limits { active: 4, sequences: 4, cache_bytes: u64::MAX, waiting: 256 };
    let mut engine = engine_in(Precision::Q8, class);
    let ids: Vec<TokenId> = (0..200).map(|i| 10 + i % 200).collect();
    for client in [1, 2] {
        let command = inspect(&ids, occlusion(OcclusionUnit::Token, 0));
        engine.submit(client, request(1, command), &mut |_, _| ());
    }
    for client in [3, 4] {
        engine.submit(client, request(1, generate(&[10, 11], 5)), &mut |_, _| ());
    }
    let (mut ended, mut found) = (Vec::new(), Vec::new());
    while engine.step(&mut |client, reply| match reply.event {
        Event::Finding(_) => found.push(*client),
        event if event.is_terminal() => {
            assert!(!matches!(event, Event::Failed(_)), "{event:?}");
            ended.push(*client);
        }
        _ => (),
    }) {}
    assert_eq!(ended, [3, 4, 1, 2]);
    assert_eq!(found.len(), 2 * 201);
    assert!(found.is_sorted(), "both at once");
    assert_eq!(engine.stats().sequences, 4);
}
