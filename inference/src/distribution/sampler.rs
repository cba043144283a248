//! The sampler: which tokens may be drawn, with what probability, and the draw.

use protocol::{SamplerKind, SamplerSettings, SamplerStage};

use super::ranked_logits::{Ranked, RankedLogits, count_until};
use crate::error::Result;

/// The result of the sampler's steps. Every step keeps the top tokens and cuts the rest,
/// so the result is the number of kept tokens after each step.
pub(crate) struct Sampler {
    temperature: f64,
    highest: f64,
    /// The sum of the weights of the kept tokens; the top token's weight is 1.
    mass: f64,
    /// The steps that are switched on, in order, with the number of tokens that each
    /// kept.
    pub(crate) stages: Vec<SamplerStage>,
    kept: usize,
}

impl Sampler {
    /// Applies temperature, then top-k, top-p (Holtzman et al., 2020, arXiv:1904.09751)
    /// and min-p (Nguyen et al., 2024, arXiv:2407.01082), each to what the one before
    /// kept.
    ///
    /// # Errors
    /// If a computation on the device fails.
    pub(crate) fn new(
        logits: &mut impl RankedLogits,
        settings: &SamplerSettings,
    ) -> Result<Self> {
        let mut sampler = Sampler {
            temperature: f64::from(settings.temperature),
            highest: f64::from(logits.highest()),
            mass: 1.0,
            stages: Vec::new(),
            kept: logits.count(),
        };
        if settings.temperature == 0.0 {
            sampler.keep(SamplerKind::Greedy, 1);
            return Ok(sampler);
        }
        let factor = settings.temperature.recip().min(f32::MAX);
        (sampler.mass, _) = logits.sums(factor)?;
        if settings.top_k > 0 {
            let kept = sampler.kept.min(settings.top_k as usize);
            sampler.keep(SamplerKind::TopK, kept);
            sampler.weigh_kept(logits)?;
        }
        if settings.top_p < 1.0 {
            // The token that crosses the threshold is kept.
            let (mut sum, threshold) = (0.0, f64::from(settings.top_p) * sampler.mass);
            let kept = count_until(logits, sampler.kept, |ranked| {
                sum += sampler.weight(ranked.logit);
                sum >= threshold
            })?;
            sampler.keep(SamplerKind::TopP, kept);
            sampler.weigh_kept(logits)?;
        }
        if settings.min_p > 0.0 {
            // The top token's weight is 1, so weights are shares of it.
            let threshold = f64::from(settings.min_p);
            let is_high = |logit: f32| sampler.weight(logit) >= threshold;
            let kept = logits.count_high(sampler.kept, is_high)?.max(1);
            sampler.keep(SamplerKind::MinP, kept);
            sampler.weigh_kept(logits)?;
        }
        Ok(sampler)
    }

    /// The probability with which the token at a 1-based rank is drawn.
    pub(crate) fn probability(&self, rank: usize, logit: f32) -> f64 {
        match rank <= self.kept {
            true => self.weight(logit) / self.mass,
            false => 0.0,
        }
    }

    /// The step that cut the token at a 1-based rank; `None` if the token is kept.
    pub(crate) fn cut_by(&self, rank: usize) -> Option<SamplerKind> {
        let cuts = |stage: &&SamplerStage| rank > stage.kept as usize;
        self.stages.iter().find(cuts).map(|stage| stage.kind)
    }

    /// The token that `draw` in 0..1 selects, and its 1-based rank: the first whose
    /// cumulative probability is above `draw`.
    ///
    /// # Errors
    /// If a computation on the device fails.
    pub(crate) fn pick(
        &self,
        logits: &mut impl RankedLogits,
        draw: f32,
    ) -> Result<(Ranked, usize)> {
        let (mut sum, point) = (0.0, f64::from(draw) * self.mass);
        let rank = count_until(logits, self.kept, |ranked| {
            sum += self.weight(ranked.logit);
            sum > point
        })?;
        Ok((logits.ranked(rank - 1), rank))
    }

    /// The number of tokens that can be drawn.
    pub(crate) fn kept(&self) -> usize {
        self.kept
    }

    /// The sum of the weights of these.
    pub(crate) fn mass(&self) -> f64 {
        self.mass
    }

    /// (logit − highest) / temperature; the top token's is 0.
    pub(crate) fn log_weight(&self, logit: f32) -> f64 {
        match self.temperature {
            0.0 => 0.0,
            temperature => (f64::from(logit) - self.highest) / temperature,
        }
    }

    /// exp((logit − highest) / temperature); the top token's is 1.
    fn weight(&self, logit: f32) -> f64 {
        self.log_weight(logit).exp()
    }

    fn keep(&mut self, kind: SamplerKind, kept: usize) {
        self.kept = kept;
        self.stages.push(SamplerStage { kind, kept: kept as u32 });
    }

    /// Sums the weights of the kept tokens.
    fn weigh_kept(&mut self, logits: &mut impl RankedLogits) -> Result<()> {
        if self.kept < logits.count() {
            let kept = logits.sort(self.kept)?;
            let weights = (0..kept).map(|index| self.weight(logits.ranked(index).logit));
            self.mass = weights.sum();
        }
        Ok(())
    }
}
