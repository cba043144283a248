//! The steps that keep the top tokens of an order and cut the rest: temperature 0, top-k,
//! top-p and min-p.

use protocol::{SamplerKind, SamplerSettings};

use crate::distribution::ranked_logits::{RankedLogits, count_until};
use crate::error::Result;

/// The top tokens that are kept, with their weights at a temperature.
#[derive(Clone, Copy, Debug)]
pub(super) struct Top {
    temperature: f64,
    highest: f64,
    /// The sum of the weights of the kept tokens; the top token's weight is 1.
    pub(super) mass: f64,
    pub(super) kept: usize,
}

impl Top {
    /// All tokens, at a temperature above 0.
    ///
    /// # Errors
    /// If a computation on the device fails.
    pub(super) fn all(logits: &mut impl RankedLogits, temperature: f32) -> Result<Top> {
        let (mass, _) = logits.sums(factor(temperature))?;
        Ok(Top {
            temperature: f64::from(temperature),
            highest: f64::from(logits.highest()),
            mass,
            kept: logits.count(),
        })
    }

    /// Forgets the tokens that are not known, which are below all that are.
    ///
    /// # Errors
    /// If a computation on the device fails.
    pub(super) fn forget_unlisted(
        &mut self,
        logits: &mut impl RankedLogits,
    ) -> Result<()> {
        self.weigh_kept(logits)
    }

    /// The top token alone.
    pub(super) fn greedy(logits: &impl RankedLogits) -> Top {
        let highest = f64::from(logits.highest());
        Top { temperature: 0.0, highest, mass: 1.0, kept: 1 }
    }

    /// The kept tokens at another temperature above 0.
    ///
    /// # Errors
    /// If a computation on the device fails.
    pub(super) fn at(
        mut self,
        logits: &mut impl RankedLogits,
        temperature: f32,
    ) -> Result<Top> {
        self.temperature = f64::from(temperature);
        match self.kept < logits.vocab_size() {
            true => self.weigh_kept(logits)?,
            false => (self.mass, _) = logits.sums(factor(temperature))?,
        }
        Ok(self)
    }

    /// Applies a step to what is kept: top-k, top-p (Holtzman et al., 2020,
    /// arXiv:1904.09751) or min-p (Nguyen et al., 2024, arXiv:2407.01082). Returns whether
    /// it is one of these and switched on.
    ///
    /// # Errors
    /// If a computation on the device fails.
    pub(super) fn cut(
        &mut self,
        logits: &mut impl RankedLogits,
        kind: SamplerKind,
        settings: &SamplerSettings,
    ) -> Result<bool> {
        self.kept = match kind {
            SamplerKind::TopK if settings.top_k > 0 => {
                self.kept.min(settings.top_k as usize)
            }
            SamplerKind::TopP if settings.top_p < 1.0 => {
                // The token that crosses the threshold is kept.
                let (mut sum, threshold) = (0.0, f64::from(settings.top_p) * self.mass);
                count_until(logits, self.kept, |ranked| {
                    sum += self.weight(ranked.logit);
                    sum >= threshold
                })?
            }
            SamplerKind::MinP if settings.min_p > 0.0 => {
                // The top token's weight is 1, so weights are shares of it.
                let threshold = f64::from(settings.min_p);
                let is_high = |logit: f32| self.weight(logit) >= threshold;
                logits.count_high(self.kept, is_high)?.max(1)
            }
            _ => return Ok(false),
        };
        let is_kept_whole = kind == SamplerKind::TopK || self.kept < logits.count();
        if is_kept_whole || logits.unlisted() == 0 {
            self.weigh_kept(logits)?;
        }
        Ok(true)
    }

    /// (logit − highest) / temperature; the top token's is 0.
    pub(super) fn log_weight(&self, logit: f32) -> f64 {
        match self.temperature {
            0.0 => 0.0,
            temperature => (f64::from(logit) - self.highest) / temperature,
        }
    }

    /// exp((logit − highest) / temperature); the top token's is 1.
    pub(super) fn weight(&self, logit: f32) -> f64 {
        self.log_weight(logit).exp()
    }

    /// Sums the weights of the kept tokens.
    fn weigh_kept(&mut self, logits: &mut impl RankedLogits) -> Result<()> {
        if self.kept < logits.vocab_size() {
            let kept = logits.sort(self.kept)?;
            let weights = (0..kept).map(|index| self.weight(logits.ranked(index).logit));
            self.mass = weights.sum();
        }
        Ok(())
    }
}

fn factor(temperature: f32) -> f32 {
    temperature.recip().min(f32::MAX)
}
