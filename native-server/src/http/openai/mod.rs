//! The routes of OpenAI's API, as far as one model on this machine can serve them. A member
//! that would change the answer and is not supported is refused, never ignored.
//! <https://platform.openai.com/docs/api-reference>

mod chat;
mod choice;
mod choice_options;
mod choices;
mod completions;
mod echo;
mod error;
mod logprobs;
mod messages;
mod models;
mod options;
mod prompt_logprobs;
mod response;
mod responses;
mod sampling;
mod template_variables;
mod text;
mod text_format;
mod tokens;
mod unsupported;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::error::ApiError;
use super::guard;
use super::state::AppState;
use error::OpenAiError;

pub(crate) use chat::{ChatCompletionRequest, ChatFormat};
pub(crate) use completions::CompletionRequest;
pub(crate) use error::ErrorBody;
pub(crate) use models::{Model, ModelList};
pub(crate) use response::{CompletionFormat, WholeResponse};
pub(crate) use responses::{ResponseObject, ResponseRequest};
pub(crate) use text_format::TextFormat;
pub(crate) use tokens::{DetokenizeRequest, TextTokens, TokenizeTextRequest, TokensText};

/// The routes below `/v1`.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/models", get(models::list))
        .route("/models/{*id}", get(models::one))
        .route("/completions", post(completions::create))
        .route("/chat/completions", post(chat::create))
        .route("/responses", post(responses::create))
        .fallback(|| async { OpenAiError(ApiError::no_such_route()) })
        .method_not_allowed_fallback(|| async { OpenAiError(ApiError::wrong_method()) })
        .layer(from_fn_with_state(state.clone(), check))
}

/// The routes beside them that turn text into tokens and back.
pub(crate) fn token_routes(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/tokenize", post(tokens::tokenize))
        .route("/detokenize", post(tokens::detokenize))
        .method_not_allowed_fallback(|| async { OpenAiError(ApiError::wrong_method()) })
        .layer(from_fn_with_state(state.clone(), check))
}

/// The guard of all routes, whose errors have the form of these routes.
async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match guard::admit(&state, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => OpenAiError(error).into_response(),
    }
}
