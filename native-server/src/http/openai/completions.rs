//! `POST /v1/completions`

use axum::extract::State;
use axum::response::Response;
use protocol::{TokenId, limits};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::choice::Prompt;
use super::choices::Choices;
use super::echo::Echo;
use super::error::{OpenAiBody, OpenAiError};
use super::logprobs::LogprobOptions;
use super::options::{Options, refuse, token_limit};
use super::response::PendingResponse;
use super::text_format::TextFormat;
use super::{models, options, prompt_logprobs, sampling};
use crate::http::error::ApiError;
use crate::http::input::ids_of_text;
use crate::http::members::{Members, RequestBody, token_id};
use crate::http::query::EngineQuery;
use crate::http::schema::{MAX_PART_CHARACTERS, TextIds};
use crate::http::state::AppState;

/// The default of `max_tokens`.
const DEFAULT_MAX_TOKENS: u32 = 16;
/// The prompts of one request, at most.
const MAX_PROMPTS: usize = 16;
/// The most probable tokens of each place that can be asked for, at most.
const MAX_LOGPROBS: u32 = limits::MAX_CANDIDATES;

/// The body of `POST /v1/completions`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, transform = without_new_tokens, extend("allOf" = [
    options::usage_only_of_streams(),
    sampling::allowed_once(),
    // What the model made of the prompt is told at once.
    { "anyOf": [
        { "properties": { "prompt_logprobs": { "type": "null" } } },
        { "properties": { "stream": { "enum": [false, null] } } }
    ] },
    // Tokens are named for log probabilities.
    { "anyOf": [
        { "properties": {
            "logprob_token_ids": { "anyOf": [{ "type": "null" }, { "maxItems": 0 }] }
        } },
        { "properties": { "logprobs": { "not": { "enum": [false, null] } } },
          "required": ["logprobs"] }
    ] },
    // Without new tokens, the prompt must be echoed.
    { "anyOf": [
        { "properties": { "max_tokens": { "not": { "const": 0 } } } },
        { "properties": { "echo": { "const": true } }, "required": ["echo"] }
    ] }
]))]
pub(crate) struct CompletionRequest {
    /// A text or its token ids, or up to 16 of them.
    #[schemars(rename = "prompt", with = "PromptSchema")]
    prompts: Prompts,
    /// So many of the most probable tokens are told at each place, with their log
    /// probabilities at temperature 1; true is as good as 1.
    #[schemars(with = "Option<LogprobsSchema>")]
    logprobs: Option<u32>,
    /// The answer begins with the prompt, of whose tokens logprobs tells, too.
    #[schemars(with = "Option<bool>")]
    echo: bool,
    /// The answer tells of each token of the prompt, and of so many of the most probable tokens
    /// in its place; not with a stream.
    #[schemars(with = "Option<u32>", range(max = MAX_LOGPROBS))]
    prompt_logprobs: Option<u32>,
    #[schemars(flatten)]
    options: Options,
}

/// The prompts, in one of their forms.
enum Prompts {
    Texts(Vec<String>),
    Lists(Vec<Vec<TokenId>>),
}

/// A text among others.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it stands for a type in schemas")]
struct PromptText(#[schemars(length(min = 1, max = MAX_PART_CHARACTERS))] String);

/// One prompt or several.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "it stands for a type in schemas")]
enum PromptSchema {
    Text(PromptText),
    Ids(TextIds),
    Texts(#[schemars(length(min = 1, max = MAX_PROMPTS))] Vec<PromptText>),
    Lists(#[schemars(length(min = 1, max = MAX_PROMPTS))] Vec<TextIds>),
}

/// How many log probabilities are told.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "it stands for a type in schemas")]
enum LogprobsSchema {
    Count(#[schemars(range(max = MAX_LOGPROBS))] u32),
    Flag(bool),
}

/// With an echo, the limit of new tokens can be 0.
fn without_new_tokens(schema: &mut Schema) {
    if let Some(limit) = schema.pointer_mut("/properties/max_tokens") {
        limit["description"] = json!("Tokens of each text, at most; 0 only with echo.");
        limit["oneOf"][1]["minimum"] = json!(0);
    }
}

impl RequestBody for CompletionRequest {
    fn read(members: &mut Members) -> Result<CompletionRequest, ApiError> {
        let prompt_logprobs = members.integer("prompt_logprobs", 0..=MAX_LOGPROBS)?;
        let options = Options::read(members)?;
        let streamed = prompt_logprobs.is_some() && options.stream;
        refuse(streamed, "prompt_logprobs", "cannot be streamed")?;
        let suffix = members.text("suffix")?.is_some_and(|text| !text.is_empty());
        refuse(suffix, "suffix", "is not supported")?;
        let best_of = members.integer("best_of", 1..=u32::MAX)?;
        let best_of = best_of.is_some_and(|count| count as usize != options.choices);
        refuse(best_of, "best_of", "can only be n")?;
        Ok(CompletionRequest {
            prompts: prompts(members)?,
            logprobs: logprobs(members)?,
            echo: members.boolean("echo")?.unwrap_or(false),
            prompt_logprobs,
            options,
        })
    }
}

/// Takes how many of the most probable tokens to list; true stands for 1.
fn logprobs(members: &mut Members) -> Result<Option<u32>, ApiError> {
    match members.take("logprobs") {
        None | Some(Value::Bool(false)) => Ok(None),
        Some(Value::Bool(true)) => Ok(Some(1)),
        Some(value) => {
            let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
            let count = count.filter(|count| *count <= MAX_LOGPROBS);
            let what = format!("a whole number from 0 to {MAX_LOGPROBS}");
            count.map(Some).ok_or_else(|| members.wrong("logprobs", &value, &what))
        }
    }
}

/// Takes the prompts: a text, a list of texts, token ids, or lists of those.
fn prompts(members: &mut Members) -> Result<Prompts, ApiError> {
    let what = "a text, a list of texts, token ids, or lists of those";
    let value = members.take("prompt").ok_or_else(|| members.missing("prompt"))?;
    let ids = |value: &Value| -> Option<Vec<TokenId>> {
        value.as_array()?.iter().map(token_id).collect()
    };
    let prompts = match &value {
        Value::String(text) => Some(Prompts::Texts(vec![text.clone()])),
        Value::Array(list) if list.first().is_some_and(Value::is_string) => {
            let texts = list.iter().map(|text| Some(text.as_str()?.to_owned()));
            texts.collect::<Option<_>>().map(Prompts::Texts)
        }
        Value::Array(list) if list.first().is_some_and(Value::is_array) => {
            list.iter().map(ids).collect::<Option<_>>().map(Prompts::Lists)
        }
        Value::Array(list) if !list.is_empty() => {
            ids(&value).map(|ids| Prompts::Lists(vec![ids]))
        }
        _ => None,
    };
    let prompts = prompts.ok_or_else(|| members.wrong("prompt", &value, what))?;
    let count = match &prompts {
        Prompts::Texts(texts) => texts.len(),
        Prompts::Lists(lists) => lists.len(),
    };
    match count <= MAX_PROMPTS {
        true => Ok(prompts),
        false => {
            let message =
                format!("prompt has {count} texts; it can have 1 to {MAX_PROMPTS}.");
            Err(ApiError::bad_request(message).about("prompt"))
        }
    }
}

/// `POST /v1/completions`
pub(crate) async fn create(
    State(state): State<AppState>,
    OpenAiBody(request): OpenAiBody<CompletionRequest>,
) -> Result<Response, OpenAiError> {
    let CompletionRequest { prompts, logprobs, echo, prompt_logprobs, options } = request;
    let max_tokens = match options.max_tokens {
        Some(0) if echo => 0,
        given => token_limit(&state.limits, "max_tokens", given, DEFAULT_MAX_TOKENS)?,
    };
    let delivery = options.delivery();
    let per_prompt = options.choices;
    let wanted = options.model.clone();
    let told = logprobs.map(|top| LogprobOptions {
        top: top as usize,
        controls: true,
        ..LogprobOptions::default()
    });

    let mut query = EngineQuery::new(&state);
    let model = query.describe().await?;
    let choice_options = options.choice_options(&model, max_tokens, told)?;
    models::check(&state, wanted.as_deref())?;
    let prompts = tokenized(&mut query, prompts).await?;
    let mut echoes = Vec::new();
    if echo {
        for (ids, text) in &prompts {
            let told = choice_options.logprobs.as_ref();
            let echo = Echo::read(&mut query, ids, text.clone(), told).await;
            echoes.push(echo.map_err(|error| error.about("prompt"))?);
        }
    }
    let mut told_of_prompts = Vec::new();
    if let Some(top) = prompt_logprobs {
        for (ids, _) in &prompts {
            let told = prompt_logprobs::read(&mut query, ids, top as usize).await;
            told_of_prompts.push(told.map_err(|error| error.about("prompt"))?);
        }
    }
    let count = prompts.len() * per_prompt;
    let prompts = prompts.into_iter().map(|(ids, _)| Prompt::Ids(ids)).collect();
    let choices = Choices::start(&state, prompts, per_prompt, &choice_options).await?;
    let format = TextFormat {
        logprobs: logprobs.is_some(),
        echoes,
        prompts: told_of_prompts,
        per_prompt,
    };
    let model = state.models.id();
    PendingResponse { format, model, count, choices }.send(delivery).await
}

/// The token ids of the prompts, with the texts of those that were given as texts.
async fn tokenized(
    query: &mut EngineQuery,
    prompts: Prompts,
) -> Result<Vec<(Vec<TokenId>, Option<String>)>, ApiError> {
    let texts = match prompts {
        Prompts::Texts(texts) => texts,
        Prompts::Lists(lists) => {
            return Ok(lists.into_iter().map(|ids| (ids, None)).collect());
        }
    };
    let mut prompts = Vec::new();
    for text in texts {
        let ids = ids_of_text(query, text.clone()).await;
        prompts.push((ids.map_err(|error| error.about("prompt"))?, Some(text)));
    }
    Ok(prompts)
}
