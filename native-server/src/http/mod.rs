//! All routes, with their guards and headers.

mod choice;
mod class;
mod compression;
mod continuations;
mod docs;
mod error;
mod generate;
mod guard;
mod headers;
mod hub;
mod input;
mod inside;
mod json;
mod members;
mod observe;
mod openai;
mod openapi;
mod original;
mod plain;
mod query;
mod sampler;
mod schema;
mod scripts;
mod site;
mod socket;
mod state;
mod token;
mod trials;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowHeaders, AllowOrigin, AllowPrivateNetwork, CorsLayer};

use crate::Access;
use crate::limits::MAX_MESSAGE_BYTES;
use error::ApiError;

pub(crate) use plain::router as plain;
pub use state::AppState;

/// How long a browser may remember the answer to a preflight request.
const PREFLIGHT_AGE: Duration = Duration::from_secs(600);

/// The whole server as a router.
pub fn app(state: AppState) -> Router {
    let api = Router::new()
        .route("/ws", any(socket::connect))
        .route("/next-token", post(original::next_token))
        .route("/chat", post(original::chat))
        .route("/models", get(original::models))
        .route("/tokenize", post(scripts::tokenize))
        .route("/distribution", post(scripts::distribution))
        .route("/draw", post(trials::draw))
        .route("/sweep", post(trials::sweep))
        .route("/verify", post(scripts::verify))
        .route("/score", post(scripts::score))
        .route("/inside/lens", post(inside::lens))
        .route("/inside/attention", post(inside::attention))
        .route("/inside/occlusion", post(inside::occlusion))
        .route("/inside/attribution", post(inside::attribution))
        .route("/look-up", post(continuations::look_up))
        .route("/grow", post(continuations::grow))
        .route("/compare", post(continuations::compare))
        .route("/log-probabilities", post(continuations::log_probabilities))
        .route("/generate", post(generate::generate))
        .route("/openapi.json", get(openapi::get))
        .route("/docs", get(docs::page))
        .route("/docs.css", get(docs::style))
        .fallback(|| async { ApiError::no_such_route() })
        .method_not_allowed_fallback(|| async { ApiError::wrong_method() })
        .layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES))
        .layer(from_fn_with_state(state.clone(), guard::check))
        .layer(cors(&state.access));
    let classes = Router::new()
        .route("/class", any(class::connect))
        .layer(from_fn_with_state(state.clone(), guard::check_class))
        .layer(cors(&state.access));
    let openai = openai::routes(&state)
        .layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES))
        .layer(cors(&state.access));
    let tokens = openai::token_routes(&state)
        .layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES))
        .layer(cors(&state.access));
    let hub = hub::routes()
        .layer(from_fn_with_state(state.clone(), guard::check_download))
        .layer(cors(&state.access).expose_headers(hub::EXPOSED));
    Router::new()
        .nest("/api", api.merge(classes))
        .nest("/v1", openai)
        .merge(tokens)
        .route("/healthz", get(observe::health))
        .route("/metrics", get(observe::metrics))
        .route("/", get(site::page))
        .route("/index.html", get(site::page))
        .fallback(site::file)
        .layer(compression::layer())
        .layer(from_fn(compression::only_for_others))
        // Weights are as dense as they get, and are asked for in ranges.
        .nest("/hub", hub)
        .layer(CatchPanicLayer::custom(|_| ApiError::unexpected().into_response()))
        .layer(from_fn_with_state(state.clone(), guard::check_host))
        .layer(from_fn_with_state(state.clone(), observe::count))
        .layer(from_fn(headers::add))
        .with_state(state)
}

/// Tells browsers which pages of other sites may read responses: those that are
/// answered at all, see [`guard::is_allowed_origin`]. What their clients send in headers is their
/// own business.
fn cors(access: &Arc<Access>) -> CorsLayer {
    let welcome = |access: Arc<Access>| {
        move |origin: &HeaderValue, request: &Parts| {
            guard::is_allowed_origin(origin, &request.headers, &access)
        }
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(welcome(access.clone())))
        .allow_private_network(AllowPrivateNetwork::predicate(welcome(access.clone())))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .max_age(PREFLIGHT_AGE)
}
