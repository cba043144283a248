//! Guesses at the token that will be drawn, against the draw itself in float64.

use fastrand::Rng;
use gpu::{BLOCK_WORDS, BlockRanking, Choice, Guess, Limits};

use crate::device::{Gpu, gpu};
use crate::numbers::{buffer, empty, numbers, words, written};

/// The id that is guessed for each way to draw, of the last of some rows of logits.
fn guessed(gpu: &Gpu, logits: &[f32], vocab_size: usize, ways: &[Guess]) -> Vec<u32> {
    let rows = logits.len() / vocab_size;
    let ranking = BlockRanking { vocab_size };
    let out = empty(rows * ranking.blocks() * BLOCK_WORDS);
    let dispatch = ranking.dispatch(rows, &Limits::DEFAULT);
    let ranked = gpu.run(&ranking.kernel(), dispatch, &[buffer(logits), out]).remove(1);
    let choice = Choice { vocab_size };
    let guess = |way: &Guess| {
        let dispatch = choice.dispatch(rows - 1, way);
        let ids = words([77, 78]);
        let ids = gpu.run(&choice.kernel(), dispatch, &[ranked.clone(), ids]).remove(1);
        let ids = written(&ids);
        assert_eq!(ids[1].to_bits(), 78, "only the first id is written");
        ids[0].to_bits()
    };
    ways.iter().map(guess).collect()
}

/// The ids that may be drawn, where sums can be off by a millionth: as `inference` draws.
fn drawn(logits: &[f32], way: &Guess) -> Vec<u32> {
    let mut order: Vec<u32> = (0..logits.len() as u32).collect();
    let logit = |id: &u32| f64::from(logits[*id as usize]);
    order.sort_by(|a, b| logit(b).total_cmp(&logit(a)).then(a.cmp(b)));
    if way.temperature == 0.0 {
        return vec![order[0]];
    }
    let highest = logit(&order[0]);
    let weights = |temperature: f32, kept: usize| -> Vec<f64> {
        let weight = |id| ((logit(id) - highest) / f64::from(temperature)).exp();
        order[..kept].iter().map(weight).collect()
    };
    let of_cuts = if way.cuts_first { 1.0 } else { way.temperature };
    let all = order.len();
    let mut kept = if way.top_k > 0 { all.min(way.top_k as usize) } else { all };
    // How many are the fewest whose sum is a share of all, more or less.
    let reach = |weights: &[f64], share: f64| {
        let (mut sum, wanted) = (0.0, share * weights.iter().sum::<f64>());
        let reaches = |weight: &f64| {
            sum += weight;
            sum > wanted
        };
        weights.iter().position(reaches).unwrap_or(weights.len() - 1)
    };
    if way.top_p < 1.0 {
        kept = reach(&weights(of_cuts, kept), way.top_p.into()) + 1;
    }
    if way.min_p > 0.0 {
        let weights = weights(of_cuts, kept);
        kept = weights.iter().filter(|weight| **weight >= way.min_p.into()).count();
    }
    let weights = weights(way.temperature, kept.max(1));
    let near = [-1e-5, 0.0, 1e-5].map(|off| f64::from(way.point) + off);
    near.map(|point| order[reach(&weights, point.clamp(0.0, 1.0))]).to_vec()
}

fn ways(random: &mut Rng) -> Vec<Guess> {
    let mut all = vec![Guess::GREEDY];
    for temperature in [0.3, 1.0, 1.3] {
        for (top_k, top_p, min_p) in [
            (0, 1.0, 0.0),
            (1, 1.0, 0.0),
            (7, 1.0, 0.0),
            (40, 0.95, 0.0),
            (0, 0.5, 0.0),
            (0, 1.0, 0.1),
            (1000, 0.9, 0.02),
        ] {
            for cuts_first in [false, true] {
                let point = random.f32();
                let way = Guess { temperature, cuts_first, top_k, top_p, min_p, point };
                all.push(way);
            }
        }
    }
    all
}

#[test]
fn guesses_are_the_tokens_that_are_drawn() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(5);
    for vocab_size in [1, 65, 1024, 5000] {
        // What lies beyond the highest of each block weighs nothing.
        let mut logits = numbers(&mut random, 2 * vocab_size, 12.0);
        for at in [0, vocab_size / 3, vocab_size - 1] {
            logits[vocab_size + at] = 118.0 + random.f32();
        }
        let ways = ways(&mut random);
        let last = &logits[vocab_size..];
        for (way, id) in ways.iter().zip(guessed(gpu, &logits, vocab_size, &ways)) {
            let drawn = drawn(last, way);
            assert!(drawn.contains(&id), "{id} of {vocab_size}, not {drawn:?}: {way:?}");
        }
    }
}

#[test]
fn most_guesses_are_right_where_many_tokens_are_likely() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(6);
    let (vocab_size, mut right, mut all) = (5000, 0, 0);
    for _ in 0..2 {
        // About as a language model's: the entropy is some bits.
        let logits: Vec<f32> = numbers(&mut random, vocab_size, 1.0);
        let logits: Vec<f32> =
            logits.iter().map(|x| 1.5 * x + x.powi(3) / 60.0).collect();
        let ways = ways(&mut random);
        for (way, id) in ways.iter().zip(guessed(gpu, &logits, vocab_size, &ways)) {
            right += usize::from(drawn(&logits, way).contains(&id));
            all += 1;
        }
    }
    println!("{right} of {all} guesses");
    assert!(10 * right >= 9 * all, "{right} of {all}");
}

#[test]
fn equal_logits_are_guessed_by_the_lowest_id_and_none_that_is_no_token() {
    let Some(gpu) = gpu() else { return };
    for (vocab_size, ids) in [(70, [3, 4]), (1500, [1023, 1024]), (1500, [1400, 1499])] {
        let mut logits = vec![-3.0; vocab_size];
        ids.iter().for_each(|id| logits[*id] = 2.0);
        let point = Guess { temperature: 1.0, point: 0.999_999_9, ..Guess::GREEDY };
        let found = guessed(gpu, &logits, vocab_size, &[Guess::GREEDY, point]);
        assert_eq!(found[0], ids[0] as u32);
        assert!((found[1] as usize) < vocab_size);
    }
}
