//! The JSON routes of the program that this one goes back to.

use axum::Json;
use axum::extract::State;
use protocol::{
    Command, Event, Message, ModelDescription, SamplerSettings, Token, limits,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::error::ApiError;
use super::input::{messages, new_tokens};
use super::json::JsonBody;
use super::members::SamplerNumber;
use super::members::{Members, RequestBody};
use super::query::EngineQuery;
use super::sampler::{checked, random_seed};
use super::schema::{Conversation, MAX_TEXT_CHARACTERS};
use super::state::AppState;

type JsonResult<T> = Result<Json<T>, ApiError>;

/// The body of `POST /api/next-token`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct NextTokenRequest {
    /// Any text.
    #[schemars(length(min = 1, max = MAX_TEXT_CHARACTERS))]
    text: String,
    /// How many candidates to list.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_CANDIDATES))]
    #[schemars(extend("default" = limits::DEFAULT_CANDIDATES))]
    top_k: u32,
    /// Logits are divided by it; 0 takes the top.
    #[schemars(with = "Option<f32>", range(min = 0, max = limits::MAX_TEMPERATURE))]
    #[schemars(extend("default" = limits::DEFAULT_TEMPERATURE))]
    temperature: f32,
}

impl RequestBody for NextTokenRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let text = members.text("text")?.ok_or_else(|| members.missing("text"))?;
        let top_k = members.integer("top_k", 1..=limits::MAX_CANDIDATES)?;
        let top_k = top_k.unwrap_or(limits::DEFAULT_CANDIDATES);
        Ok(NextTokenRequest { text, top_k, temperature: temperature(members)? })
    }
}

/// What follows a text, most probable first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NextToken")]
pub(crate) struct NextTokenResponse {
    candidates: Vec<NextTokenCandidate>,
    /// The token that was drawn.
    sampled: String,
    /// What a person should know about the text.
    warning: Option<String>,
}

/// A token that can follow a text.
#[derive(Serialize, JsonSchema)]
struct NextTokenCandidate {
    token: String,
    /// Of the softmax over the whole vocabulary, with the temperature applied; at
    /// temperature 0, without.
    #[schemars(range(min = 0, max = limits::MAX_PROBABILITY))]
    prob: f32,
}

/// The body of `POST /api/chat`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ChatRequest {
    #[schemars(with = "Conversation")]
    messages: Vec<Message>,
    /// Tokens of the reply, at most.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_NEW_TOKENS))]
    #[schemars(extend("default" = limits::DEFAULT_NEW_TOKENS))]
    max_new_tokens: u32,
    /// Logits are divided by it; 0 takes the top.
    #[schemars(with = "Option<f32>", range(min = 0, max = limits::MAX_TEMPERATURE))]
    #[schemars(extend("default" = limits::DEFAULT_TEMPERATURE))]
    temperature: f32,
}

impl RequestBody for ChatRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let messages = messages(members)?.ok_or_else(|| members.missing("messages"))?;
        let max_new_tokens = new_tokens(members)?;
        let temperature = temperature(members)?;
        Ok(ChatRequest { messages, max_new_tokens, temperature })
    }
}

fn temperature(members: &mut Members) -> Result<f32, ApiError> {
    let given = members.number("temperature")?;
    Ok(given
        .map_or(limits::DEFAULT_TEMPERATURE, |SamplerNumber(temperature)| temperature))
}

/// The model's turn.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Reply")]
pub(crate) struct ChatResponse {
    reply: String,
}

/// The model that runs, and others that this server could be started with.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Models {
    models: Vec<String>,
    /// What the weights of the model that runs are in its files and in memory, and what it
    /// is computed in; null until it is ready.
    formats: Option<String>,
}

/// `POST /api/next-token`
pub(crate) async fn next_token(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<NextTokenRequest>,
) -> JsonResult<NextTokenResponse> {
    let NextTokenRequest { text, top_k, temperature } = request;
    if text.is_empty() {
        return Err(ApiError::bad_request("The prompt is empty. Send some text."));
    }
    let settings = settings(temperature)?;
    let mut query = EngineQuery::new(&state);
    let model = query.describe().await?;
    let tokens = query.tokenize(text.clone()).await?;
    let warning = warning(&text, &tokens, &model);
    let ids = tokens.into_iter().map(|token| token.id).collect();
    let next = Command::NextToken { ids, settings, candidates: top_k, watch: Vec::new() };
    let Event::Distribution(distribution) = query.ask(next).await? else {
        return Err(ApiError::unexpected());
    };
    let candidates = distribution.candidates.iter().map(|candidate| NextTokenCandidate {
        token: text_of(&candidate.token),
        prob: match temperature {
            0.0 => candidate.probability,
            _ => candidate.sampled_probability,
        },
    });
    Ok(Json(NextTokenResponse {
        candidates: candidates.collect(),
        sampled: text_of(&distribution.sampled.token),
        warning,
    }))
}

/// `POST /api/chat`
pub(crate) async fn chat(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<ChatRequest>,
) -> JsonResult<ChatResponse> {
    let ChatRequest { messages, max_new_tokens, temperature } = request;
    if messages.is_empty() {
        return Err(ApiError::bad_request("There are no messages. Send at least one."));
    }
    let settings = settings(temperature)?;
    let command = Command::Chat {
        messages,
        continue_final_message: false,
        template_variables: Default::default(),
        settings,
        max_new_tokens,
        candidates: 1,
    };
    let mut query = EngineQuery::new(&state);
    query.start(command).await?;
    let mut reply = Vec::new();
    loop {
        match query.event().await? {
            Event::Token(distribution) if !distribution.sampled.token.special => {
                reply.extend_from_slice(&distribution.sampled.token.bytes);
            }
            event if event.is_terminal() => break,
            _ => (),
        }
    }
    Ok(Json(ChatResponse { reply: String::from_utf8_lossy(&reply).trim().to_owned() }))
}

/// `GET /api/models`
pub(crate) async fn models(State(state): State<AppState>) -> JsonResult<Models> {
    let model = EngineQuery::new(&state).describe().await.ok();
    let models = state.models.clone();
    // This reads many folders.
    let models = tokio::task::spawn_blocking(move || models.ids()).await;
    let models = models.map_err(|_| ApiError::unexpected())?;
    Ok(Json(Models { models, formats: model.map(|model| model.formats()) }))
}

/// The sampler of these routes: only a temperature, and another seed each time.
fn settings(temperature: f32) -> Result<SamplerSettings, ApiError> {
    let seed = random_seed();
    checked(SamplerSettings { temperature, seed, ..SamplerSettings::default() })
}

/// A token as text; part of a character is shown byte by byte.
fn text_of(token: &Token) -> String {
    match std::str::from_utf8(&token.bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => token.text.clone(),
    }
}

fn warning(text: &str, tokens: &[Token], model: &ModelDescription) -> Option<String> {
    let limit = model.context_length;
    if tokens.len() >= limit as usize {
        return Some(format!(
            "The text fills the model's context of {limit} tokens; nothing can be added."
        ));
    }
    text.ends_with(char::is_whitespace).then(|| {
        "The text ends with white space. Most models put a space at the start of the next \
         token, so the candidates may look odd; try without it."
            .into()
    })
}
