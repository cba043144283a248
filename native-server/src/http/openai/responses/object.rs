//! A response as an object, from its beginning to its end.

use std::time::{SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::http::openai::choice::Finish;
use crate::http::openai::choices::Usage;
use crate::http::sampler::random_seed;

/// What the response repeats of its question.
pub(super) struct Told {
    pub(super) model: String,
    pub(super) instructions: Option<String>,
    pub(super) max_output_tokens: Option<u32>,
    pub(super) temperature: f32,
    pub(super) top_p: f32,
}

/// A response. What this server does not have is there with the value that says so, since
/// clients read it.
#[derive(Clone, Serialize, JsonSchema)]
pub(crate) struct ResponseObject {
    id: String,
    #[schemars(extend("const" = "response"))]
    object: &'static str,
    /// When it was made, in seconds since 1970.
    created_at: u64,
    /// in_progress, completed, or incomplete at the limit of tokens.
    pub(super) status: &'static str,
    error: Option<Value>,
    incomplete_details: Option<IncompleteDetails>,
    instructions: Option<String>,
    max_output_tokens: Option<u32>,
    model: String,
    /// One message, once it has begun.
    output: Vec<OutputMessage>,
    parallel_tool_calls: bool,
    previous_response_id: Option<String>,
    store: bool,
    temperature: f32,
    #[schemars(with = "Map<String, Value>")]
    text: Value,
    tool_choice: &'static str,
    tools: Vec<Value>,
    top_p: f32,
    truncation: &'static str,
    usage: Option<ResponseUsage>,
    metadata: Map<String, Value>,
}

/// Why a response is incomplete.
#[derive(Clone, Serialize, JsonSchema)]
struct IncompleteDetails {
    reason: &'static str,
}

/// The message of the answer.
#[derive(Clone, Serialize, JsonSchema)]
pub(super) struct OutputMessage {
    r#type: &'static str,
    pub(super) id: String,
    status: &'static str,
    role: &'static str,
    pub(super) content: Vec<OutputText>,
}

/// The text of the answer.
#[derive(Clone, Serialize, JsonSchema)]
pub(super) struct OutputText {
    r#type: &'static str,
    text: String,
    /// Always empty.
    annotations: Vec<Value>,
    /// Always empty.
    logprobs: Vec<Value>,
}

/// What the response cost, in tokens.
#[derive(Clone, Serialize, JsonSchema)]
struct ResponseUsage {
    input_tokens: usize,
    input_tokens_details: CachedTokens,
    output_tokens: usize,
    output_tokens_details: ReasoningTokens,
    total_tokens: usize,
}

#[derive(Clone, Serialize, JsonSchema)]
struct CachedTokens {
    cached_tokens: usize,
}

/// Thinking is text here.
#[derive(Clone, Serialize, JsonSchema)]
struct ReasoningTokens {
    reasoning_tokens: usize,
}

impl OutputText {
    pub(super) fn new(text: String) -> OutputText {
        let (annotations, logprobs) = (Vec::new(), Vec::new());
        OutputText { r#type: "output_text", text, annotations, logprobs }
    }
}

impl OutputMessage {
    /// A message that has no text yet.
    pub(super) fn begun() -> OutputMessage {
        OutputMessage {
            r#type: "message",
            id: new_id("msg"),
            status: "in_progress",
            role: "assistant",
            content: Vec::new(),
        }
    }

    /// The same message with its text.
    pub(super) fn ended(self, text: String, finish: Finish) -> OutputMessage {
        let content = vec![OutputText::new(text)];
        OutputMessage { status: status(finish), content, ..self }
    }
}

impl ResponseObject {
    /// A response that has no text yet.
    pub(super) fn begun(told: Told) -> ResponseObject {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        ResponseObject {
            id: new_id("resp"),
            object: "response",
            created_at: since.as_secs(),
            status: "in_progress",
            error: None,
            incomplete_details: None,
            instructions: told.instructions,
            max_output_tokens: told.max_output_tokens,
            model: told.model,
            output: Vec::new(),
            parallel_tool_calls: false,
            previous_response_id: None,
            store: false,
            temperature: told.temperature,
            text: json!({ "format": { "type": "text" } }),
            tool_choice: "none",
            tools: Vec::new(),
            top_p: told.top_p,
            truncation: "disabled",
            usage: None,
            metadata: Map::new(),
        }
    }

    /// The same response with its text.
    pub(super) fn ended(
        self,
        text: String,
        finish: Finish,
        usage: Usage,
    ) -> ResponseObject {
        let message = OutputMessage::begun().ended(text, finish);
        self.with(message, finish, usage)
    }

    /// The same response with its message.
    pub(super) fn with(
        self,
        message: OutputMessage,
        finish: Finish,
        usage: Usage,
    ) -> ResponseObject {
        let reason = "max_output_tokens";
        ResponseObject {
            status: status(finish),
            incomplete_details: (finish == Finish::Length)
                .then_some(IncompleteDetails { reason }),
            output: vec![message],
            usage: Some(ResponseUsage {
                input_tokens: usage.prompt_tokens,
                input_tokens_details: CachedTokens {
                    cached_tokens: usage.prompt_tokens_details.cached_tokens,
                },
                output_tokens: usage.completion_tokens,
                output_tokens_details: ReasoningTokens { reasoning_tokens: 0 },
                total_tokens: usage.total_tokens,
            }),
            ..self
        }
    }
}

fn status(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "completed",
        Finish::Length => "incomplete",
    }
}

fn new_id(prefix: &str) -> String {
    format!("{prefix}_{:08x}{:08x}", random_seed(), random_seed())
}
