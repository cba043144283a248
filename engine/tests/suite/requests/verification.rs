//! Distributions that are computed once more by candle.

use protocol::{Precision, Verification};

use super::*;
use crate::common::tiny::{engine_for, load};
use engine::Limits;

fn verify(ids: &[TokenId]) -> Command {
    Command::Verify { ids: ids.to_vec(), candidates: 20 }
}

fn engine_in(precision: Precision, limits: Limits) -> Engine<u8> {
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let mut engine = engine_for(limits);
    engine.set_session(load(files, precision).unwrap(), &mut |_, _| ());
    engine
}

fn verification(engine: &mut Engine<u8>, ids: &[TokenId]) -> Verification {
    match answer(engine, verify(ids)) {
        Event::Verified(verification) => *verification,
        other => panic!("{other:?}"),
    }
}

const CLASS: Limits =
    Limits { active: 4, sequences: 8, cache_bytes: u64::MAX, waiting: 256 };

#[test]
fn candle_confirms_the_distribution_that_is_shown() {
    let ids: Vec<TokenId> = (10..40).collect();
    for (precision, computed_by, most) in [
        (Precision::F32, "F32 weights, candle, CPU", 1e-6),
        (Precision::Q8, " kernels, CPU", 1e-3),
        (Precision::Q4, " kernels, CPU", 1e-3),
    ] {
        let mut engine = engine_in(precision, Limits::default());
        let command = Command::NextToken {
            ids: ids.clone(),
            settings: settings(),
            candidates: 20,
            watch: vec![],
        };
        let shown = distribution(&mut engine, command);
        let verified = verification(&mut engine, &ids);
        assert_eq!((verified.position, verified.vocab_size), (30, shown.vocab_size));
        assert!(verified.computed_by.ends_with(computed_by), "{verified:?}");
        assert_eq!(verified.checked_by, "candle, in f32");
        // The text was read already.
        assert_eq!(verified.timings.prefill_tokens, 0);
        // What is verified is what was shown.
        assert_eq!(verified.candidates.len(), shown.candidates.len());
        for (verified, shown) in verified.candidates.iter().zip(&shown.candidates) {
            assert_eq!((&verified.token, verified.rank), (&shown.token, shown.rank));
            assert_eq!(verified.probability as f32, shown.probability);
            let own = (verified.probability - verified.reference_probability).abs();
            assert!(own <= most, "{precision:?}: {verified:?}");
        }
        assert!(verified.largest_difference <= most, "{precision:?}: {verified:?}");
        let entropies = [verified.entropy_bits, verified.reference_entropy_bits];
        assert!((entropies[0] - entropies[1]).abs() < 10.0 * most, "{entropies:?}");
        assert!((entropies[0] as f32 - shown.entropy_bits).abs() < 1e-6);
        assert!(verified.divergence_nats < most);
        if precision == Precision::F32 {
            assert!(verified.same_first);
            assert_eq!((verified.changed_ranks, verified.largest_rank_shift), (0, 0));
        }
    }
}

#[test]
fn a_text_that_was_not_read_is_read_first() {
    let mut engine = engine_in(Precision::Q8, Limits::default());
    let ids: Vec<TokenId> = (10..40).collect();
    let verified = verification(&mut engine, &ids);
    assert_eq!(verified.timings.prefill_tokens, 30);
    // Also one in the middle of a text.
    let back = verification(&mut engine, &ids[..7]);
    assert_eq!((back.position, back.timings.prefill_tokens), (7, 0));
    assert_ne!(back.candidates, verified.candidates);
}

#[test]
fn progress_never_goes_back_and_a_cancelled_verification_leaves_all_as_it_was() {
    let mut engine = engine_in(Precision::Q8, Limits::default());
    let ids: Vec<TokenId> = (0..300).map(|i| 10 + i % 200).collect();
    let before = distribution(&mut engine, next(&ids));
    let mut done = Vec::new();
    engine.submit(0, request(1, verify(&ids)), &mut |_, _| ());
    while done.len() < 5 {
        assert!(engine.step(&mut |_, reply| match reply.event {
            Event::Progress(progress) => {
                assert_eq!(progress.phase, Phase::Verify);
                assert!(progress.total.is_some_and(|total| progress.done <= total));
                done.push(progress.done);
            }
            other => panic!("{other:?}"),
        }));
    }
    assert!(done.is_sorted(), "{done:?}");
    let cancel = Command::Cancel { request: protocol::RequestId(1) };
    let mut last = None;
    engine.submit(0, request(2, cancel), &mut |_, reply| last = Some(reply.event));
    let Some(Event::Finished { reason, .. }) = last else { panic!("{last:?}") };
    assert_eq!(reason, FinishReason::Cancelled);
    assert!(run(&mut engine).is_empty());
    let after = distribution(&mut engine, next(&ids));
    assert_eq!(after.candidates, before.candidates);
    assert_eq!(after.timings.forward_tokens, before.timings.forward_tokens);
}

#[test]
fn others_are_answered_while_one_verifies_and_two_verify_in_turn() {
    let mut engine = engine_in(Precision::Q8, CLASS);
    let long: Vec<TokenId> = (0..300).map(|i| 10 + i % 200).collect();
    let mut ended = Vec::new();
    for client in [1, 2] {
        engine.submit(client, request(1, verify(&long)), &mut |_, _| ());
    }
    engine.submit(3, request(1, generate(&[10, 11], 5)), &mut |_, _| ());
    let mut verifying = Vec::new();
    while engine.step(&mut |client, reply| match reply.event {
        Event::Progress(progress) if progress.phase == Phase::Verify => {
            verifying.push(*client);
        }
        event if event.is_terminal() => {
            assert!(!matches!(event, Event::Failed(_)), "{event:?}");
            ended.push(*client);
        }
        _ => (),
    }) {}
    assert_eq!(ended, [3, 1, 2]);
    assert!(verifying.is_sorted(), "both at once: {verifying:?}");
}

#[test]
fn a_client_that_left_verifies_no_more() {
    let mut engine = engine_in(Precision::Q8, CLASS);
    let long: Vec<TokenId> = (0..300).map(|i| 10 + i % 200).collect();
    engine.submit(1, request(1, verify(&long)), &mut |_, _| ());
    for _ in 0..10 {
        assert!(engine.step(&mut |_, _| ()));
    }
    engine.forget(&1);
    assert!(!engine.step(&mut |_, reply| panic!("{reply:?}")));
}
