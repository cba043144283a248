//! The members that completions and chat completions have in common.

use protocol::{ModelDescription, SamplerSettings, TokenId, limits};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::choice_options::ChoiceOptions;
use super::logprobs::LogprobOptions;
use super::{sampling, unsupported};
use crate::ServerLimits;
use crate::http::error::ApiError;
use crate::http::members::Members;
use crate::http::schema::{ModelTokenId, ServerValue};

/// The texts to stop at, at most.
const MAX_STOPS: usize = 64;
/// The tokens to stop at, at most.
const MAX_STOP_IDS: usize = 64;
/// The choices for one prompt, at most.
const MAX_CHOICES: u32 = 8;

/// The members of both kinds of completion. Null counts as not given.
#[derive(Debug, JsonSchema)]
#[schemars(transform = sampling::as_openai)]
pub(super) struct Options {
    /// The model that runs; it can be left out.
    #[schemars(extend("enum" = ServerValue::ModelNames))]
    pub(super) model: Option<String>,
    /// Tokens of each text, at most.
    #[schemars(schema_with = "token_limit_schema", default)]
    pub(super) max_tokens: Option<u32>,
    /// How tokens are drawn.
    #[schemars(flatten)]
    pub(super) settings: SamplerSettings,
    /// So many texts, each with a seed of its own.
    #[schemars(rename = "n", with = "Option<u32>", range(min = 1, max = MAX_CHOICES))]
    pub(super) choices: usize,
    /// Texts, 64 at most, before which the answer ends.
    #[schemars(rename = "stop", with = "Option<StopTexts>")]
    pub(super) stops: Vec<Vec<u8>>,
    /// Tokens that end the answer and are no part of it.
    #[schemars(rename = "stop_token_ids", with = "Option<Vec<ModelTokenId>>")]
    #[schemars(length(max = MAX_STOP_IDS))]
    pub(super) stop_ids: Vec<TokenId>,
    /// The answer goes on after the token that ends a text.
    #[schemars(rename = "ignore_eos", with = "Option<bool>")]
    pub(super) ignores_end: bool,
    /// The answer has so many tokens before it may end, unless max_tokens are fewer.
    #[schemars(with = "Option<u32>", extend("maximum" = ServerValue::MaxTokens))]
    pub(super) min_tokens: u32,
    /// Log probabilities name tokens as token_id:17, which no two have in common.
    #[schemars(rename = "return_tokens_as_token_ids", with = "Option<bool>")]
    pub(super) tokens_as_ids: bool,
    /// Log probabilities are those of these tokens, in the place of the most probable ones.
    #[schemars(rename = "logprob_token_ids", with = "Option<Vec<ModelTokenId>>")]
    #[schemars(length(max = limits::MAX_WATCHED - 1))]
    pub(super) named_tokens: Vec<TokenId>,
    /// The answer comes in pieces, as server-sent events.
    #[schemars(with = "Option<bool>")]
    pub(super) stream: bool,
    /// With a stream: {"include_usage": true}.
    pub(super) stream_options: Option<StreamOptions>,
}

/// How a stream is sent.
#[derive(Clone, Copy, Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct StreamOptions {
    /// The last chunk tells how many tokens it was.
    #[schemars(with = "Option<bool>")]
    include_usage: bool,
}

/// A text, or several.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "it stands for a type in schemas")]
enum StopTexts {
    One(String),
    Several(#[schemars(length(max = MAX_STOPS))] Vec<String>),
}

/// How a response is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// As one object.
    Whole,
    /// In chunks; with `usage`, the last of them tells what all cost.
    Streamed { usage: bool },
}

impl Options {
    /// Takes these members, and those that are not supported.
    ///
    /// # Errors
    /// The first wrong value.
    pub(super) fn read(members: &mut Members) -> Result<Options, ApiError> {
        unsupported::check(members)?;
        let mut options = Options {
            model: members.text("model")?,
            max_tokens: members.integer_or_minus_one("max_tokens", 0..=u32::MAX)?,
            settings: sampling::settings(members)?,
            choices: members.integer("n", 1..=MAX_CHOICES)?.unwrap_or(1) as usize,
            stops: stops(members)?,
            stop_ids: stop_ids(members)?,
            ignores_end: members.boolean("ignore_eos")?.unwrap_or(false),
            min_tokens: members.integer("min_tokens", 0..=u32::MAX)?.unwrap_or(0),
            tokens_as_ids: members
                .boolean("return_tokens_as_token_ids")?
                .unwrap_or(false),
            named_tokens: members.ids("logprob_token_ids")?.unwrap_or_default(),
            stream: members.boolean("stream")?.unwrap_or(false),
            stream_options: None,
        };
        check_count("logprob_token_ids", &options.named_tokens, limits::MAX_WATCHED - 1)?;
        options.stream_options = StreamOptions::read(members, options.stream)?;
        Ok(options)
    }

    /// How the model continues a prompt, as these members say.
    ///
    /// # Errors
    /// If a token is named that the model does not have.
    pub(super) fn choice_options(
        self,
        model: &ModelDescription,
        max_tokens: u32,
        logprobs: Option<LogprobOptions>,
    ) -> Result<ChoiceOptions, ApiError> {
        check_ids("stop_token_ids", model, &self.stop_ids)?;
        check_ids("logprob_token_ids", model, &self.named_tokens)?;
        let needless = logprobs.is_none() && !self.named_tokens.is_empty();
        refuse(needless, "logprob_token_ids", "needs logprobs")?;
        let (named, as_ids) = (self.named_tokens, self.tokens_as_ids);
        Ok(ChoiceOptions {
            settings: self.settings,
            max_tokens,
            min_tokens: self.min_tokens,
            stops: self.stops,
            stop_ids: self.stop_ids,
            ignores_end: self.ignores_end,
            ends: model.end_of_generation.clone(),
            context_length: model.context_length as usize,
            logprobs: logprobs.map(|logprobs| LogprobOptions {
                named,
                as_ids,
                ..logprobs
            }),
        })
    }

    /// How the response is sent.
    pub(super) fn delivery(&self) -> Delivery {
        match self.stream {
            true => Delivery::Streamed {
                usage: self.stream_options.is_some_and(|options| options.include_usage),
            },
            false => Delivery::Whole,
        }
    }
}

impl StreamOptions {
    fn read(
        members: &mut Members,
        stream: bool,
    ) -> Result<Option<StreamOptions>, ApiError> {
        let Some(options) = members.take("stream_options") else { return Ok(None) };
        if !stream {
            let message = "stream_options can be given only where stream is true.";
            return Err(ApiError::bad_request(message).about("stream_options"));
        }
        let mut options = Members::at("stream_options".into(), options)?;
        let include_usage = options.boolean("include_usage")?.unwrap_or(false);
        // Padding of chunks, so that their length reveals nothing; it is ignored.
        options.boolean("include_obfuscation")?;
        options.finish()?;
        Ok(Some(StreamOptions { include_usage }))
    }
}

/// The rule that `stream_options` is given only with `stream`.
pub(super) fn usage_only_of_streams() -> Value {
    json!({ "anyOf": [
        { "properties": { "stream_options": { "type": "null" } } },
        { "properties": { "stream": { "const": true } }, "required": ["stream"] }
    ] })
}

/// A limit of tokens; -1 stands for none.
pub(super) fn token_limit_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "oneOf": [
        { "type": "null" },
        { "type": "integer", "minimum": 1, "maximum": ServerValue::MaxTokens },
        { "enum": [-1] }
    ] })
}

/// Takes a text or a list of texts. Empty texts are skipped.
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
    check_count("stop_token_ids", &ids, MAX_STOP_IDS)?;
    Ok(ids)
}

fn check_count(name: &'static str, ids: &[TokenId], most: usize) -> Result<(), ApiError> {
    match ids.len() <= most {
        true => Ok(()),
        false => {
            let message = format!("{name} has {} ids, at most {most}.", ids.len());
            Err(ApiError::bad_request(message).about(name))
        }
    }
}

/// Refuses a member if a condition holds.
///
/// # Errors
/// If it holds.
pub(super) fn refuse(is: bool, field: &'static str, why: &str) -> Result<(), ApiError> {
    match is {
        true => Err(ApiError::bad_request(format!("{field} {why} here.")).about(field)),
        false => Ok(()),
    }
}

/// Checks that a model has the tokens that a member names.
fn check_ids(
    name: &'static str,
    model: &ModelDescription,
    ids: &[TokenId],
) -> Result<(), ApiError> {
    let count = model.vocab_size;
    match ids.iter().find(|id| **id >= count) {
        None => Ok(()),
        Some(id) => {
            let message = format!("{name} has {id}; this model has {count} tokens.");
            Err(ApiError::bad_request(message).about(name))
        }
    }
}

/// The limit of new tokens: what a member asks for, by default `usual`.
///
/// # Errors
/// If the member is 0, or more than this server allows.
pub(super) fn token_limit(
    limits: &ServerLimits,
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
