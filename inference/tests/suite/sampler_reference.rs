//! The sampler's steps, one by one as they are defined, in f64 and over whole lists.

use protocol::{SamplerKind, SamplerOrder, SamplerSettings, TokenId};

/// What is drawn from.
pub(crate) struct Draws {
    /// By id.
    pub(crate) q: Vec<f64>,
    /// The step that cut each token.
    pub(crate) cuts: Vec<Option<SamplerKind>>,
}

struct Steps<'a> {
    settings: &'a SamplerSettings,
    /// −∞ for tokens that were cut.
    logits: Vec<f64>,
    cuts: Vec<Option<SamplerKind>>,
}

/// Applies all steps.
pub(crate) fn reference(
    logits: &[f32],
    settings: &SamplerSettings,
    text: &[TokenId],
    allowed: Option<&[bool]>,
) -> Draws {
    let logits: Vec<f64> = logits.iter().map(|logit| f64::from(*logit)).collect();
    let cuts = vec![None; logits.len()];
    let mut steps = Steps { settings, logits, cuts };
    for biased in &settings.logit_bias {
        steps.logits[biased.id as usize] += f64::from(biased.bias);
    }
    steps.penalise(text);
    for id in 0..steps.logits.len() {
        if settings.banned.contains(&(id as TokenId)) {
            steps.cut(id, SamplerKind::Banned);
        }
    }
    for id in 0..steps.logits.len() {
        if allowed.is_some_and(|allowed| !allowed[id]) {
            steps.cut(id, SamplerKind::Allowed);
        }
    }
    let temperature = f64::from(settings.temperature);
    match settings.order {
        SamplerOrder::TemperatureFirst => {
            steps.heat(temperature);
            steps.top_k();
            steps.top_p();
            steps.min_p();
            steps.typical();
        }
        SamplerOrder::TemperatureLast => {
            steps.top_k();
            steps.typical();
            steps.top_p();
            steps.min_p();
            steps.heat(temperature);
        }
    }
    Draws { q: steps.probabilities(), cuts: steps.cuts }
}

impl Steps<'_> {
    fn cut(&mut self, id: usize, kind: SamplerKind) {
        if self.logits[id] > f64::NEG_INFINITY {
            self.logits[id] = f64::NEG_INFINITY;
            self.cuts[id] = Some(kind);
        }
    }

    fn cut_unless(&mut self, kind: SamplerKind, is_kept: impl Fn(usize) -> bool) {
        for id in 0..self.logits.len() {
            if !is_kept(id) {
                self.cut(id, kind);
            }
        }
    }

    fn probabilities(&self) -> Vec<f64> {
        let highest = self.logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if highest == f64::NEG_INFINITY {
            return vec![0.0; self.logits.len()];
        }
        let powers: Vec<f64> = self.logits.iter().map(|x| (x - highest).exp()).collect();
        let sum: f64 = powers.iter().sum();
        powers.into_iter().map(|power| power / sum).collect()
    }

    /// The ids of what is left, the most probable first.
    fn order(&self) -> Vec<usize> {
        let left = |id: &usize| self.logits[*id] > f64::NEG_INFINITY;
        let mut ids: Vec<usize> = (0..self.logits.len()).filter(left).collect();
        ids.sort_by(|a, b| self.logits[*b].total_cmp(&self.logits[*a]).then(a.cmp(b)));
        ids
    }

    fn penalise(&mut self, text: &[TokenId]) {
        let settings = self.settings;
        let first = match settings.penalty_window as usize {
            0 => 0,
            window => text.len().saturating_sub(window),
        };
        let prompt = settings.prompt_tokens.unwrap_or(0) as usize;
        for (id, logit) in self.logits.iter_mut().enumerate() {
            let is_id = |other: &TokenId| *other as usize == id;
            if text[first..].iter().any(is_id) {
                let penalty = f64::from(settings.repetition_penalty);
                *logit = if *logit < 0.0 { *logit * penalty } else { *logit / penalty };
            }
            let after = text.iter().skip(first.max(prompt));
            let count = after.filter(|other| is_id(other)).count();
            if count > 0 {
                *logit -= f64::from(settings.presence_penalty);
                *logit -= f64::from(settings.frequency_penalty) * count as f64;
            }
        }
    }

    fn heat(&mut self, temperature: f64) {
        if temperature > 0.0 {
            self.logits.iter_mut().for_each(|logit| *logit /= temperature);
        } else {
            let first = self.order().first().copied();
            self.cut_unless(SamplerKind::Greedy, |id| Some(id) == first);
        }
    }

    fn top_k(&mut self) {
        let k = self.settings.top_k as usize;
        if k > 0 {
            let kept: Vec<usize> = self.order().into_iter().take(k).collect();
            self.cut_unless(SamplerKind::TopK, |id| kept.contains(&id));
        }
    }

    fn top_p(&mut self) {
        if self.settings.top_p < 1.0 {
            let kept = self.reaching(self.order(), self.settings.top_p.into());
            self.cut_unless(SamplerKind::TopP, |id| kept.contains(&id));
        }
    }

    fn min_p(&mut self) {
        let probabilities = self.probabilities();
        let highest = probabilities.iter().copied().fold(0.0, f64::max);
        let least = f64::from(self.settings.min_p) * highest;
        if least > 0.0 {
            self.cut_unless(SamplerKind::MinP, |id| probabilities[id] >= least);
        }
    }

    fn typical(&mut self) {
        if self.settings.typical_p < 1.0 {
            let p = self.probabilities();
            let entropy: f64 = p.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
            let distance = |id: usize| (-p[id].ln() - entropy).abs();
            let mut order = self.order();
            order.sort_by(|a, b| distance(*a).total_cmp(&distance(*b)));
            let kept = self.reaching(order, self.settings.typical_p.into());
            self.cut_unless(SamplerKind::TypicalP, |id| kept.contains(&id));
        }
    }

    /// The first ids whose probabilities reach `mass`.
    fn reaching(&self, order: Vec<usize>, mass: f64) -> Vec<usize> {
        let p = self.probabilities();
        let mut sum = 0.0;
        let mut kept = Vec::new();
        for id in order {
            kept.push(id);
            sum += p[id];
            if sum >= mass {
                break;
            }
        }
        kept
    }
}
