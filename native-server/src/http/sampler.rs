//! The sampler's settings as routes take them.

use std::hash::{BuildHasher, RandomState};

use protocol::{
    AllowedTexts, InvalidSetting, SamplerOrder, SamplerSettings, TokenBias, TokenId,
};
use serde_json::Value;

use super::error::ApiError;
use super::members::{Members, SamplerNumber};

/// A random seed.
pub(crate) fn random_seed() -> u32 {
    // The randomness of the standard library is good enough to sample with.
    RandomState::new().hash_one(()) as u32
}

/// Checks the ranges of all settings.
///
/// # Errors
/// The first that is out of its range.
pub(crate) fn checked(settings: SamplerSettings) -> Result<SamplerSettings, ApiError> {
    match settings.check() {
        Ok(()) => Ok(settings),
        Err(InvalidSetting { name, value, range }) => {
            let message = format!("{name} is {value}; it can be {range}.");
            Err(ApiError::bad_request(message).about(name))
        }
    }
}

/// Takes the settings, in the names of the page's protocol. Without a seed, one is drawn.
///
/// # Errors
/// The first that has a wrong type or is out of its range.
pub(crate) fn settings(members: &mut Members) -> Result<SamplerSettings, ApiError> {
    let usual = SamplerSettings::default();
    let mut number = |name, usual| -> Result<f32, ApiError> {
        Ok(members.number(name)?.map_or(usual, |SamplerNumber(value)| value))
    };
    checked(SamplerSettings {
        temperature: number("temperature", usual.temperature)?,
        top_p: number("top_p", usual.top_p)?,
        min_p: number("min_p", usual.min_p)?,
        typical_p: number("typical_p", usual.typical_p)?,
        repetition_penalty: number("repetition_penalty", usual.repetition_penalty)?,
        presence_penalty: number("presence_penalty", usual.presence_penalty)?,
        frequency_penalty: number("frequency_penalty", usual.frequency_penalty)?,
        top_k: members.integer("top_k", 0..=u32::MAX)?.unwrap_or(usual.top_k),
        penalty_window: members.integer("penalty_window", 0..=u32::MAX)?.unwrap_or(0),
        prompt_tokens: members.integer("prompt_tokens", 1..=u32::MAX)?,
        seed: members.integer("seed", 0..=u32::MAX)?.unwrap_or_else(random_seed),
        order: order(members)?,
        logit_bias: logit_bias(members)?,
        banned: members.ids("banned")?.unwrap_or_default(),
        allowed: allowed(members)?,
    })
}

fn order(members: &mut Members) -> Result<SamplerOrder, ApiError> {
    match members.take("order") {
        None => Ok(SamplerOrder::default()),
        Some(order) if order == "temperature_first" => Ok(SamplerOrder::TemperatureFirst),
        Some(order) if order == "temperature_last" => Ok(SamplerOrder::TemperatureLast),
        Some(order) => {
            let orders = "\"temperature_first\" or \"temperature_last\"";
            Err(members.wrong("order", &order, orders))
        }
    }
}

fn logit_bias(members: &mut Members) -> Result<Vec<TokenBias>, ApiError> {
    let list = members.list("logit_bias")?.unwrap_or_default();
    let biases = list.into_iter().enumerate().map(|(index, value)| {
        let mut members = Members::at(format!("logit_bias[{index}]"), value)?;
        let id: Option<TokenId> = members.integer("id", 0..=u32::MAX)?;
        let id = id.ok_or_else(|| members.missing("id"))?;
        let SamplerNumber(bias) =
            members.number("bias")?.ok_or_else(|| members.missing("bias"))?;
        members.finish()?;
        Ok(TokenBias { id, bias })
    });
    biases.collect()
}

fn allowed(members: &mut Members) -> Result<Option<AllowedTexts>, ApiError> {
    let Some(allowed) = members.take("allowed") else { return Ok(None) };
    let mut allowed = Members::at("allowed".into(), allowed)?;
    let given = (texts(&mut allowed, "choices")?, allowed.text("pattern")?);
    allowed.finish()?;
    match given {
        (Some(texts), None) => Ok(Some(AllowedTexts::Choices(texts))),
        (None, Some(pattern)) => Ok(Some(AllowedTexts::Pattern(pattern))),
        _ => {
            let message = "allowed has either \"choices\" or \"pattern\".";
            Err(ApiError::bad_request(message).about("allowed"))
        }
    }
}

/// Takes a list of texts.
///
/// # Errors
/// If it is none.
pub(crate) fn texts(
    members: &mut Members,
    name: &'static str,
) -> Result<Option<Vec<String>>, ApiError> {
    let Some(list) = members.list(name)? else { return Ok(None) };
    let texts = list.into_iter().enumerate().map(|(index, value)| match value {
        Value::String(text) => Ok(text),
        value => Err(members.wrong(&format!("{name}[{index}]"), &value, "a text")),
    });
    texts.collect::<Result<_, _>>().map(Some)
}
