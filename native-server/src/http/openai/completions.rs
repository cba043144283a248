//! `POST /v1/completions`

use axum::extract::State;
use axum::response::Response;
use protocol::TokenId;
use serde_json::{Map, Value, json};

use super::choice::{Delta, Plan, Prompt};
use super::choices::Choices;
use super::echo::Echo;
use super::error::{OpenAiBody, OpenAiError};
use super::logprobs::{Logprob, TokenLogprob};
use super::models;
use super::options::{Options, refuse, token_limit};
use super::response::{Answer, Form};
use crate::http::error::ApiError;
use crate::http::input::ids_of_text;
use crate::http::members::{Members, RequestBody, token_id};
use crate::http::query::EngineQuery;
use crate::http::state::AppState;

/// New tokens, if nothing is said.
const DEFAULT_MAX_TOKENS: u32 = 16;
/// Texts in one question, at most.
const MAX_PROMPTS: usize = 16;
/// The most probable tokens that can be asked for.
const MAX_LOGPROBS: u32 = 20;

/// The body.
pub(crate) struct CompletionRequest {
    prompts: Prompts,
    logprobs: Option<u32>,
    echo: bool,
    options: Options,
}

/// What is to be continued, in one of its forms.
enum Prompts {
    Texts(Vec<String>),
    Lists(Vec<Vec<TokenId>>),
}

impl RequestBody for CompletionRequest {
    fn read(members: &mut Members) -> Result<CompletionRequest, ApiError> {
        let options = Options::read(members)?;
        let suffix = members.text("suffix")?.is_some_and(|text| !text.is_empty());
        refuse(suffix, "suffix", "is not supported")?;
        let best_of = members.whole("best_of", 1..=u32::MAX)?;
        let best_of = best_of.is_some_and(|count| count as usize != options.choices);
        refuse(best_of, "best_of", "can only be n")?;
        Ok(CompletionRequest {
            prompts: prompts(members)?,
            logprobs: logprobs(members)?,
            echo: members.flag("echo")?.unwrap_or(false),
            options,
        })
    }
}

/// How many of the most probable tokens are to be told; true is as good as 1.
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

/// A text, a list of texts, token ids, or lists of those.
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
    OpenAiBody(question): OpenAiBody<CompletionRequest>,
) -> Result<Response, OpenAiError> {
    let CompletionRequest { prompts, logprobs, echo, options } = question;
    let Options { settings, choices: per_prompt, stops, sending, .. } = options;
    let Options { stop_ids, ignores_end, .. } = options;
    // Where the prompt is wanted, it can be all that is.
    let max_tokens = match options.max_tokens {
        Some(0) if echo => 0,
        given => token_limit(&state.limits, "max_tokens", given, DEFAULT_MAX_TOKENS)?,
    };
    let plan = Plan {
        settings,
        max_tokens,
        stops,
        stop_ids,
        ignores_end,
        logprobs: logprobs.map(|count| count as usize),
    };

    let mut query = EngineQuery::new(&state);
    let model = query.describe().await?;
    models::check_stop_ids(&model, &plan.stop_ids)?;
    models::check(&state, options.model.as_deref())?;
    let prompts = tokenized(&mut query, prompts).await?;
    let mut echoes = Vec::new();
    if echo {
        for (ids, text) in &prompts {
            let echo = Echo::read(&mut query, ids, text.clone(), logprobs).await;
            echoes.push(echo.map_err(|error| error.about("prompt"))?);
        }
    }
    let choices = prompts.len() * per_prompt;
    let prompts = prompts.into_iter().map(|(ids, _)| Prompt::Ids(ids)).collect();
    let run = Choices::start(&state, prompts, per_prompt, &plan).await?;
    let form = Completions { logprobs: logprobs.is_some(), echoes, per_prompt };
    let model = state.catalogue.id();
    Answer { form, model, choices, run }.send(sending).await
}

/// The prompts' tokens, with their texts where they were given as such.
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

/// The form of completions.
struct Completions {
    logprobs: bool,
    /// The prompts, to be repeated before their completions.
    echoes: Vec<Echo>,
    per_prompt: usize,
}

impl Completions {
    fn echo(&self, index: usize) -> Option<&Echo> {
        self.echoes.get(index / self.per_prompt)
    }

    /// Tokens of a completion, by their places in the whole text.
    fn placed(&self, index: usize, tokens: Vec<TokenLogprob>) -> Vec<TokenLogprob> {
        let before = self.echo(index).map_or(0, |echo| echo.text.chars().count());
        let placed =
            |token: TokenLogprob| TokenLogprob { offset: before + token.offset, ..token };
        tokens.into_iter().map(placed).collect()
    }

    /// The log probabilities of some tokens, or null where none were asked for.
    fn logprobs(&self, tokens: &[TokenLogprob]) -> Value {
        if !self.logprobs {
            return Value::Null;
        }
        let chosen = |pick: fn(&TokenLogprob) -> Value| -> Vec<Value> {
            tokens.iter().map(pick).collect()
        };
        // The token that is there is always among them.
        let top = |token: &TokenLogprob| -> Value {
            if token.chosen.logprob.is_none() {
                return Value::Null;
            }
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

impl Form for Completions {
    const ID: &'static str = "cmpl";
    const WHOLE: &'static str = "text_completion";
    const CHUNK: &'static str = "text_completion";

    fn whole(
        &self,
        index: usize,
        text: String,
        tokens: Vec<TokenLogprob>,
        finish: &str,
    ) -> Value {
        let (before, mut all) = match self.echo(index) {
            Some(echo) => (&*echo.text, echo.logprobs.clone()),
            None => ("", Vec::new()),
        };
        all.extend(self.placed(index, tokens));
        json!({
            "index": index,
            "text": format!("{before}{text}"),
            "logprobs": self.logprobs(&all),
            "finish_reason": finish,
        })
    }

    fn opening(&self, index: usize) -> Option<Value> {
        let echo = self.echo(index)?;
        Some(json!({
            "index": index,
            "text": echo.text,
            "logprobs": self.logprobs(&echo.logprobs),
            "finish_reason": null,
        }))
    }

    fn piece(&self, index: usize, delta: Delta) -> Value {
        json!({
            "index": index,
            "text": delta.text,
            "logprobs": self.logprobs(&self.placed(index, delta.logprobs)),
            "finish_reason": delta.finish,
        })
    }
}
