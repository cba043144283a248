//! The fused decoder against candle in f32 with the same 8-bit or 4-bit weights: with every implementation of the kernels that this machine supports, with one thread
//! and a team, in one prefill, token by token, after truncating, and beside other
//! sequences.

use std::cell::Cell;

use inference::{LanguageModel, ModelWeights};
use kernels::{Kernels, Team};
use protocol::Precision;

use crate::architectures::{beside_others, for_each_fixture, read};
use crate::models::{fused, fused_alone, reference, runs_fused};
use crate::on_a_thread;

/// The largest difference of a logit that passes. The fused decoder rounds activations to
/// 16 bits, and the least of the models have few channels over which that averages out.
const TOLERANCE: f32 = 1e-2;

fn largest_difference(actual: &[Vec<f32>], expected: &[Vec<f32>]) -> f32 {
    assert_eq!(actual.len(), expected.len());
    let pairs = actual.iter().flatten().zip(expected.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn check(precision: Precision) {
    for_each_fixture(|name, folder, expected| {
        if !runs_fused(folder) {
            return;
        }
        let ids = &expected.ids;
        let packed = fused_alone(folder, precision);
        let after = |length| reference(&packed, &ids[..length]).0;
        let reference: Vec<Vec<f32>> = (1..=ids.len()).map(after).collect();
        let worst = Cell::new(0f32);
        for kernels in Kernels::all() {
            let kernels_name = kernels.name();
            for threads in [1, 3] {
                let team = Team::new(threads, on_a_thread);
                let mut model = fused(folder, precision, team, kernels);
                let compare = |way: &str, logits: &[Vec<f32>], reference: &[Vec<f32>]| {
                    let largest = largest_difference(logits, reference);
                    assert!(
                        largest < TOLERANCE,
                        "{name}, {kernels_name}, {threads} threads, {way}: {largest}"
                    );
                    worst.set(worst.get().max(largest));
                };
                compare("one prefill", &read(&mut model, ids), &reference);
                model.truncate(0, 0);
                let one = |id: &u32| read(&mut model, &[*id]).remove(0);
                let steps: Vec<_> = ids.iter().map(one).collect();
                compare("token by token", &steps, &reference);
                let middle = ids.len() / 2;
                model.truncate(0, middle);
                let other: Vec<u32> = ids.iter().rev().copied().collect();
                read(&mut model, &other);
                model.truncate(0, middle);
                assert_eq!(model.cached(0), middle);
                let rest = read(&mut model, &ids[middle..]);
                compare("after truncating", &rest, &reference[middle..]);
                let beside = beside_others(&mut model, ids, &other);
                compare("beside others", &beside, &reference);
            }
        }
        println!("{name}, {precision:?}: largest difference {:.1e}", worst.get());
    });
}

#[test]
fn eight_bits_give_the_logits_of_candle_in_f32() {
    check(Precision::Q8);
}

#[test]
fn four_bits_give_the_logits_of_candle_in_f32() {
    check(Precision::Q4);
}

#[test]
fn what_a_recurrence_keeps_comes_through_a_text_of_several_passes() {
    const LENGTH: usize = 300;
    let seen = Cell::new(0);
    for_each_fixture(|name, folder, expected| {
        let mut model = fused_alone(folder, Precision::Q8);
        if model.config().recurring().is_none() {
            return;
        }
        let ids: Vec<u32> = expected.ids.iter().copied().cycle().take(LENGTH).collect();
        let at_once = read(&mut model, &ids);
        model.truncate(0, 0);
        let one = |id: &u32| read(&mut model, &[*id]).remove(0);
        let steps: Vec<_> = ids.iter().map(one).collect();
        let largest = largest_difference(&at_once, &steps);
        assert!(largest < TOLERANCE, "{name}: {largest}");
        seen.set(seen.get() + 1);
    });
    assert!(seen.get() > 8, "{}", seen.get());
}
