//! The steps before the cuts: logit bias, penalties, banned tokens and allowed texts.

use std::collections::BTreeMap;

use protocol::{SamplerKind, SamplerSettings, SamplerStage, TokenId};

use super::survivors::Survivors;

/// What the sampler must know beside its settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct SamplerContext<'a> {
    /// The tokens that precede the one that is drawn: the penalties are for those.
    pub text: &'a [TokenId],
    /// Whether each of V tokens keeps an allowed text possible; `None` if all are allowed.
    pub allowed: Option<&'a [bool]>,
}

/// Whether any of these steps is switched on.
pub(super) fn adjusts(settings: &SamplerSettings, context: SamplerContext) -> bool {
    settings.repetition_penalty != 1.0
        || settings.presence_penalty != 0.0
        || settings.frequency_penalty != 0.0
        || !settings.logit_bias.is_empty()
        || !settings.banned.is_empty()
        || context.allowed.is_some()
}

/// Applies the steps that are switched on, in their order. Logits change in 32 bits, as
/// they do in transformers.
pub(super) fn adjust(
    survivors: &mut Survivors,
    settings: &SamplerSettings,
    context: SamplerContext,
    stages: &mut Vec<SamplerStage>,
) {
    let mut changed = |survivors: &Survivors, kind, changed: usize| {
        let kept = survivors.kept() as u32;
        stages.push(SamplerStage { kind, kept, changed: changed as u32 });
    };
    if !settings.logit_bias.is_empty() {
        let biases = settings.logit_bias.iter();
        let count = biases
            .filter(|biased| survivors.change(biased.id, |logit| logit + biased.bias))
            .count();
        changed(survivors, SamplerKind::LogitBias, count);
    }
    let mut penalise = |kind, penalty: f32, counts: &BTreeMap<TokenId, u32>| {
        let count = counts.iter().filter(|(id, count)| {
            let penalised = |logit: f32| match kind {
                SamplerKind::RepetitionPenalty if logit < 0.0 => logit * penalty,
                SamplerKind::RepetitionPenalty => logit / penalty,
                SamplerKind::FrequencyPenalty => logit - penalty * **count as f32,
                _ => logit - penalty,
            };
            survivors.change(**id, penalised)
        });
        let count = count.count();
        changed(survivors, kind, count);
    };
    let windowed = window(settings, context.text);
    if settings.repetition_penalty != 1.0 {
        let counts = count(windowed);
        penalise(SamplerKind::RepetitionPenalty, settings.repetition_penalty, &counts);
    }
    if settings.presence_penalty != 0.0 || settings.frequency_penalty != 0.0 {
        let counts = count(after_prompt(settings, context.text, windowed));
        for (kind, penalty) in [
            (SamplerKind::PresencePenalty, settings.presence_penalty),
            (SamplerKind::FrequencyPenalty, settings.frequency_penalty),
        ] {
            if penalty != 0.0 {
                penalise(kind, penalty, &counts);
            }
        }
    }
    if !settings.banned.is_empty() {
        survivors.keep_ids(SamplerKind::Banned, |id| !settings.banned.contains(&id));
        changed(survivors, SamplerKind::Banned, 0);
    }
    if let Some(allowed) = context.allowed {
        let is_allowed = |id: u32| allowed.get(id as usize).copied().unwrap_or(false);
        survivors.keep_ids(SamplerKind::Allowed, is_allowed);
        changed(survivors, SamplerKind::Allowed, 0);
    }
}

/// The last tokens of a text that the penalties look at.
fn window<'a>(settings: &SamplerSettings, text: &'a [TokenId]) -> &'a [TokenId] {
    match settings.penalty_window as usize {
        0 => text,
        tokens => &text[text.len().saturating_sub(tokens)..],
    }
}

/// Those of the window that are not of the prompt.
fn after_prompt<'a>(
    settings: &SamplerSettings,
    text: &[TokenId],
    window: &'a [TokenId],
) -> &'a [TokenId] {
    let prompt = settings.prompt_tokens.unwrap_or(0) as usize;
    let before_window = text.len() - window.len();
    &window[prompt.saturating_sub(before_window).min(window.len())..]
}

fn count(text: &[TokenId]) -> BTreeMap<TokenId, u32> {
    let mut counts = BTreeMap::new();
    for id in text {
        *counts.entry(*id).or_default() += 1;
    }
    counts
}
