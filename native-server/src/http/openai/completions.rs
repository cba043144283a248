//! `POST /v1/completions`

use axum::extract::State;
use axum::response::Response;
use protocol::TokenId;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::choice::{Delta, Plan, Prompt};
use super::error::{OpenAiBody, OpenAiError};
use super::logprobs::{Logprob, TokenLogprob};
use super::models;
use super::options::{Options, refuse};
use super::reply::{Answer, Form};
use super::run::Run;
use crate::http::AppState;
use crate::http::ask::Asking;
use crate::http::error::ApiError;
use crate::http::scripts::ids_of_text;

/// New tokens, if nothing is said.
const DEFAULT_MAX_TOKENS: u32 = 16;
/// Texts in one question, at most.
const MAX_PROMPTS: usize = 16;
/// The most probable tokens that can be asked for.
const MAX_LOGPROBS: u32 = 5;

/// The body.
#[derive(Deserialize)]
pub(crate) struct Question {
    prompt: PromptField,
    logprobs: Option<u32>,
    echo: Option<bool>,
    best_of: Option<u32>,
    suffix: Option<String>,
    #[serde(flatten)]
    options: Options,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "prompt must be a text, a list of texts, token ids, or lists of those"
)]
enum PromptField {
    Text(String),
    Ids(Vec<TokenId>),
    Texts(Vec<String>),
    Lists(Vec<Vec<TokenId>>),
}

/// `POST /v1/completions`
pub(crate) async fn create(
    State(state): State<AppState>,
    OpenAiBody(question): OpenAiBody<Question>,
) -> Result<Response, OpenAiError> {
    let Question { prompt, logprobs, echo, best_of, suffix, options } = question;
    let echo = echo.unwrap_or(false);
    options.check_unsupported()?;
    let per_prompt = options.choices()?;
    refuse(suffix.is_some_and(|text| !text.is_empty()), "suffix", "is not supported")?;
    let best_of = best_of.is_some_and(|count| count as usize != per_prompt);
    refuse(best_of, "best_of", "can only be n")?;
    refuse(echo && logprobs.is_some(), "echo", "cannot be combined with logprobs")?;
    if let Some(count) = logprobs.filter(|count| *count > MAX_LOGPROBS) {
        let message = format!("logprobs is {count}; it can be 0 to {MAX_LOGPROBS}.");
        return Err(ApiError::bad_request(message).about("logprobs").into());
    }
    let plan = Plan {
        settings: options.settings()?,
        max_tokens: state.limits.tokens(options.max_tokens, DEFAULT_MAX_TOKENS)?,
        stops: options.stops()?,
        logprobs: logprobs.map(|count| count as usize),
    };
    let sending = options.sending()?;

    let mut asking = Asking::new(&state);
    models::describe(&mut asking).await?;
    models::check(&state, options.model.as_deref())?;
    let (prompts, texts) = prompts(&mut asking, prompt).await?;
    if !(1..=MAX_PROMPTS).contains(&prompts.len()) {
        let message = format!(
            "prompt has {} texts; it can have 1 to {MAX_PROMPTS}.",
            prompts.len()
        );
        return Err(ApiError::bad_request(message).about("prompt").into());
    }
    let choices = prompts.len() * per_prompt;
    let run = Run::start(&state, prompts, per_prompt, &plan).await?;
    let echoed = if echo { texts } else { Vec::new() };
    let form = Completions { logprobs: logprobs.is_some(), echoed, per_prompt };
    let model = state.catalogue.id();
    Answer { form, model, choices, run }.send(sending).await
}

/// The prompts, and their texts where they were given as such.
async fn prompts(
    asking: &mut Asking,
    field: PromptField,
) -> Result<(Vec<Prompt>, Vec<String>), ApiError> {
    let texts = match field {
        PromptField::Text(text) => vec![text],
        PromptField::Texts(texts) => texts,
        PromptField::Ids(ids) => return Ok((vec![Prompt::Ids(ids)], Vec::new())),
        PromptField::Lists(lists) => {
            return Ok((lists.into_iter().map(Prompt::Ids).collect(), Vec::new()));
        }
    };
    let mut prompts = Vec::new();
    // One more than there may be is told by the caller.
    for text in texts.iter().take(MAX_PROMPTS + 1) {
        let ids = ids_of_text(asking, text.clone()).await;
        prompts.push(Prompt::Ids(ids.map_err(|error| error.about("prompt"))?));
    }
    Ok((prompts, texts))
}

/// The form of completions.
struct Completions {
    logprobs: bool,
    /// The prompts, to be repeated before their completions.
    echoed: Vec<String>,
    per_prompt: usize,
}

impl Completions {
    fn echoed(&self, index: usize) -> &str {
        self.echoed.get(index / self.per_prompt).map_or("", String::as_str)
    }
}

impl Form for Completions {
    const ID: &'static str = "cmpl";
    const WHOLE: &'static str = "text_completion";
    const CHUNK: &'static str = "text_completion";

    fn whole(&self, index: usize, text: String, logprobs: Value, finish: &str) -> Value {
        let text = format!("{}{text}", self.echoed(index));
        json!({
            "index": index,
            "text": text,
            "logprobs": logprobs,
            "finish_reason": finish,
        })
    }

    fn opening(&self, index: usize) -> Option<Value> {
        let text = self.echoed(index);
        (!text.is_empty()).then(|| {
            json!({ "index": index, "text": text, "logprobs": null, "finish_reason": null })
        })
    }

    fn piece(&self, index: usize, delta: Delta) -> Value {
        let logprobs = self.logprobs(delta.logprobs);
        json!({
            "index": index,
            "text": delta.text,
            "logprobs": logprobs,
            "finish_reason": delta.finish,
        })
    }

    fn logprobs(&self, tokens: Vec<TokenLogprob>) -> Value {
        if !self.logprobs {
            return Value::Null;
        }
        let chosen = |pick: fn(&TokenLogprob) -> Value| -> Vec<Value> {
            tokens.iter().map(pick).collect()
        };
        // The token that was drawn is always among them.
        let top = |token: &TokenLogprob| -> Value {
            let all = token.top_logprobs.iter().chain([&token.chosen]);
            let entry = |one: &Logprob| (one.token.clone(), json!(one.logprob));
            all.map(entry).collect::<Map<_, _>>().into()
        };
        json!({
            "tokens": chosen(|token| json!(token.chosen.token)),
            "token_logprobs": chosen(|token| json!(token.chosen.logprob)),
            "top_logprobs": tokens.iter().map(top).collect::<Vec<_>>(),
            "text_offset": chosen(|token| json!(token.offset)),
        })
    }
}
