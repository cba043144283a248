//! What completions and chat completions have in common: the members of a question.

use protocol::{SamplerSettings, TokenId};
use serde_json::Value;

use super::unsupported;
use crate::Limits;
use crate::http::error::ApiError;
use crate::http::members::Members;
use crate::http::sampler::{Knob, checked, random_seed};

/// Texts that end a completion, at most.
const MAX_STOPS: usize = 4;
/// Tokens that end a completion, at most.
const MAX_STOP_IDS: usize = 64;
/// Choices for one prompt, at most.
const MAX_CHOICES: u32 = 8;

/// What both kinds of completion take. What is null counts as not given.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) model: Option<String>,
    pub(super) max_tokens: Option<u32>,
    /// How tokens are drawn.
    pub(super) settings: SamplerSettings,
    /// How many choices there are to be for each prompt.
    pub(super) choices: usize,
    /// Texts that end a completion.
    pub(super) stops: Vec<Vec<u8>>,
    /// Tokens that do.
    pub(super) stop_ids: Vec<TokenId>,
    /// Whether a text goes on after the token that ends it.
    pub(super) ignores_end: bool,
    /// How the answer is to be sent.
    pub(super) sending: Sending,
}

/// How an answer is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// As one.
    Whole,
    /// As it comes, at the end with or without what it cost.
    Streamed { usage: bool },
}

impl Options {
    /// Takes these members, and those that can want nothing here.
    ///
    /// # Errors
    /// The first that cannot be as it is.
    pub(super) fn read(members: &mut Members) -> Result<Options, ApiError> {
        unsupported::check(members)?;
        Ok(Options {
            model: members.text("model")?,
            max_tokens: members.whole_or_off("max_tokens", 0..=u32::MAX)?,
            settings: settings(members)?,
            choices: members.whole("n", 1..=MAX_CHOICES)?.unwrap_or(1) as usize,
            stops: stops(members)?,
            stop_ids: stop_ids(members)?,
            ignores_end: members.flag("ignore_eos")?.unwrap_or(false),
            sending: sending(members)?,
        })
    }
}

fn settings(members: &mut Members) -> Result<SamplerSettings, ApiError> {
    let mut knob = |name, usual| -> Result<f32, ApiError> {
        Ok(members.knob(name)?.map_or(usual, |Knob(value)| value))
    };
    let temperature = knob("temperature", 1.0)?;
    // Here, 0 means as few as can be.
    let top_p = match knob("top_p", 1.0)? {
        0.0 => f32::MIN_POSITIVE,
        top_p => top_p,
    };
    // Not OpenAI's, but common: the page's other knobs.
    let min_p = knob("min_p", 0.0)?;
    let top_k = members.whole_or_off("top_k", 0..=u32::MAX)?.unwrap_or(0);
    let seed = match members.take("seed") {
        None => random_seed(),
        Some(seed) => {
            // Both halves count.
            let bits = seed.as_u64().or_else(|| Some(seed.as_i64()?.cast_unsigned()));
            let bits = bits.ok_or_else(|| {
                members.wrong("seed", &seed, "a whole number of 64 bits")
            })?;
            (bits ^ (bits >> 32)) as u32
        }
    };
    checked(SamplerSettings { temperature, top_p, top_k, min_p, seed })
}

/// A text or a list of texts; an empty one means none.
fn stops(members: &mut Members) -> Result<Vec<Vec<u8>>, ApiError> {
    let stops = match members.take("stop") {
        None => Vec::new(),
        Some(Value::Array(stops)) => stops,
        Some(stop) => vec![stop],
    };
    let wrong = |value: &Value| {
        let what = format!("a text, or a list of up to {MAX_STOPS} texts");
        members.wrong("stop", value, &what)
    };
    if stops.len() > MAX_STOPS {
        return Err(wrong(&Value::Array(stops)));
    }
    let texts = stops.iter().map(|stop| match stop {
        Value::String(text) => Ok(text.as_bytes().to_vec()),
        other => Err(wrong(other)),
    });
    let texts: Vec<Vec<u8>> = texts.collect::<Result<_, _>>()?;
    Ok(texts.into_iter().filter(|text| !text.is_empty()).collect())
}

fn stop_ids(members: &mut Members) -> Result<Vec<TokenId>, ApiError> {
    let ids = members.ids("stop_token_ids")?.unwrap_or_default();
    match ids.len() <= MAX_STOP_IDS {
        true => Ok(ids),
        false => {
            let message =
                format!("stop_token_ids has {} ids, at most {MAX_STOP_IDS}.", ids.len());
            Err(ApiError::bad_request(message).about("stop_token_ids"))
        }
    }
}

fn sending(members: &mut Members) -> Result<Sending, ApiError> {
    let streamed = members.flag("stream")?.unwrap_or(false);
    let Some(options) = members.take("stream_options") else {
        return Ok(match streamed {
            true => Sending::Streamed { usage: false },
            false => Sending::Whole,
        });
    };
    if !streamed {
        let message = "stream_options can be given only where stream is true.";
        return Err(ApiError::bad_request(message).about("stream_options"));
    }
    let mut options = Members::at("stream_options".into(), options)?;
    let usage = options.flag("include_usage")?.unwrap_or(false);
    // It pads chunks, so that their length tells nothing.
    options.flag("include_obfuscation")?;
    options.finish()?;
    Ok(Sending::Streamed { usage })
}

/// Refuses a member, if it `is` there.
///
/// # Errors
/// If so.
pub(super) fn refuse(is: bool, field: &'static str, why: &str) -> Result<(), ApiError> {
    match is {
        true => Err(ApiError::bad_request(format!("{field} {why} here.")).about(field)),
        false => Ok(()),
    }
}

/// How many tokens a text may have: as many as a member asks for, or by default `usual`.
///
/// # Errors
/// If that is none, or more than this server allows.
pub(super) fn token_limit(
    limits: &Limits,
    field: &'static str,
    wanted: Option<u32>,
    usual: u32,
) -> Result<u32, ApiError> {
    let most = limits.max_tokens;
    match wanted {
        None => Ok(usual.min(most)),
        Some(count) if (1..=most).contains(&count) => Ok(count),
        Some(count) => {
            let message = format!("{field} is {count}; it can be 1 to {most}.");
            Err(ApiError::bad_request(message).about(field))
        }
    }
}
