//! `POST /v1/chat/completions`

use axum::extract::State;
use axum::response::Response;
use protocol::{Message, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use super::choice::{Delta, Plan, Prompt};
use super::error::{OpenAiBody, OpenAiError};
use super::logprobs::TokenLogprob;
use super::models;
use super::options::{Options, refuse};
use super::reply::{Answer, Form};
use super::run::Run;
use crate::http::AppState;
use crate::http::ask::Asking;
use crate::http::error::ApiError;

/// The most probable tokens that can be asked for.
const MAX_TOP_LOGPROBS: u32 = 20;

/// The body.
#[derive(Deserialize)]
pub(crate) struct Question {
    messages: Vec<ChatMessage>,
    max_completion_tokens: Option<u32>,
    logprobs: Option<bool>,
    top_logprobs: Option<u32>,
    response_format: Option<ResponseFormat>,
    tools: Option<Vec<Value>>,
    functions: Option<Vec<Value>>,
    #[serde(flatten)]
    options: Options,
}

#[derive(Deserialize)]
struct ChatMessage {
    role: ChatRole,
    content: Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChatRole {
    System,
    /// The newer name of the same.
    Developer,
    User,
    Assistant,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "content must be a text, or a list of parts of type text")]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    _kind: PartKind,
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum PartKind {
    Text,
}

#[derive(Deserialize)]
struct ResponseFormat {
    r#type: String,
}

impl From<ChatMessage> for Message {
    fn from(ChatMessage { role, content }: ChatMessage) -> Message {
        let role = match role {
            ChatRole::System | ChatRole::Developer => Role::System,
            ChatRole::User => Role::User,
            ChatRole::Assistant => Role::Assistant,
        };
        let content = match content {
            Content::Text(text) => text,
            Content::Parts(parts) => parts.into_iter().map(|part| part.text).collect(),
        };
        Message { role, content }
    }
}

/// `POST /v1/chat/completions`
pub(crate) async fn create(
    State(state): State<AppState>,
    OpenAiBody(question): OpenAiBody<Question>,
) -> Result<Response, OpenAiError> {
    let Question { messages, max_completion_tokens, logprobs, top_logprobs, .. } =
        question;
    let Question { response_format, tools, functions, options, .. } = question;
    options.check_unsupported()?;
    let format = response_format.is_some_and(|format| format.r#type != "text");
    refuse(format, "response_format", "can only be of type text")?;
    let some = |list: Option<Vec<Value>>| list.is_some_and(|list| !list.is_empty());
    refuse(some(tools), "tools", "are not supported")?;
    refuse(some(functions), "functions", "are not supported")?;
    if messages.is_empty() {
        let message = "There are no messages. Send at least one.";
        return Err(ApiError::bad_request(message).about("messages").into());
    }
    let logprobs = logprobs.unwrap_or(false);
    let top = top_logprobs.unwrap_or(0);
    let (needless, too_many) = (top > 0 && !logprobs, top > MAX_TOP_LOGPROBS);
    refuse(needless, "top_logprobs", "needs logprobs to be true")?;
    refuse(too_many, "top_logprobs", "can be 0 to 20")?;
    // The older name of the same is checked also where it does not count.
    let usual = state.limits.tokens(options.max_tokens, state.limits.max_tokens)?;
    let plan = Plan {
        settings: options.settings()?,
        max_tokens: state.limits.tokens(max_completion_tokens, usual)?,
        stops: options.stops()?,
        logprobs: logprobs.then_some(top as usize),
    };
    let (sending, choices) = (options.sending()?, options.choices()?);

    models::describe(&mut Asking::new(&state)).await?;
    models::check(&state, options.model.as_deref())?;
    let prompt = Prompt::Chat(messages.into_iter().map(Message::from).collect());
    let run = Run::start(&state, vec![prompt], choices, &plan).await?;
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

    fn whole(&self, index: usize, text: String, logprobs: Value, finish: &str) -> Value {
        json!({
            "index": index,
            "message": { "role": "assistant", "content": text, "refusal": null },
            "logprobs": logprobs,
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

    fn logprobs(&self, tokens: Vec<TokenLogprob>) -> Value {
        match self.logprobs {
            true => json!({ "content": tokens, "refusal": null }),
            false => Value::Null,
        }
    }
}
