//! Ranking of logits.

use fastrand::Rng;
use gpu::{BLOCK_WORDS, BlockRanking, Front, Limits, RankedLogit, Watched, merge};

use crate::device::{Gpu, gpu};
use crate::numbers::{assert_close, buffer, empty, numbers, words, written};

/// The fronts of some rows of logits.
fn fronts(gpu: &Gpu, logits: &[f32], vocab_size: usize) -> Vec<Option<Front>> {
    let rows = logits.len() / vocab_size;
    let ranking = BlockRanking { vocab_size };
    let out = empty(rows * ranking.blocks() * BLOCK_WORDS);
    let dispatch = ranking.dispatch(rows, &Limits::DEFAULT);
    let results = gpu.run(&ranking.kernel(), dispatch, &[buffer(logits), out]);
    let known: Vec<u32> =
        written(&results[1]).iter().map(|word| word.to_bits()).collect();
    known
        .chunks(ranking.blocks() * BLOCK_WORDS)
        .map(|row| merge(row, vocab_size))
        .collect()
}

/// All ids by falling logit and rising id.
fn sorted(logits: &[f32]) -> Vec<RankedLogit> {
    let mut all: Vec<RankedLogit> =
        (0..).zip(logits).map(|(id, logit)| RankedLogit { id, logit: *logit }).collect();
    all.sort_by(|a, b| b.logit.total_cmp(&a.logit).then(a.id.cmp(&b.id)));
    all
}

#[test]
fn fronts_are_the_highest_logits_with_the_sums_of_float64() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(1);
    for vocab_size in [1, 63, 64, 65, 1024, 1025, 5000] {
        let mut logits = numbers(&mut random, 3 * vocab_size, 10.0);
        // Many logits are equal.
        logits[..vocab_size].iter_mut().for_each(|logit| *logit = logit.round());
        let rows = logits.chunks(vocab_size).zip(fronts(gpu, &logits, vocab_size));
        for (row, (logits, front)) in rows.enumerate() {
            let front = front.unwrap();
            let all = sorted(logits);
            let highest = f64::from(all[0].logit);
            assert_eq!(front.highest, all[0].logit);
            assert_eq!(front.ranked, all[..front.ranked.len()], "{vocab_size}");
            if row > 0 {
                // Of a block with more, the last that it tells may be as high as the next.
                assert!(front.ranked.len() >= vocab_size.min(63), "{vocab_size}");
            }
            let terms = all.iter().map(|ranked| f64::from(ranked.logit) - highest);
            let sum: f64 = terms.clone().map(f64::exp).sum();
            let weighted: f64 = terms.map(|x| x.exp() * x).sum();
            assert_close(front.sum as f32, sum, 2.0 * sum, "sum");
            assert_close(
                front.weighted as f32,
                weighted,
                2.0 * weighted.abs(),
                "weighted",
            );
        }
    }
}

#[test]
fn logits_that_are_no_numbers_are_no_front() {
    let Some(gpu) = gpu() else { return };
    let vocab_size = 2000;
    for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut logits = numbers(&mut Rng::with_seed(2), 2 * vocab_size, 1.0);
        logits[vocab_size + 1500] = strange;
        let fronts = fronts(gpu, &logits, vocab_size);
        assert!(fronts[0].is_some() && fronts[1].is_none(), "{strange}");
    }
}

#[test]
fn watched_ids_have_the_rank_that_they_have_in_all() {
    let Some(gpu) = gpu() else { return };
    let vocab_size = 3001;
    let mut logits = numbers(&mut Rng::with_seed(3), 2 * vocab_size, 10.0);
    logits.iter_mut().for_each(|logit| *logit = (4.0 * *logit).round());
    let ids = [(0u32, 0u32), (1, 0), (1, 3000), (0, 1234)];
    let watched = Watched { vocab_size };
    let asked = words(ids.iter().flat_map(|(row, id)| [*row, *id]));
    let buffers = [buffer(&logits), asked, empty(2 * ids.len())];
    let dispatch = watched.dispatch(ids.len(), &Limits::DEFAULT);
    let results = gpu.run(&watched.kernel(), dispatch, &buffers);
    for ((row, id), result) in ids.iter().zip(written(&results[2]).chunks(2)) {
        let logits = &logits[*row as usize * vocab_size..][..vocab_size];
        let rank = sorted(logits).iter().position(|ranked| ranked.id == *id).unwrap() + 1;
        assert_eq!((result[0], result[1].to_bits()), (logits[*id as usize], rank as u32));
    }
}
