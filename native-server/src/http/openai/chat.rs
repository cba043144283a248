//! `POST /v1/chat/completions`

use axum::extract::State;
use axum::response::Response;
use protocol::{Message, TemplateVariables};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::choice::{Delta, Finish, Prompt};
use super::choices::Choices;
use super::error::{OpenAiBody, OpenAiError};
use super::logprobs::{LogprobOptions, TokenLogprob};
use super::options::{Options, refuse, token_limit, token_limit_schema};
use super::response::{CompletionFormat, PendingResponse};
use super::{messages, models, options, sampling, template_variables};
use crate::http::error::ApiError;
use crate::http::members::{Members, RequestBody};
use crate::http::query::EngineQuery;
use crate::http::state::AppState;

/// The most probable tokens of each place that can be asked for, at most.
const MAX_TOP_LOGPROBS: u32 = 20;

/// The body of `POST /v1/chat/completions`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("allOf" = [
    options::usage_only_of_streams(),
    sampling::allowed_once(),
    // Other tokens are listed only with log probabilities.
    { "anyOf": [
        { "properties": { "top_logprobs": { "enum": [0, null] } } },
        { "properties": { "logprobs": { "const": true } }, "required": ["logprobs"] }
    ] },
    continuation_rule(),
    { "properties": {
        "logprob_token_ids": { "anyOf": [{ "type": "null" }, { "maxItems": 0 }] }
    } }
]))]
pub(crate) struct ChatCompletionRequest {
    /// The whole conversation, the newest message last.
    #[schemars(schema_with = "messages::schema")]
    messages: Vec<Message>,
    /// The last message is unfinished: the answer goes on from its end and does not repeat it.
    #[schemars(with = "Option<bool>")]
    continue_final_message: bool,
    /// Variables of the model's chat template, such as {"enable_thinking": false}; those that
    /// it does not read do nothing.
    #[schemars(schema_with = "template_variables::schema", default)]
    chat_template_kwargs: TemplateVariables,
    /// The opposite of continue_final_message, if given.
    #[schemars(with = "Option<bool>")]
    #[expect(dead_code, reason = "it is checked as it is read, and stands for a schema")]
    add_generation_prompt: bool,
    /// Tokens of each text, at most.
    #[schemars(schema_with = "token_limit_schema", default)]
    max_completion_tokens: Option<u32>,
    /// Log probabilities of the tokens are told, at temperature 1.
    #[schemars(with = "Option<bool>")]
    logprobs: bool,
    /// And those of so many others at each place; with logprobs only.
    #[schemars(with = "Option<u32>", range(max = MAX_TOP_LOGPROBS))]
    top_logprobs: u32,
    #[schemars(flatten)]
    options: Options,
}

impl RequestBody for ChatCompletionRequest {
    fn read(members: &mut Members) -> Result<ChatCompletionRequest, ApiError> {
        let (continue_final_message, add_generation_prompt) = continuation(members)?;
        let chat_template_kwargs = template_variables::read(members)?;
        let options = Options::read(members)?;
        let named = !options.named_tokens.is_empty();
        refuse(named, "logprob_token_ids", "is for /v1/completions and not")?;
        let logprobs = members.boolean("logprobs")?.unwrap_or(false);
        let top_logprobs = members.integer("top_logprobs", 0..=MAX_TOP_LOGPROBS)?;
        let top_logprobs = top_logprobs.unwrap_or(0);
        let needless = top_logprobs > 0 && !logprobs;
        refuse(needless, "top_logprobs", "needs logprobs to be true")?;
        Ok(ChatCompletionRequest {
            messages: messages::read(members)?,
            continue_final_message,
            chat_template_kwargs,
            add_generation_prompt,
            max_completion_tokens: members
                .integer_or_minus_one("max_completion_tokens", 0..=u32::MAX)?,
            logprobs,
            top_logprobs,
            options,
        })
    }
}

/// The rule that either an answer begins, or one goes on.
pub(super) fn continuation_rule() -> Value {
    json!({ "anyOf": [
        { "properties": {
            "continue_final_message": { "enum": [false, null] },
            "add_generation_prompt": { "enum": [true, null] }
        } },
        { "properties": {
            "continue_final_message": { "const": true },
            "add_generation_prompt": { "enum": [false, null] }
        }, "required": ["continue_final_message"] }
    ] })
}

/// Takes whether the last message is continued, and whether an answer begins after it.
///
/// # Errors
/// If both are wanted, or neither.
pub(super) fn continuation(members: &mut Members) -> Result<(bool, bool), ApiError> {
    let continues = members.boolean("continue_final_message")?.unwrap_or(false);
    let begins = members.boolean("add_generation_prompt")?.unwrap_or(!continues);
    let why = "must be the opposite of continue_final_message";
    refuse(begins == continues, "add_generation_prompt", why)?;
    Ok((continues, begins))
}

/// `POST /v1/chat/completions`
pub(crate) async fn create(
    State(state): State<AppState>,
    OpenAiBody(request): OpenAiBody<ChatCompletionRequest>,
) -> Result<Response, OpenAiError> {
    let ChatCompletionRequest { messages, continue_final_message, .. } = request;
    let ChatCompletionRequest { max_completion_tokens, logprobs, .. } = request;
    let ChatCompletionRequest { top_logprobs, chat_template_kwargs, options, .. } =
        request;
    // The older name is checked, too, even where the newer one decides.
    let limits = &state.limits;
    let usual = token_limit(limits, "max_tokens", options.max_tokens, limits.max_tokens)?;
    let max_tokens =
        token_limit(limits, "max_completion_tokens", max_completion_tokens, usual)?;
    let delivery = options.delivery();
    let count = options.choices;
    let wanted = options.model.clone();
    let top = top_logprobs as usize;
    let told = logprobs.then(|| LogprobOptions { top, ..LogprobOptions::default() });

    let model = EngineQuery::new(&state).describe().await?;
    let choice_options = options.choice_options(&model, max_tokens, told)?;
    models::check(&state, wanted.as_deref())?;
    let template_variables = chat_template_kwargs;
    let prompt = Prompt::Chat { messages, continue_final_message, template_variables };
    let choices = Choices::start(&state, vec![prompt], count, &choice_options).await?;
    let (format, model) = (ChatFormat { logprobs }, state.models.id());
    PendingResponse { format, model, count, choices }.send(delivery).await
}

/// The format of chat completions.
pub(crate) struct ChatFormat {
    logprobs: bool,
}

/// A choice of a whole chat completion.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ChatChoice {
    index: usize,
    message: ChatMessage,
    logprobs: Option<ChatLogprobs>,
    finish_reason: Finish,
}

/// The model's message.
#[derive(Serialize, JsonSchema)]
struct ChatMessage {
    #[schemars(extend("const" = "assistant"))]
    role: &'static str,
    content: String,
    /// Always null.
    refusal: Option<String>,
}

/// Log probabilities of a message.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ChatLogprobs {
    content: Vec<TokenLogprob>,
    /// Always null.
    refusal: Option<Vec<TokenLogprob>>,
}

/// A choice of a chunk.
#[derive(Serialize)]
pub(crate) struct ChatChunkChoice {
    index: usize,
    delta: ChatDelta,
    logprobs: Option<ChatLogprobs>,
    finish_reason: Option<Finish>,
}

/// What a chunk adds to a message.
#[derive(Serialize)]
struct ChatDelta {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

impl CompletionFormat for ChatFormat {
    const ID: &'static str = "chatcmpl";
    const WHOLE: &'static str = "chat.completion";
    const CHUNK: &'static str = "chat.completion.chunk";

    type Choice = ChatChoice;
    type ChunkChoice = ChatChunkChoice;

    fn choice(
        &self,
        index: usize,
        text: String,
        tokens: Vec<TokenLogprob>,
        finish: Finish,
    ) -> ChatChoice {
        ChatChoice {
            index,
            message: ChatMessage { role: "assistant", content: text, refusal: None },
            logprobs: self.logprobs(tokens),
            finish_reason: finish,
        }
    }

    fn opening(&self, index: usize) -> Option<ChatChunkChoice> {
        let delta = ChatDelta { role: Some("assistant"), content: Some(String::new()) };
        Some(ChatChunkChoice { index, delta, logprobs: None, finish_reason: None })
    }

    fn chunk(&self, index: usize, delta: Delta) -> ChatChunkChoice {
        let Delta { text, logprobs, finish } = delta;
        let logprobs = Some(logprobs).filter(|tokens| !tokens.is_empty());
        ChatChunkChoice {
            index,
            delta: ChatDelta {
                role: None,
                content: Some(text).filter(|text| !text.is_empty()),
            },
            logprobs: logprobs.and_then(|tokens| self.logprobs(tokens)),
            finish_reason: finish,
        }
    }
}

impl ChatFormat {
    /// The log probabilities of some tokens, if they were asked for.
    fn logprobs(&self, tokens: Vec<TokenLogprob>) -> Option<ChatLogprobs> {
        self.logprobs.then_some(ChatLogprobs { content: tokens, refusal: None })
    }
}
