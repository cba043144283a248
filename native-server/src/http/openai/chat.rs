//! `POST /v1/chat/completions`

use axum::extract::State;
use axum::response::Response;
use protocol::Message;
use serde_json::{Value, json};

use super::choice::{Delta, Plan, Prompt};
use super::choices::Choices;
use super::error::{OpenAiBody, OpenAiError};
use super::logprobs::TokenLogprob;
use super::options::{Options, refuse, token_limit};
use super::response::{Answer, Form};
use super::{messages, models};
use crate::http::error::ApiError;
use crate::http::members::{Members, RequestBody};
use crate::http::query::EngineQuery;
use crate::http::state::AppState;

/// The most probable tokens that can be asked for.
const MAX_TOP_LOGPROBS: u32 = 20;

/// The body.
pub(crate) struct ChatCompletionRequest {
    messages: Vec<Message>,
    max_completion_tokens: Option<u32>,
    logprobs: bool,
    top_logprobs: u32,
    options: Options,
}

impl RequestBody for ChatCompletionRequest {
    fn read(members: &mut Members) -> Result<ChatCompletionRequest, ApiError> {
        let options = Options::read(members)?;
        let logprobs = members.flag("logprobs")?.unwrap_or(false);
        let top_logprobs = members.whole("top_logprobs", 0..=MAX_TOP_LOGPROBS)?;
        let top_logprobs = top_logprobs.unwrap_or(0);
        let needless = top_logprobs > 0 && !logprobs;
        refuse(needless, "top_logprobs", "needs logprobs to be true")?;
        Ok(ChatCompletionRequest {
            messages: messages::read(members)?,
            max_completion_tokens: members
                .whole_or_off("max_completion_tokens", 0..=u32::MAX)?,
            logprobs,
            top_logprobs,
            options,
        })
    }
}

/// `POST /v1/chat/completions`
pub(crate) async fn create(
    State(state): State<AppState>,
    OpenAiBody(question): OpenAiBody<ChatCompletionRequest>,
) -> Result<Response, OpenAiError> {
    let ChatCompletionRequest {
        messages,
        max_completion_tokens,
        logprobs,
        top_logprobs,
        options,
    } = question;
    let Options { settings, choices, stops, stop_ids, ignores_end, sending, .. } =
        options;
    // The older name of the same is checked also where it does not count.
    let limits = state.limits;
    let usual =
        token_limit(&limits, "max_tokens", options.max_tokens, limits.max_tokens)?;
    let plan = Plan {
        settings,
        max_tokens: token_limit(
            &limits,
            "max_completion_tokens",
            max_completion_tokens,
            usual,
        )?,
        stops,
        stop_ids,
        ignores_end,
        logprobs: logprobs.then_some(top_logprobs as usize),
    };

    let model = EngineQuery::new(&state).describe().await?;
    models::check_stop_ids(&model, &plan.stop_ids)?;
    models::check(&state, options.model.as_deref())?;
    let prompt = Prompt::Chat(messages);
    let run = Choices::start(&state, vec![prompt], choices, &plan).await?;
    let model = state.catalogue.id();
    Answer { form: Chat { logprobs }, model, choices, run }.send(sending).await
}

/// The form of chat completions.
struct Chat {
    logprobs: bool,
}

impl Form for Chat {
    const ID: &'static str = "chatcmpl";
    const WHOLE: &'static str = "chat.completion";
    const CHUNK: &'static str = "chat.completion.chunk";

    fn whole(
        &self,
        index: usize,
        text: String,
        tokens: Vec<TokenLogprob>,
        finish: &str,
    ) -> Value {
        json!({
            "index": index,
            "message": { "role": "assistant", "content": text, "refusal": null },
            "logprobs": self.logprobs(tokens),
            "finish_reason": finish,
        })
    }

    fn opening(&self, index: usize) -> Option<Value> {
        Some(json!({
            "index": index,
            "delta": { "role": "assistant", "content": "" },
            "logprobs": null,
            "finish_reason": null,
        }))
    }

    fn piece(&self, index: usize, delta: Delta) -> Value {
        let logprobs = match delta.logprobs.is_empty() {
            true => Value::Null,
            false => self.logprobs(delta.logprobs),
        };
        let content = match delta.text.is_empty() {
            true => json!({}),
            false => json!({ "content": delta.text }),
        };
        json!({
            "index": index,
            "delta": content,
            "logprobs": logprobs,
            "finish_reason": delta.finish,
        })
    }
}

impl Chat {
    /// The log probabilities of some tokens, or null where none were asked for.
    fn logprobs(&self, tokens: Vec<TokenLogprob>) -> Value {
        match self.logprobs {
            true => json!({ "content": tokens, "refusal": null }),
            false => Value::Null,
        }
    }
}
