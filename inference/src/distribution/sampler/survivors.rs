//! The tokens that are left, wherever they stand in the model's own order: for steps that
//! change logits or cut others than the lowest.

use protocol::{SamplerKind, SamplerSettings};

use super::top::Top;
use super::typical::typical;
use crate::distribution::ranked_logits::{Ranked, RankedLogits};
use crate::distribution::ranking::Ranking;
use crate::error::Result;

/// The tokens that are left after some steps, with their logits as these have changed them.
pub(super) struct Survivors {
    /// By rising id.
    ids: Vec<u32>,
    logits: Vec<f32>,
    /// The step that cut each of V tokens.
    cuts: Vec<Option<SamplerKind>>,
}

/// The weights of V tokens, as their logarithms.
pub(super) struct Weights {
    /// (logit − highest) / temperature of each token; −∞ if it was cut.
    pub(super) log_weights: Vec<f64>,
    /// The sum of the exponential functions of these.
    pub(super) mass: f64,
    /// How many tokens are left.
    pub(super) kept: usize,
    /// The step that cut each of V tokens.
    pub(super) cuts: Vec<Option<SamplerKind>>,
}

impl Survivors {
    /// All of V tokens.
    pub(super) fn new(logits: Vec<f32>) -> Survivors {
        let count = logits.len();
        Survivors { ids: (0..count as u32).collect(), logits, cuts: vec![None; count] }
    }

    /// The tokens that an engine elsewhere has listed of V.
    pub(super) fn listed(mut listed: Vec<Ranked>, vocab_size: usize) -> Survivors {
        listed.sort_unstable_by_key(|ranked| ranked.id);
        let mut cuts = vec![Some(SamplerKind::Listed); vocab_size];
        listed.iter().for_each(|ranked| cuts[ranked.id as usize] = None);
        Survivors {
            ids: listed.iter().map(|ranked| ranked.id).collect(),
            logits: listed.into_iter().map(|ranked| ranked.logit).collect(),
            cuts,
        }
    }

    /// How many tokens are left.
    pub(super) fn kept(&self) -> usize {
        self.ids.len()
    }

    /// Changes the logit of a token that is left, within finite numbers. Returns whether it
    /// is now another.
    pub(super) fn change(&mut self, id: u32, change: impl Fn(f32) -> f32) -> bool {
        let Ok(place) = self.ids.binary_search(&id) else { return false };
        let logit = &mut self.logits[place];
        let changed = change(*logit).clamp(f32::MIN, f32::MAX);
        std::mem::replace(logit, changed) != changed
    }

    /// Keeps the tokens for whose place in the list `is_kept` holds.
    fn keep(&mut self, kind: SamplerKind, is_kept: impl Fn(usize) -> bool) {
        let mut left = 0;
        for place in 0..self.ids.len() {
            match is_kept(place) {
                true => {
                    self.ids[left] = self.ids[place];
                    self.logits[left] = self.logits[place];
                    left += 1;
                }
                false => self.cuts[self.ids[place] as usize] = Some(kind),
            }
        }
        self.ids.truncate(left);
        self.logits.truncate(left);
    }

    /// Keeps the tokens for whose id `is_kept` holds.
    pub(super) fn keep_ids(&mut self, kind: SamplerKind, is_kept: impl Fn(u32) -> bool) {
        let ids = std::mem::take(&mut self.ids);
        let is_kept: Vec<bool> = ids.iter().map(|id| is_kept(*id)).collect();
        self.ids = ids;
        self.keep(kind, |place| is_kept[place]);
    }

    /// Applies one of the cuts at a temperature above 0. Returns whether it is switched on.
    ///
    /// # Errors
    /// If there are no tokens left.
    pub(super) fn cut(
        &mut self,
        kind: SamplerKind,
        settings: &SamplerSettings,
        temperature: f32,
    ) -> Result<bool> {
        if kind == SamplerKind::TypicalP {
            if settings.typical_p < 1.0 {
                let is_typical = typical(&self.logits, settings.typical_p, temperature);
                self.keep(kind, |place| is_typical[place]);
            }
            return Ok(settings.typical_p < 1.0);
        }
        let logits = std::mem::take(&mut self.logits);
        let mut ranking = Ranking::new(&logits)?;
        let mut top = Top::all(&mut ranking, temperature)?;
        let is_on = top.cut(&mut ranking, kind, settings)?;
        let mut is_kept = vec![top.kept == logits.len(); logits.len()];
        if top.kept < logits.len() {
            for index in 0..ranking.sort(top.kept)? {
                is_kept[ranking.ranked(index).id as usize] = true;
            }
        }
        self.logits = logits;
        if is_on {
            self.keep(kind, |place| is_kept[place]);
        }
        Ok(is_on)
    }

    /// Keeps the token with the highest logit; of several, that with the lowest id.
    pub(super) fn keep_highest(&mut self) {
        let highest = self.logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let first = self.logits.iter().position(|logit| *logit == highest);
        self.keep(SamplerKind::Greedy, |place| Some(place) == first);
    }

    /// The weights of all tokens at a temperature; at 0, for a single token.
    pub(super) fn weigh(self, temperature: f32) -> Weights {
        let Survivors { ids, logits, cuts } = self;
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut log_weights = vec![f64::NEG_INFINITY; cuts.len()];
        let mut mass = 0.0;
        for (id, logit) in ids.iter().zip(logits) {
            let below = f64::from(logit) - f64::from(highest);
            let log_weight = match temperature == 0.0 {
                true => 0.0,
                false => below / f64::from(temperature),
            };
            log_weights[*id as usize] = log_weight;
            mass += log_weight.exp();
        }
        Weights { log_weights, mass, kept: ids.len(), cuts }
    }
}
