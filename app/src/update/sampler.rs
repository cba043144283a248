//! The sampler's further steps: what the person does with them, and the tokens that are named
//! by their text.

use protocol::limits::MAX_BIAS;
use protocol::{Command, ErrorCode, Event, Failure, Token, TokenizeOptions};

use super::explorer::{on_knob_turned, request_distribution};
use super::requests::{Effects, send};
use crate::state::{
    AllowedKind, DistributionTerms, Knob, MAX_NAMED, NamedText, Purpose, SamplerAction,
    State, forms,
};
use crate::texts;

/// Takes an action of the person.
pub(super) fn on_action(state: &mut State, action: SamplerAction, effects: &mut Effects) {
    let before = state.sampler();
    let (card, steps) = (&mut state.sampler_card, &mut state.knobs.steps);
    match action {
        SamplerAction::SetOrder(order) => steps.order = order,
        SamplerAction::EditToken(text) => card.typed = text,
        SamplerAction::SetBias(bias) if bias.is_finite() => {
            card.bias = (bias as f32).clamp(-MAX_BIAS, MAX_BIAS);
        }
        SamplerAction::SetBias(_) => {}
        SamplerAction::Ban => name_token(state, None),
        SamplerAction::AddBias => name_token(state, Some(state.sampler_card.bias)),
        SamplerAction::Remove(index) => {
            if index < steps.named.len() {
                steps.named.remove(index);
            }
        }
        SamplerAction::SetAllowed(kind) => steps.allowed = kind,
        SamplerAction::EditAllowed(text) => steps.allowed_text = text,
        SamplerAction::SwitchOff => {
            *steps = Default::default();
            state.notify(texts::sampler::SWITCHED_OFF);
        }
    }
    if state.sampler() != before {
        state.sampler_card.problem = None;
        apply(state, effects);
    }
}

/// Bans the token that was typed, or gives it a bias, in the place of what was said of it
/// before.
fn name_token(state: &mut State, bias: Option<f32>) {
    let text = state.sampler_card.typed.clone();
    let named = &mut state.knobs.steps.named;
    named.retain(|named| named.text != text);
    if text.is_empty() {
        state.notify(texts::sampler::NO_TOKEN);
    } else if named.len() >= MAX_NAMED {
        state.notify(texts::sampler::TOO_MANY_TOKENS);
    } else {
        named.push(NamedText::new(text, bias));
        state.sampler_card.typed.clear();
    }
}

/// Draws by the steps as they are now.
fn apply(state: &mut State, effects: &mut Effects) {
    // All knobs of the sampler are alike.
    on_knob_turned(state, Knob::TypicalP, effects);
}

/// Asks for the tokens of texts whose tokens are not known to the model.
pub(super) fn refresh(state: &mut State, effects: &mut Effects) {
    let Some(model) = state.engine.model_id().filter(|_| state.engine.is_ready()) else {
        return;
    };
    let mut unknown = Vec::new();
    for named in &mut state.knobs.steps.named {
        let asks = |purpose: &Purpose| matches!(purpose, Purpose::NameToken(text) if *text == named.text);
        if !named.is_known_to(model) && !state.requests.any(asks) {
            (named.tokens, named.answers) = (Some((model, Vec::new())), 0);
            unknown.push(named.text.clone());
        }
    }
    for text in unknown {
        for form in forms(&text) {
            let options = TokenizeOptions { special_tokens: true, continuation: true };
            let purpose = Purpose::NameToken(text.clone());
            let command = Command::Tokenize { text: form, options };
            send(state, purpose, command, effects);
        }
    }
}

/// Takes the tokens of a form of a text: it counts if it is a single one.
pub(super) fn on_tokens(
    state: &mut State,
    text: &str,
    event: Event,
    effects: &mut Effects,
) {
    let model = state.engine.model_id();
    let mut named = state.knobs.steps.named.iter_mut();
    let Some(named) = named.find(|named| named.text == text) else { return };
    named.answers += 1;
    let Event::Tokenized { tokens } = event else { return };
    let Ok([token]) = <[Token; 1]>::try_from(tokens) else { return };
    match &mut named.tokens {
        Some((of, tokens)) if Some(*of) == model && !tokens.contains(&token) => {
            tokens.push(token);
            apply(state, effects);
        }
        _ => {}
    }
}

/// Takes the failure of a distribution. A pattern that cannot be used is told beside it.
pub(super) fn on_failure(
    state: &mut State,
    terms: &DistributionTerms,
    failure: Failure,
    effects: &mut Effects,
) {
    let is_of_pattern = failure.code == ErrorCode::InvalidSettings
        && state.knobs.steps.allowed == AllowedKind::Pattern;
    match is_of_pattern {
        true => state.sampler_card.problem = Some(failure.message),
        false => state.error = Some(failure.into()),
    }
    if state.sampler() != terms.settings {
        state.sampler_card.problem = None;
        request_distribution(state, effects);
    }
}
