//! The next-token distributions of two texts or samplers, held against each other.

use std::cmp::Ordering;

use inference::distribution::{
    SamplerContext, View, divergence, entropy_bits, log_probabilities,
};
use protocol::{
    Candidate, ComparedCandidate, ComparedText, Distribution, Event, TextComparison,
    Timings, TokenId,
};

use super::context::{Context, Outcome};
use super::prefill::PrefillProgress;
use crate::error::Result;
use crate::session::Session;

/// Two texts that are being compared.
#[derive(Debug)]
pub(super) struct Compare {
    pub(super) first: ComparedText,
    second: ComparedText,
    candidates: usize,
    /// The slot of the second text, with its ids, once the first is read and if it is another
    /// one.
    apart: Vec<(usize, Vec<TokenId>)>,
    pub(super) prefill: PrefillProgress,
}

impl Compare {
    pub(super) fn new(
        first: ComparedText,
        second: ComparedText,
        candidates: u32,
    ) -> Compare {
        let (apart, prefill) = (Vec::new(), PrefillProgress::default());
        Compare { first, second, candidates: candidates as usize, apart, prefill }
    }

    /// The most tokens that its sequence may come to hold.
    pub(super) fn max_tokens_held(&self) -> usize {
        self.first.ids.len().max(self.second.ids.len())
    }

    /// The second text, with its slot, while it is being read.
    pub(super) fn texts(&self) -> &[(usize, Vec<TokenId>)] {
        &self.apart
    }

    /// Reads the second text once the first is there, then compares.
    pub(super) fn step(&mut self, context: &mut Context) -> Result<Outcome> {
        let Context { session, slot, .. } = context;
        let is_read = |session: &Session, slot, ids: &[TokenId]| {
            session.cached_tokens(slot, ids) == ids.len()
        };
        if !is_read(session, *slot, &self.first.ids) {
            return Ok(Outcome::More);
        }
        if self.apart.is_empty() && self.second.ids != self.first.ids {
            let apart = session.acquire_second(*slot, &self.second.ids)?;
            self.apart.push((apart, self.second.ids.clone()));
        }
        let second = self.apart.first().map_or(*slot, |(slot, _)| *slot);
        if !is_read(session, second, &self.second.ids) {
            return Ok(Outcome::More);
        }
        let mut comparison = self.compare(session, [*slot, second])?;
        self.prefill.timings.forward_tokens = session.forward_tokens();
        comparison.timings = self.prefill.timings;
        Ok(Outcome::Done(Event::Compared(Box::new(comparison))))
    }

    fn compare(
        &self,
        session: &mut Session,
        slots: [usize; 2],
    ) -> Result<TextComparison> {
        let sides = [&self.first, &self.second];
        let distribution = |session: &mut Session, side: usize, watch: &[TokenId]| {
            let ComparedText { ids, settings } = sides[side];
            let position = ids.len() as u32;
            let view = View {
                settings,
                position,
                candidates: self.candidates,
                watch,
                context: SamplerContext::default(),
            };
            session.distribution(slots[side], ids, view)
        };
        if session.lists_all() {
            for (slot, side) in slots.into_iter().zip(sides) {
                session.whole_logits(slot, &side.ids)?;
            }
        }
        let mut union: Vec<TokenId> = Vec::new();
        for side in [0, 1] {
            let Distribution { candidates, .. } = distribution(session, side, &[])?;
            union.extend(candidates.iter().map(|candidate| candidate.token.id));
        }
        union.sort_unstable();
        union.dedup();
        let seen = [distribution(session, 0, &union)?, distribution(session, 1, &union)?];
        let (vocab_size, exact) =
            (seen[0].vocab_size, seen.iter().all(|side| side.exact));
        let (mut log_p, mut log_q) = (Vec::new(), Vec::new());
        for (side, ComparedText { ids, settings }) in sides.into_iter().enumerate() {
            if !exact {
                log_p.push(as_one_more(&seen[side].watched, |c| c.probability));
                log_q.push(as_one_more(&seen[side].watched, |c| c.sampled_probability));
                continue;
            }
            // Two sides of one text have the same logits.
            let logits = session.whole_logits(slots[side], ids)?;
            log_p.push(log_probabilities(&logits)?);
            log_q.push(session.sampled_log_probabilities(&logits, ids, settings)?);
        }
        let mut watched: Vec<Vec<Candidate>> =
            seen.into_iter().map(|side| side.watched).collect();
        let second = watched.pop().unwrap_or_default();
        let first = watched.pop().unwrap_or_default();
        let pairs = first.into_iter().zip(second);
        let mut candidates: Vec<ComparedCandidate> =
            pairs.map(|(first, second)| ComparedCandidate { first, second }).collect();
        candidates.sort_by(by_difference);
        Ok(TextComparison {
            positions: sides.map(|side| side.ids.len() as u32),
            vocab_size,
            exact,
            candidates,
            entropy_bits: [entropy_bits(&log_p[0]), entropy_bits(&log_p[1])],
            p: divergence(&log_p[0], &log_p[1]),
            q: divergence(&log_q[0], &log_q[1]),
            timings: Timings::default(),
        })
    }

    /// Makes the slot of the second text idle. It keeps what was read.
    pub(super) fn release(&mut self, session: &mut Session) {
        for (slot, _) in self.apart.drain(..) {
            session.release(slot);
        }
    }
}

/// The logarithms of the probabilities of some tokens, and of all others as one token more:
/// what two distributions are apart over these is at most what they are apart over all.
fn as_one_more(tokens: &[Candidate], number: fn(&Candidate) -> f32) -> Vec<f64> {
    let mut all: Vec<f64> = tokens.iter().map(|token| f64::from(number(token))).collect();
    all.push((1.0 - all.iter().sum::<f64>()).max(0.0));
    all.into_iter().map(f64::ln).collect()
}

/// Falling differences of p, then of q.
fn by_difference(a: &ComparedCandidate, b: &ComparedCandidate) -> Ordering {
    let difference = |pair: &ComparedCandidate, number: fn(&Candidate) -> f32| {
        (number(&pair.first) - number(&pair.second)).abs()
    };
    let falling = |number: fn(&Candidate) -> f32| {
        difference(b, number).total_cmp(&difference(a, number))
    };
    falling(|candidate| candidate.probability)
        .then_with(|| falling(|candidate| candidate.sampled_probability))
}
