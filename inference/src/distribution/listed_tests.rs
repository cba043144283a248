//! Lists of the most probable tokens, held against all logits.

use protocol::{SamplerKind, SamplerSettings, Token};

use super::listed::{ListError, Listed, ListedLogits};
use super::ranked_logits::RankedLogits;
use super::sampler::SamplerContext;
use super::{View, distribution};
use crate::Logits;

const LOGITS: [f32; 8] = [1.0, 4.0, 2.5, -1.0, 3.0, 0.5, 2.0, -2.0];

/// ln p of all tokens, in f64 by hand.
fn log_p() -> Vec<f32> {
    let sum: f64 = LOGITS.iter().map(|logit| f64::from(*logit).exp()).sum();
    LOGITS.iter().map(|logit| (f64::from(*logit) - sum.ln()) as f32).collect()
}

fn listed(count: usize, named: &[u32]) -> Listed {
    let mut all: Vec<(u32, f32)> = (0..).zip(log_p()).collect();
    let named: Vec<(u32, f32)> =
        named.iter().map(|id| (*id, log_p()[*id as usize])).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    Listed::new(&all[..count], &named, 8).unwrap()
}

fn both(
    settings: SamplerSettings,
    count: usize,
    watch: &[u32],
) -> [protocol::Distribution; 2] {
    let context = SamplerContext::default();
    let view = View { settings: &settings, position: 5, candidates: 3, watch, context };
    let token = |id| Token::new(id, vec![b'a'], false);
    let logits = Logits::Listed(listed(count, watch));
    [
        logits.distribution(view, &token).unwrap(),
        distribution(&LOGITS, view, &token).unwrap(),
    ]
}

#[test]
fn what_is_kept_within_the_list_is_drawn_as_from_all_logits() {
    for seed in 0..40 {
        let base = SamplerSettings { seed, temperature: 0.7, ..Default::default() };
        for settings in [
            SamplerSettings { top_k: 3, ..base.clone() },
            SamplerSettings { temperature: 0.0, ..base.clone() },
            SamplerSettings { temperature: 1.0, top_p: 0.8, ..base.clone() },
            SamplerSettings { min_p: 0.2, ..base.clone() },
        ] {
            let [seen, whole] = both(settings.clone(), 5, &[7, 1]);
            assert!(!seen.exact && whole.exact);
            assert_eq!(seen.sampled.token.id, whole.sampled.token.id, "{settings:?}");
            assert_eq!(seen.stages, whole.stages);
            assert_eq!(seen.vocab_size, whole.vocab_size);
            assert_eq!(seen.outside.tokens, whole.outside.tokens);
            let pairs = seen.candidates.iter().zip(&whole.candidates);
            for (a, b) in pairs.chain(seen.watched.iter().zip(&whole.watched)) {
                assert_eq!(a.token.id, b.token.id);
                assert!((a.probability - b.probability).abs() < 1e-6);
                assert!((a.sampled_probability - b.sampled_probability).abs() < 1e-6);
            }
            assert!((seen.outside.probability - whole.outside.probability).abs() < 1e-6);
            // By hand: the entropy of the five and of the rest as one token.
            let p: Vec<f64> = log_p().iter().map(|x| f64::from(*x).exp()).collect();
            let rest = p[3] + p[5] + p[7];
            let bits = |p: f64| -p * p.log2();
            let bound: f64 =
                [1, 4, 2, 6, 0].iter().map(|id| bits(p[*id])).sum::<f64>() + bits(rest);
            assert!((f64::from(seen.entropy_bits) - bound).abs() < 1e-5);
            assert!(seen.entropy_bits <= whole.entropy_bits);
        }
    }
}

#[test]
fn what_reaches_beyond_the_list_is_cut_to_it_and_says_so() {
    let base = SamplerSettings { temperature: 0.9, ..Default::default() };
    for settings in [
        base.clone(),
        SamplerSettings { top_p: 0.999, ..base.clone() },
        SamplerSettings { typical_p: 0.9, ..base.clone() },
        SamplerSettings { presence_penalty: 1.0, ..base.clone() },
    ] {
        let [seen, _] = both(settings, 4, &[]);
        let cut = |stage: &protocol::SamplerStage| {
            (stage.kind == SamplerKind::Listed).then_some(stage.kept)
        };
        let adjusted = seen.stages.iter().find_map(cut);
        assert_eq!(adjusted, Some(4), "{:?}", seen.stages);
        let listed: f32 = seen.candidates.iter().map(|c| c.sampled_probability).sum();
        assert!((listed + seen.outside.sampled_probability - 1.0).abs() < 1e-5);
    }
    let [seen, _] = both(base, 4, &[7]);
    assert_eq!(seen.watched[0].cut_by, Some(SamplerKind::Listed));
    assert_eq!(seen.watched[0].sampled_probability, 0.0);
    assert_eq!(seen.watched[0].rank, 5, "the highest that it can have");
}

#[test]
fn the_mass_of_the_rest_is_never_too_small() {
    for factor in [0.5f32, 0.8, 1.0, 1.5, 3.0] {
        let list = listed(4, &[]);
        let (sum, _) = ListedLogits(&list).sums(factor).unwrap();
        let whole: f64 = LOGITS
            .iter()
            .map(|logit| ((f64::from(*logit) - 4.0) * f64::from(factor)).exp())
            .sum();
        assert!(sum >= whole - 1e-6, "{factor}: {sum} < {whole}");
        assert!(factor != 1.0 || (sum - whole).abs() < 1e-6);
    }
}

#[test]
fn what_is_no_distribution_is_refused() {
    let half = 0.5f32.ln();
    for (top, error) in [
        (vec![], ListError::Empty),
        (vec![(8, half)], ListError::NoSuchToken(8)),
        (vec![(1, half), (1, half)], ListError::Twice(1)),
        (vec![(1, f32::NAN)], ListError::NoProbability(1)),
        (vec![(1, 0.1)], ListError::NoProbability(1)),
        (vec![(1, half), (2, half), (3, half)], ListError::AboveOne),
    ] {
        assert_eq!(Listed::new(&top, &[], 8), Err(error));
    }
    assert_eq!(listed(8, &[]).whole().map(|all| all.len()), Some(8));
    assert_eq!(listed(7, &[]).whole(), None);
}
