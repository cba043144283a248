//! What the sampler draws from, held against transformers' logits processors and against
//! every step written out in f64.

use std::collections::HashMap;

use inference::distribution::{SamplerContext, View, distribution};
use protocol::{
    Distribution, SamplerKind, SamplerOrder, SamplerSettings, Token, TokenBias, TokenId,
};
use serde::Deserialize;

use crate::sampler_reference::{Draws, reference};

/// A case of `make_sampler.py`.
#[derive(Deserialize)]
struct Case {
    logits: Vec<f32>,
    text: Vec<TokenId>,
    wanted: Vec<Wanted>,
}

#[derive(Deserialize)]
struct Wanted {
    settings: SamplerSettings,
    /// By id; 0 for all others.
    q: HashMap<TokenId, f64>,
}

/// The distribution with all tokens listed.
pub(crate) fn all(
    logits: &[f32],
    settings: &SamplerSettings,
    context: SamplerContext,
) -> Distribution {
    let candidates = logits.len();
    let position = context.text.len() as u32;
    let view = View { settings, position, candidates, watch: &[], context };
    distribution(logits, view, &|id| Token::new(id, vec![b'a'], false)).unwrap()
}

#[test]
fn transformers_draws_from_the_same_probabilities() {
    let cases = include_str!("../fixtures/sampler/expected.json");
    let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
    let mut compared = 0;
    for case in cases {
        let context = SamplerContext { text: &case.text, allowed: None };
        for Wanted { settings, q } in case.wanted {
            for candidate in all(&case.logits, &settings, context).candidates {
                let wanted = q.get(&candidate.token.id).copied().unwrap_or(0.0);
                let off = (f64::from(candidate.sampled_probability) - wanted).abs();
                assert!(off < 1e-6, "{settings:?}: {candidate:?} is not {wanted}");
                compared += 1;
            }
        }
    }
    assert!(compared > 3000, "{compared}");
}

/// A sequence of numbers that looks random.
struct Noise(u64);

impl Noise {
    /// Below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % end
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    fn settings(&mut self, vocabulary: usize) -> SamplerSettings {
        let some_ids = |noise: &mut Noise| -> Vec<TokenId> {
            let count = noise.one_of(&[0, 0, 1, 5]);
            (0..count).map(|_| noise.below(vocabulary) as TokenId).collect()
        };
        let biased = some_ids(self);
        let biases = biased.into_iter().map(|id| {
            let bias = self.one_of(&[-100.0, -1.5, 0.5, 3.0]);
            TokenBias { id, bias }
        });
        let logit_bias = biases.collect();
        SamplerSettings {
            temperature: self.one_of(&[0.0, 0.3, 1.0, 1.0, 1.7]),
            top_k: self.one_of(&[0, 0, 1, 9, 500]),
            top_p: self.one_of(&[1.0, 1.0, 0.9, 0.33]),
            min_p: self.one_of(&[0.0, 0.0, 0.07, 0.5]),
            typical_p: self.one_of(&[1.0, 1.0, 0.9, 0.21]),
            order: self
                .one_of(&[SamplerOrder::TemperatureFirst, SamplerOrder::TemperatureLast]),
            repetition_penalty: self.one_of(&[1.0, 1.0, 1.3, 0.8]),
            presence_penalty: self.one_of(&[0.0, 0.0, 0.6, -1.0]),
            frequency_penalty: self.one_of(&[0.0, 0.0, 0.4, -0.3]),
            penalty_window: self.one_of(&[0, 0, 3, 8]),
            prompt_tokens: self.one_of(&[None, Some(0), Some(6), Some(40)]),
            banned: some_ids(self),
            logit_bias,
            seed: self.below(1000) as u32,
            ..SamplerSettings::default()
        }
    }
}

#[test]
fn every_mix_of_steps_gives_what_the_steps_give_one_by_one_in_f64() {
    let mut noise = Noise(1);
    let mut cut_by = HashMap::new();
    for round in 0..4000 {
        let vocabulary = noise.one_of(&[3, 40, 300]);
        // All different, so that no order depends on how ties are broken.
        let logits: Vec<f32> = (0..vocabulary)
            .map(|id| noise.below(900) as f32 / 60.0 - 9.0 + id as f32 * 1e-5)
            .collect();
        let settings = noise.settings(vocabulary);
        let text: Vec<TokenId> =
            (0..noise.below(12)).map(|_| noise.below(vocabulary) as TokenId).collect();
        let mask: Vec<bool> = (0..vocabulary).map(|_| noise.below(3) > 0).collect();
        let allowed = noise.one_of(&[None, None, Some(mask)]);
        let context = SamplerContext { text: &text, allowed: allowed.as_deref() };
        let seen = all(&logits, &settings, context);
        let Draws { q, cuts } = reference(&logits, &settings, &text, allowed.as_deref());
        for candidate in &seen.candidates {
            let id = candidate.token.id as usize;
            let off = (f64::from(candidate.sampled_probability) - q[id]).abs();
            let case = format!("{round}, {settings:?}, {allowed:?}");
            assert!(off < 2e-6, "{case}: {candidate:?} is not {}", q[id]);
            assert_eq!(candidate.cut_by, cuts[id], "{case}: {candidate:?}");
            *cut_by.entry(format!("{:?}", cuts[id])).or_insert(0) += 1;
        }
        // What is drawn is where the point falls among what is left, by falling p.
        let mut sum = 0.0;
        let picked = seen.candidates.iter().find(|candidate| {
            sum += q[candidate.token.id as usize];
            sum > f64::from(seen.draw)
        });
        if let Some(picked) = picked {
            assert_eq!(picked.token.id, seen.sampled.token.id, "{round}");
        }
        let kept = q.iter().filter(|q| **q > 0.0).count();
        if let Some(stage) = seen.stages.last() {
            assert!(stage.kept as usize >= kept, "{round}: {stage:?}");
        }
    }
    use SamplerKind::{Allowed, Banned, Greedy, MinP, TopK, TopP, TypicalP};
    for kind in [Allowed, Banned, Greedy, MinP, TopK, TopP, TypicalP] {
        let count = cut_by.get(&format!("{:?}", Some(kind))).copied().unwrap_or(0);
        assert!(count > 200, "{kind:?} cut hardly anything: {cut_by:?}");
    }
}

#[test]
fn a_sampler_that_may_draw_nothing_draws_nothing() {
    let settings =
        SamplerSettings { banned: vec![0, 1, 2], top_k: 2, ..Default::default() };
    let seen = all(&[1.0, 3.0, 2.0], &settings, SamplerContext::default());
    assert!(seen.candidates.iter().all(|candidate| candidate.sampled_probability == 0.0));
    assert_eq!(seen.stages.last().map(|stage| stage.kept), Some(0));
    assert_eq!((seen.greedy, seen.sampled.token.id), (1, 1));
    assert_eq!(seen.outside.sampled_probability, 0.0);
}

#[test]
fn steps_that_change_logits_say_how_many() {
    let settings = SamplerSettings {
        logit_bias: vec![TokenBias { id: 0, bias: 2.0 }, TokenBias { id: 1, bias: 0.0 }],
        repetition_penalty: 1.5,
        frequency_penalty: 0.5,
        prompt_tokens: Some(2),
        ..Default::default()
    };
    let context = SamplerContext { text: &[1, 2, 2, 3], allowed: None };
    let seen = all(&[1.0, 3.0, 2.0, -1.0], &settings, context);
    let stages: Vec<_> =
        seen.stages.iter().map(|stage| (stage.kind, stage.kept, stage.changed)).collect();
    use SamplerKind::{FrequencyPenalty, LogitBias, RepetitionPenalty};
    assert_eq!(
        stages,
        [(LogitBias, 4, 1), (RepetitionPenalty, 4, 3), (FrequencyPenalty, 4, 2)]
    );
    // The model's own numbers stay as they are.
    assert_eq!(seen.candidates[0].logit, 3.0);
    assert_eq!(seen.candidates[0].token.id, 1);
}
