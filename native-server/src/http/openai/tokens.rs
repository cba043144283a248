//! `POST /tokenize` and `POST /detokenize`, as vLLM has them beside the routes of OpenAI's API.

use axum::Json;
use axum::extract::State;
use protocol::{
    Command, Event, Message, TemplateVariables, Token, TokenId, TokenizeOptions,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::error::{OpenAiBody, OpenAiError};
use super::{chat, logprobs, messages, models, template_variables};
use crate::http::error::ApiError;
use crate::http::members::{Members, RequestBody};
use crate::http::query::EngineQuery;
use crate::http::schema::{MAX_TEXT_CHARACTERS, ModelTokenId, ServerValue};
use crate::http::state::AppState;

/// The body of `POST /tokenize`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [
    { "required": ["prompt"], "properties": {
        "prompt": { "type": "string" }, "messages": { "type": "null" }
    } },
    { "required": ["messages"], "properties": {
        "messages": { "type": "array" }, "prompt": { "type": "null" }
    }, "allOf": [chat::continuation_rule()] }
]))]
pub(crate) struct TokenizeTextRequest {
    /// The model that runs; it can be left out.
    #[schemars(extend("enum" = ServerValue::ModelNames))]
    model: Option<String>,
    /// A text; the names of special tokens in it are these tokens.
    #[schemars(length(max = MAX_TEXT_CHARACTERS))]
    prompt: Option<String>,
    /// A conversation instead, which the model's template renders.
    #[schemars(schema_with = "optional_messages", default)]
    messages: Option<Vec<Message>>,
    /// A text gets the tokens that the model begins texts with; the default is true.
    #[schemars(with = "Option<bool>")]
    add_special_tokens: bool,
    /// A conversation ends where the answer begins; the default is true, or false where its
    /// last message is continued.
    #[schemars(with = "Option<bool>")]
    #[expect(dead_code, reason = "it is checked as it is read, and stands for a schema")]
    add_generation_prompt: bool,
    /// The last message of a conversation is unfinished.
    #[schemars(with = "Option<bool>")]
    continue_final_message: bool,
    /// Variables of the chat template, for a conversation.
    #[schemars(schema_with = "template_variables::schema", default)]
    chat_template_kwargs: TemplateVariables,
    /// The texts of the tokens are told, too.
    #[schemars(with = "Option<bool>")]
    return_token_strs: bool,
}

/// The tokens of a text.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TextTokens {
    count: usize,
    /// The tokens that the model can read.
    max_model_len: u32,
    tokens: Vec<TokenId>,
    token_strs: Option<Vec<String>>,
}

/// The body of `POST /detokenize`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct DetokenizeRequest {
    /// The model that runs; it can be left out.
    #[schemars(extend("enum" = ServerValue::ModelNames))]
    model: Option<String>,
    #[schemars(with = "Vec<ModelTokenId>")]
    tokens: Vec<TokenId>,
}

/// The text of some tokens.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TokensText {
    prompt: String,
}

fn optional_messages(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "oneOf": [messages::schema(generator), { "type": "null" }] })
}

impl RequestBody for TokenizeTextRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let prompt = members.text("prompt")?;
        let messages = match (&prompt, members.take("messages")) {
            (None, None) => return Err(members.missing("prompt")),
            (None, Some(given)) => Some(messages::from_value(members, given)?),
            (Some(_), None) => None,
            (Some(_), Some(_)) => {
                let message = "Give either prompt or messages, not both.";
                return Err(ApiError::bad_request(message).about("messages"));
            }
        };
        let (continues, begins) = match messages {
            Some(_) => chat::continuation(members)?,
            // They say nothing of a text.
            None => {
                members.boolean("continue_final_message")?;
                members.boolean("add_generation_prompt")?;
                (false, true)
            }
        };
        Ok(TokenizeTextRequest {
            model: members.text("model")?,
            prompt,
            messages,
            add_special_tokens: members.boolean("add_special_tokens")?.unwrap_or(true),
            add_generation_prompt: begins,
            continue_final_message: continues,
            chat_template_kwargs: template_variables::read(members)?,
            return_token_strs: members.boolean("return_token_strs")?.unwrap_or(false),
        })
    }
}

impl RequestBody for DetokenizeRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let tokens = members.ids("tokens")?.ok_or_else(|| members.missing("tokens"))?;
        Ok(DetokenizeRequest { model: members.text("model")?, tokens })
    }
}

/// `POST /tokenize`
pub(crate) async fn tokenize(
    State(state): State<AppState>,
    OpenAiBody(request): OpenAiBody<TokenizeTextRequest>,
) -> Result<Json<TextTokens>, OpenAiError> {
    let mut query = EngineQuery::new(&state);
    let model = query.describe().await?;
    models::check(&state, request.model.as_deref())?;
    let command = match (request.prompt, request.messages) {
        (Some(text), _) => {
            let continuation = !request.add_special_tokens;
            let options = TokenizeOptions { special_tokens: true, continuation };
            Command::Tokenize { text, options }
        }
        (None, messages) => Command::RenderChat {
            messages: messages.unwrap_or_default(),
            continue_final_message: request.continue_final_message,
            template_variables: request.chat_template_kwargs,
        },
    };
    let tokens = ask(&mut query, command).await?;
    let names = || tokens.iter().map(logprobs::name).collect();
    Ok(Json(TextTokens {
        count: tokens.len(),
        max_model_len: model.context_length,
        token_strs: request.return_token_strs.then(names),
        tokens: tokens.iter().map(|token| token.id).collect(),
    }))
}

/// `POST /detokenize`
pub(crate) async fn detokenize(
    State(state): State<AppState>,
    OpenAiBody(request): OpenAiBody<DetokenizeRequest>,
) -> Result<Json<TokensText>, OpenAiError> {
    let mut query = EngineQuery::new(&state);
    query.describe().await?;
    models::check(&state, request.model.as_deref())?;
    let command = Command::Detokenize { ids: request.tokens };
    let tokens = ask(&mut query, command).await?;
    let bytes: Vec<u8> = tokens.into_iter().flat_map(|token| token.bytes).collect();
    Ok(Json(TokensText { prompt: String::from_utf8_lossy(&bytes).into_owned() }))
}

async fn ask(query: &mut EngineQuery, command: Command) -> Result<Vec<Token>, ApiError> {
    match query.ask(command).await? {
        Event::Tokenized { tokens } => Ok(tokens),
        _ => Err(ApiError::unexpected()),
    }
}
