//! The sampler: which tokens may be drawn, with what probability, and the draw.
//!
//! Most settings keep the top tokens of the model's own order; then only these are sorted
//! ([`top`]). Steps that change logits or cut others than the lowest need all logits
//! ([`survivors`]).

mod adjust;
mod known;
mod survivors;
mod top;
mod typical;

use protocol::{SamplerKind, SamplerOrder, SamplerSettings, SamplerStage};

pub use self::adjust::SamplerContext;
use self::adjust::{adjust, adjusts};
use self::known::survivors;
use self::survivors::{Survivors, Weights};
use self::top::Top;
use super::ranked_logits::{Ranked, RankedLogits, count_until};
use crate::error::Result;

/// The result of the sampler's steps.
pub(crate) struct Sampler {
    /// The steps that are switched on, in order.
    pub(crate) stages: Vec<SamplerStage>,
    left: Left,
}

/// The tokens that are left after all steps.
enum Left {
    /// The top ones.
    Top(Top),
    /// Any.
    Any(Weights),
}

/// A token that can be drawn.
pub(crate) struct Drawable {
    pub(crate) ranked: Ranked,
    /// Its 1-based rank by `p`.
    pub(crate) rank: usize,
    /// The sum of the weights of it and of those before it.
    pub(crate) sum: f64,
}

/// Whether the steps only keep the top tokens of the model's own order, whatever the text.
pub(crate) fn cuts_only(settings: &SamplerSettings) -> bool {
    let adjusts = adjusts(settings, SamplerContext::default());
    !adjusts && settings.allowed.is_none() && settings.typical_p >= 1.0
}

impl Sampler {
    /// Applies the steps, each to what the one before left.
    ///
    /// # Errors
    /// If a computation on the device fails.
    pub(crate) fn new(
        logits: &mut impl RankedLogits,
        settings: &SamplerSettings,
        context: SamplerContext,
    ) -> Result<Self> {
        let mut stages = Vec::new();
        let left = match adjusts(settings, context) || settings.typical_p < 1.0 {
            false => Left::Top(top(logits, settings, &mut stages)?),
            true => {
                let mut survivors = survivors(logits, &mut stages)?;
                adjust(&mut survivors, settings, context, &mut stages);
                Left::Any(weigh(survivors, settings, &mut stages)?)
            }
        };
        Ok(Sampler { stages, left })
    }

    /// The probability with which a token is drawn. `rank` is its 1-based rank by `p`.
    pub(crate) fn probability(&self, token: Ranked, rank: usize) -> f64 {
        match self.weight(token, rank) {
            Some(weight) => weight / self.mass(),
            None => 0.0,
        }
    }

    /// The step that cut a token; `None` if the token is left. `rank` is its 1-based rank
    /// by `p`.
    pub(crate) fn cut_by(&self, id: u32, rank: usize) -> Option<SamplerKind> {
        match &self.left {
            Left::Top(_) => {
                let cuts = |stage: &&SamplerStage| rank > stage.kept as usize;
                self.stages.iter().find(cuts).map(|stage| stage.kind)
            }
            Left::Any(weights) => weights.cuts[id as usize],
        }
    }

    /// How many tokens can be drawn.
    pub(crate) fn kept(&self) -> usize {
        match &self.left {
            Left::Top(top) => top.kept,
            Left::Any(weights) => weights.kept,
        }
    }

    /// The sum of the weights of all tokens that can be drawn.
    pub(crate) fn mass(&self) -> f64 {
        match &self.left {
            Left::Top(top) => top.mass,
            Left::Any(weights) => weights.mass,
        }
    }

    /// The token that `draw` in 0..1 selects, and its 1-based rank by `p`: with all that
    /// are left laid end to end by falling `p`, the first whose cumulative probability is
    /// above `draw`. If none is left, the most probable token.
    ///
    /// # Errors
    /// If a computation on the device fails.
    pub(crate) fn pick(
        &self,
        logits: &mut impl RankedLogits,
        draw: f32,
    ) -> Result<(Ranked, usize)> {
        let point = f64::from(draw) * self.mass();
        let mut picked = None;
        self.lay_out(logits, |drawable| {
            let is_behind = drawable.sum > point;
            picked = Some((drawable.ranked, drawable.rank));
            is_behind
        })?;
        match picked {
            Some(picked) => Ok(picked),
            None => {
                logits.sort(1)?;
                Ok((logits.ranked(0), 1))
            }
        }
    }

    /// Hands out the tokens that are left, by falling `p`, until `stop` returns true.
    ///
    /// # Errors
    /// If a computation on the device fails.
    pub(crate) fn lay_out(
        &self,
        logits: &mut impl RankedLogits,
        mut stop: impl FnMut(Drawable) -> bool,
    ) -> Result<()> {
        let (mut rank, mut seen, mut sum) = (0, 0, 0.0);
        let kept = self.kept();
        let limit = match &self.left {
            Left::Top(_) => kept,
            Left::Any(_) if kept == 0 => 0,
            Left::Any(_) => logits.count(),
        };
        count_until(logits, limit, |ranked| {
            rank += 1;
            let Some(weight) = self.weight(ranked, rank) else { return false };
            seen += 1;
            sum += weight;
            stop(Drawable { ranked, rank, sum }) || seen == kept
        })?;
        Ok(())
    }

    /// ln q of all V tokens, by id; −∞ for those that were cut.
    ///
    /// # Errors
    /// If a computation on the device fails.
    pub(crate) fn log_probabilities(
        &self,
        logits: &mut impl RankedLogits,
    ) -> Result<Vec<f64>> {
        let log_mass = self.mass().ln();
        let top = match &self.left {
            Left::Top(top) => top,
            Left::Any(weights) if weights.kept == 0 => {
                return Ok(weights.log_weights.clone());
            }
            Left::Any(weights) => {
                return Ok(weights.log_weights.iter().map(|x| x - log_mass).collect());
            }
        };
        if top.kept == logits.vocab_size() {
            let logits = logits.values()?;
            return Ok(logits.iter().map(|x| top.log_weight(*x) - log_mass).collect());
        }
        let mut all = vec![f64::NEG_INFINITY; logits.vocab_size()];
        let kept = logits.sort(top.kept)?;
        for ranked in (0..kept).map(|index| logits.ranked(index)) {
            all[ranked.id as usize] = top.log_weight(ranked.logit) - log_mass;
        }
        Ok(all)
    }

    /// The weight of a token; `None` if it was cut.
    fn weight(&self, token: Ranked, rank: usize) -> Option<f64> {
        match &self.left {
            Left::Top(top) => (rank <= top.kept).then(|| top.weight(token.logit)),
            Left::Any(weights) => {
                let is_left = weights.cuts[token.id as usize].is_none();
                is_left.then(|| weights.log_weights[token.id as usize].exp())
            }
        }
    }
}

/// The cuts in their order.
fn cuts(order: SamplerOrder) -> [SamplerKind; 4] {
    use SamplerKind::{MinP, TopK, TopP, TypicalP};
    match order {
        SamplerOrder::TemperatureFirst => [TopK, TopP, MinP, TypicalP],
        SamplerOrder::TemperatureLast => [TopK, TypicalP, TopP, MinP],
    }
}

/// The temperature at which the cuts see probabilities; `None` if only the most probable
/// token is left before they come.
fn temperature_of_cuts(settings: &SamplerSettings) -> Option<f32> {
    match settings.order {
        SamplerOrder::TemperatureLast => Some(1.0),
        SamplerOrder::TemperatureFirst => {
            Some(settings.temperature).filter(|temperature| *temperature > 0.0)
        }
    }
}

/// Applies the steps that keep the top tokens.
fn top(
    logits: &mut impl RankedLogits,
    settings: &SamplerSettings,
    stages: &mut Vec<SamplerStage>,
) -> Result<Top> {
    let mut done = |kind, kept: usize| {
        stages.push(SamplerStage { kind, kept: kept as u32, changed: 0 });
    };
    let known = logits.count();
    let Some(temperature) = temperature_of_cuts(settings) else {
        done(SamplerKind::Greedy, 1);
        return Ok(Top::greedy(logits));
    };
    let mut top = Top::all(logits, temperature)?;
    // What an engine elsewhere has not listed can come into the cuts by its mass alone.
    let is_partial = logits.unlisted() > 0;
    let mut forgotten = is_partial && settings.top_k as usize > known;
    if forgotten {
        top.forget_unlisted(logits)?;
        done(SamplerKind::Listed, known);
    }
    for kind in cuts(settings.order) {
        if top.cut(logits, kind, settings)? {
            done(kind, top.kept);
        }
    }
    if settings.temperature == 0.0 {
        done(SamplerKind::Greedy, 1);
        return Ok(Top::greedy(logits));
    }
    if is_partial && top.kept == known && !forgotten {
        forgotten = true;
        done(SamplerKind::Listed, known);
    }
    match temperature == settings.temperature && !forgotten {
        true => Ok(top),
        false => top.at(logits, settings.temperature),
    }
}

/// Applies the cuts to any tokens that are left, and weighs them.
fn weigh(
    mut survivors: Survivors,
    settings: &SamplerSettings,
    stages: &mut Vec<SamplerStage>,
) -> Result<Weights> {
    let mut done = |kind, survivors: &Survivors| {
        let kept = survivors.kept() as u32;
        stages.push(SamplerStage { kind, kept, changed: 0 });
    };
    // Nothing can be cut from nothing.
    if survivors.kept() == 0 {
        return Ok(survivors.weigh(1.0));
    }
    if let Some(temperature) = temperature_of_cuts(settings) {
        for kind in cuts(settings.order) {
            if survivors.cut(kind, settings, temperature)? {
                done(kind, &survivors);
            }
        }
    }
    if settings.temperature == 0.0 {
        survivors.keep_highest();
        done(SamplerKind::Greedy, &survivors);
    }
    Ok(survivors.weigh(settings.temperature))
}
