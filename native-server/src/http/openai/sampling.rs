//! How tokens are drawn, in the names of OpenAI's API and of servers that have more in it:
//! vLLM, llama.cpp's and those on transformers.

use protocol::{AllowedTexts, SamplerSettings, TokenBias, limits};
use schemars::Schema;
use serde_json::{Value, json};

use crate::http::error::ApiError;
use crate::http::members::{Members, SamplerNumber};
use crate::http::sampler::{checked, random_seed, texts};
use crate::http::schema::{ServerValue, allowed_texts, pattern};

/// Takes the settings.
///
/// # Errors
/// The first that has a wrong type or is out of its range.
pub(super) fn settings(members: &mut Members) -> Result<SamplerSettings, ApiError> {
    let mut number = |name, usual| -> Result<f32, ApiError> {
        Ok(members.number(name)?.map_or(usual, |SamplerNumber(value)| value))
    };
    let temperature = number("temperature", 1.0)?;
    // In OpenAI's API, 0 keeps as few tokens as possible.
    let top_p = match number("top_p", 1.0)? {
        0.0 => f32::MIN_POSITIVE,
        top_p => top_p,
    };
    let presence_penalty = number("presence_penalty", 0.0)?;
    let frequency_penalty = number("frequency_penalty", 0.0)?;
    // These are not in OpenAI's API, but common.
    let min_p = number("min_p", 0.0)?;
    let typical_p = number("typical_p", 1.0)?;
    let repetition_penalty = repetition_penalty(members)?;
    let top_k = members.integer_or_minus_one("top_k", 0..=u32::MAX)?.unwrap_or(0);
    let seed = match members.take("seed") {
        None => random_seed(),
        Some(seed) => {
            // Both halves of the 64 bits count.
            let bits = seed.as_u64().or_else(|| Some(seed.as_i64()?.cast_unsigned()));
            let bits = bits.ok_or_else(|| {
                members.wrong("seed", &seed, "a whole number of 64 bits")
            })?;
            (bits ^ (bits >> 32)) as u32
        }
    };
    checked(SamplerSettings {
        temperature,
        top_p,
        top_k,
        min_p,
        seed,
        typical_p,
        repetition_penalty,
        presence_penalty,
        frequency_penalty,
        logit_bias: logit_bias(members)?,
        allowed: allowed(members)?,
        ..SamplerSettings::default()
    })
}

/// The penalty for repetition, in its two names.
fn repetition_penalty(members: &mut Members) -> Result<f32, ApiError> {
    let given =
        (members.number("repetition_penalty")?, members.number("repeat_penalty")?);
    match given {
        (Some(SamplerNumber(one)), Some(SamplerNumber(other))) if one != other => {
            let message =
                "repetition_penalty and repeat_penalty are the same and differ.";
            Err(ApiError::bad_request(message).about("repeat_penalty"))
        }
        (Some(SamplerNumber(penalty)), _) | (None, Some(SamplerNumber(penalty))) => {
            Ok(penalty)
        }
        (None, None) => Ok(1.0),
    }
}

/// A bias for each token id, which is the name of a member.
fn logit_bias(members: &mut Members) -> Result<Vec<TokenBias>, ApiError> {
    let Some(biases) = members.take("logit_bias") else { return Ok(Vec::new()) };
    let wrong = |members: &Members, biases: &Value| {
        members.wrong("logit_bias", biases, "an object with a number for each token id")
    };
    let Value::Object(biases) = biases else { return Err(wrong(members, &biases)) };
    let read = biases.iter().map(|(id, bias)| {
        let SamplerNumber(bias) = bias.as_f64()?.into();
        Some(TokenBias { id: id.parse().ok()?, bias })
    });
    let read: Option<Vec<TokenBias>> = read.collect();
    read.ok_or_else(|| wrong(members, &Value::Object(biases)))
}

/// The texts that the answer can be, in vLLM's names: those of today and those before.
fn allowed(members: &mut Members) -> Result<Option<AllowedTexts>, ApiError> {
    let mut given = vec![
        texts(members, "guided_choice")?.map(AllowedTexts::Choices),
        members.text("guided_regex")?.map(AllowedTexts::Pattern),
    ];
    if let Some(outputs) = members.take("structured_outputs") {
        let mut outputs = Members::at("structured_outputs".into(), outputs)?;
        let texts = texts(&mut outputs, "choice")?.map(AllowedTexts::Choices);
        let pattern = outputs.text("regex")?.map(AllowedTexts::Pattern);
        outputs.finish()?;
        if texts.is_none() && pattern.is_none() {
            let message = "structured_outputs has either \"choice\" or \"regex\".";
            return Err(ApiError::bad_request(message).about("structured_outputs"));
        }
        given.extend([texts, pattern]);
    }
    let mut given = given.into_iter().flatten();
    match (given.next(), given.next()) {
        (allowed, None) => Ok(allowed),
        _ => {
            let message = "The texts that are allowed are given twice.";
            Err(ApiError::bad_request(message).about("guided_choice"))
        }
    }
}

/// The names, ranges and defaults of OpenAI's sampler where they differ from the page's.
pub(super) fn as_openai(schema: &mut Schema) {
    let Some(Value::Object(members)) = schema.get_mut("properties") else { return };
    for own in ["order", "penalty_window", "banned", "allowed", "prompt_tokens"] {
        members.remove(own);
    }
    members["temperature"]["default"] = json!(1);
    members["top_p"]["minimum"] = json!(0);
    if let Some(top_p) = members["top_p"].as_object_mut() {
        top_p.remove("exclusiveMinimum");
    }
    members["top_k"]["minimum"] = json!(-1);
    members["top_k"]["description"] = json!("Keep this many; 0 and -1 keep all.");
    members["seed"] = json!({
        "description": members["seed"]["description"],
        "type": "integer", "minimum": i64::MIN, "maximum": u64::MAX
    });
    let bias = limits::MAX_BIAS;
    members["logit_bias"] = json!({
        "description": "What is added to the logit of each token, by its id.",
        "type": "object",
        "propertyNames": { "pattern": ServerValue::TokenIdPattern },
        "additionalProperties": { "type": "number", "minimum": -bias, "maximum": bias },
        "maxProperties": limits::MAX_BIASED
    });
    let choices = allowed_texts("The answer is one of these texts.");
    members.insert("guided_choice".into(), choices);
    let pattern = pattern("The answer matches this regular expression (Rust's syntax).");
    members.insert("guided_regex".into(), pattern);
}

/// The rule that the allowed texts are given once.
pub(super) fn allowed_once() -> Value {
    let none = |name: &str| json!({ "properties": { name: { "type": "null" } } });
    json!({ "anyOf": [none("guided_choice"), none("guided_regex")] })
}
