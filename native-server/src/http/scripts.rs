//! What scripts ask, beside the original's routes: tokens, distributions and scores, in
//! the words of the page's protocol.

use axum::Json;
use axum::extract::State;
use protocol::{
    Command, Distribution, Event, Message, SamplerSettings, ScoredToken, Timings, Token,
    TokenId,
};
use serde::Serialize;

use super::error::ApiError;
use super::input::{TextOrIds, candidates, messages, new_tokens};
use super::json::JsonBody;
use super::members::{Members, RequestBody};
use super::query::EngineQuery;
use super::sampler::{Knob, checked, random_seed};
use super::state::AppState;

type Answer<T> = Result<Json<T>, ApiError>;

/// The body of `POST /api/tokenize`.
pub(crate) struct TokenizeRequest {
    text: String,
}

impl RequestBody for TokenizeRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let text = members.text("text")?.ok_or_else(|| members.missing("text"))?;
        Ok(TokenizeRequest { text })
    }
}

/// The tokens of a text.
#[derive(Serialize)]
pub(crate) struct Tokens {
    tokens: Vec<Token>,
}

/// The body of `POST /api/distribution`.
pub(crate) struct DistributionRequest {
    source: TextOrIds,
    candidates: u32,
    watch: Vec<TokenId>,
    settings: SamplerSettings,
}

impl RequestBody for DistributionRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        Ok(DistributionRequest {
            source: TextOrIds::read(members)?,
            candidates: candidates(members)?,
            watch: members.ids("watch")?.unwrap_or_default(),
            settings: settings(members)?,
        })
    }
}

/// The body of `POST /api/generate`.
pub(crate) struct GenerateRequest {
    source: TextOrIds,
    messages: Option<Vec<Message>>,
    candidates: u32,
    max_new_tokens: u32,
    settings: SamplerSettings,
}

impl RequestBody for GenerateRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        Ok(GenerateRequest {
            source: TextOrIds::read(members)?,
            messages: messages(members)?,
            candidates: candidates(members)?,
            max_new_tokens: new_tokens(members)?,
            settings: settings(members)?,
        })
    }
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

/// `POST /api/tokenize`
pub(crate) async fn tokenize(
    State(state): State<AppState>,
    JsonBody(question): JsonBody<TokenizeRequest>,
) -> Answer<Tokens> {
    let tokens = EngineQuery::new(&state).tokenize(question.text).await?;
    Ok(Json(Tokens { tokens }))
}

/// `POST /api/distribution`
pub(crate) async fn distribution(
    State(state): State<AppState>,
    JsonBody(question): JsonBody<DistributionRequest>,
) -> Answer<Distribution> {
    let DistributionRequest { source, candidates, watch, settings } = question;
    let mut query = EngineQuery::new(&state);
    let ids = source.ids(&mut query).await?;
    let command = Command::NextToken { ids, settings, candidates, watch };
    match query.ask(command).await? {
        Event::Distribution(distribution) => Ok(Json(distribution)),
        _ => Err(ApiError::unexpected()),
    }
}

/// `POST /api/score`
pub(crate) async fn score(
    State(state): State<AppState>,
    JsonBody(source): JsonBody<TextOrIds>,
) -> Answer<Scores> {
    let mut query = EngineQuery::new(&state);
    let ids = source.ids(&mut query).await?;
    let Event::Scored { tokens, timings } = query.ask(Command::Score { ids }).await?
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

impl GenerateRequest {
    /// The command, once the text is tokenised.
    ///
    /// # Errors
    /// If there is not one thing to continue, or the text cannot be tokenised.
    pub(crate) async fn command(
        self,
        query: &mut EngineQuery,
    ) -> Result<Command, ApiError> {
        let GenerateRequest { source, messages, candidates, .. } = self;
        let GenerateRequest { max_new_tokens, settings, .. } = self;
        match messages {
            Some(messages) if source.text.is_none() && source.ids.is_none() => {
                Ok(Command::Chat { messages, settings, max_new_tokens, candidates })
            }
            Some(_) => Err(ApiError::bad_request(
                "Give one of \"text\", \"ids\" and \"messages\", not several.",
            )),
            None => {
                let ids = source.ids(query).await?;
                Ok(Command::Generate { ids, settings, max_new_tokens, candidates })
            }
        }
    }
}

fn settings(members: &mut Members) -> Result<SamplerSettings, ApiError> {
    let usual = SamplerSettings::default();
    let mut knob = |name, usual| -> Result<f32, ApiError> {
        Ok(members.knob(name)?.map_or(usual, |Knob(value)| value))
    };
    let temperature = knob("temperature", usual.temperature)?;
    let (top_p, min_p) = (knob("top_p", usual.top_p)?, knob("min_p", usual.min_p)?);
    let top_k = members.whole("top_k", 0..=u32::MAX)?.unwrap_or(usual.top_k);
    let seed = members.whole("seed", 0..=u32::MAX)?.unwrap_or_else(random_seed);
    checked(SamplerSettings { temperature, top_k, top_p, min_p, seed })
}
