//! What scripts ask, beside the original's routes: tokens, distributions and scores, in
//! the words of the page's protocol.

use axum::Json;
use axum::extract::State;
use protocol::{
    Command, Distribution, Event, Message, SamplerSettings, ScoredToken, Timings, Token,
    TokenId, limits,
};
use serde::{Deserialize, Serialize};

use super::AppState;
use super::ask::{Asking, Knob, checked, random_seed};
use super::error::ApiError;
use super::json::JsonBody;

type Answer<T> = Result<Json<T>, ApiError>;

/// The body of `POST /api/tokenize`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenizeQuestion {
    text: String,
}

/// The tokens of a text.
#[derive(Serialize)]
pub(crate) struct Tokens {
    tokens: Vec<Token>,
}

/// A text, or its token ids: one of both.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScoreQuestion {
    text: Option<String>,
    ids: Option<Vec<TokenId>>,
}

/// The body of `POST /api/distribution`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DistributionQuestion {
    text: Option<String>,
    ids: Option<Vec<TokenId>>,
    #[serde(default = "default_candidates")]
    candidates: u32,
    #[serde(default)]
    watch: Vec<TokenId>,
    temperature: Option<Knob>,
    top_k: Option<u32>,
    top_p: Option<Knob>,
    min_p: Option<Knob>,
    seed: Option<u32>,
}

/// The body of `POST /api/generate`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GenerateQuestion {
    text: Option<String>,
    ids: Option<Vec<TokenId>>,
    messages: Option<Vec<Message>>,
    #[serde(default = "default_candidates")]
    candidates: u32,
    #[serde(default = "default_new_tokens")]
    max_new_tokens: u32,
    temperature: Option<Knob>,
    top_k: Option<u32>,
    top_p: Option<Knob>,
    min_p: Option<Knob>,
    seed: Option<u32>,
}

/// What a model made of a text.
#[derive(Serialize)]
pub(crate) struct Scores {
    tokens: Vec<ScoredToken>,
    /// −log₂ of the probability of all tokens but the first, together.
    surprisal_bits: f64,
    /// 2 to the mean surprisal of these; none for a single token.
    perplexity: Option<f64>,
    timings: Timings,
}

fn default_candidates() -> u32 {
    limits::DEFAULT_CANDIDATES
}

fn default_new_tokens() -> u32 {
    limits::DEFAULT_NEW_TOKENS
}

/// `POST /api/tokenize`
pub(crate) async fn tokenize(
    State(state): State<AppState>,
    JsonBody(question): JsonBody<TokenizeQuestion>,
) -> Answer<Tokens> {
    let command = Command::Tokenize { text: question.text };
    match Asking::new(&state).ask(command).await? {
        Event::Tokenized { tokens } => Ok(Json(Tokens { tokens })),
        _ => Err(ApiError::unexpected()),
    }
}

/// `POST /api/distribution`
pub(crate) async fn distribution(
    State(state): State<AppState>,
    JsonBody(question): JsonBody<DistributionQuestion>,
) -> Answer<Distribution> {
    let DistributionQuestion { text, ids, candidates, watch, .. } = question;
    let DistributionQuestion { temperature, top_k, top_p, min_p, seed, .. } = question;
    let settings = settings(temperature, top_k, top_p, min_p, seed)?;
    let mut asking = Asking::new(&state);
    let ids = ids_of(&mut asking, text, ids).await?;
    let command = Command::NextToken { ids, settings, candidates, watch };
    match asking.ask(command).await? {
        Event::Distribution(distribution) => Ok(Json(distribution)),
        _ => Err(ApiError::unexpected()),
    }
}

/// `POST /api/score`
pub(crate) async fn score(
    State(state): State<AppState>,
    JsonBody(ScoreQuestion { text, ids }): JsonBody<ScoreQuestion>,
) -> Answer<Scores> {
    let mut asking = Asking::new(&state);
    let ids = ids_of(&mut asking, text, ids).await?;
    let Event::Scored { tokens, timings } = asking.ask(Command::Score { ids }).await?
    else {
        return Err(ApiError::unexpected());
    };
    let bits: Vec<f64> = tokens
        .iter()
        .filter_map(|token| Some(f64::from(token.score?.surprisal_bits)))
        .collect();
    let surprisal_bits: f64 = bits.iter().sum();
    let mean = surprisal_bits / bits.len() as f64;
    let perplexity = (!bits.is_empty()).then(|| mean.exp2()).filter(|x| x.is_finite());
    Ok(Json(Scores { tokens, surprisal_bits, perplexity, timings }))
}

impl GenerateQuestion {
    /// The command, once the text is tokenised.
    ///
    /// # Errors
    /// If the question makes no sense, or the text cannot be tokenised.
    pub(crate) async fn command(self, asking: &mut Asking) -> Result<Command, ApiError> {
        let GenerateQuestion { text, ids, messages, candidates, max_new_tokens, .. } =
            self;
        let GenerateQuestion { temperature, top_k, top_p, min_p, seed, .. } = self;
        let settings = settings(temperature, top_k, top_p, min_p, seed)?;
        match messages {
            Some(messages) if text.is_none() && ids.is_none() => {
                Ok(Command::Chat { messages, settings, max_new_tokens, candidates })
            }
            Some(_) => Err(ApiError::bad_request(
                "Give one of \"text\", \"ids\" and \"messages\", not several.",
            )),
            None => {
                let ids = ids_of(asking, text, ids).await?;
                Ok(Command::Generate { ids, settings, max_new_tokens, candidates })
            }
        }
    }
}

/// The ids of a question that has a text or ids.
async fn ids_of(
    asking: &mut Asking,
    text: Option<String>,
    ids: Option<Vec<TokenId>>,
) -> Result<Vec<TokenId>, ApiError> {
    match (text, ids) {
        (Some(text), None) => ids_of_text(asking, text).await,
        (None, Some(ids)) => Ok(ids),
        _ => Err(ApiError::bad_request("Give either \"text\" or \"ids\".")),
    }
}

/// The ids of a text, as a prompt.
///
/// # Errors
/// If it has none, or is too long.
pub(crate) async fn ids_of_text(
    asking: &mut Asking,
    text: String,
) -> Result<Vec<TokenId>, ApiError> {
    if text.is_empty() {
        return Err(ApiError::bad_request("The text is empty. Send some."));
    }
    match asking.ask(Command::Tokenize { text }).await? {
        Event::Tokenized { tokens } => Ok(tokens.iter().map(|token| token.id).collect()),
        _ => Err(ApiError::unexpected()),
    }
}

fn settings(
    temperature: Option<Knob>,
    top_k: Option<u32>,
    top_p: Option<Knob>,
    min_p: Option<Knob>,
    seed: Option<u32>,
) -> Result<SamplerSettings, ApiError> {
    let usual = SamplerSettings::default();
    checked(SamplerSettings {
        temperature: temperature.map_or(usual.temperature, |knob| knob.0),
        top_k: top_k.unwrap_or(usual.top_k),
        top_p: top_p.map_or(usual.top_p, |knob| knob.0),
        min_p: min_p.map_or(usual.min_p, |knob| knob.0),
        seed: seed.unwrap_or_else(random_seed),
    })
}
