//! The JSON routes for scripts: tokens, distributions, their verification, and scores,
//! with the types of the page's protocol.

use axum::Json;
use axum::extract::State;
use protocol::{
    Command, Distribution, Event, Message, SamplerSettings, ScoredToken, Timings, Token,
    TokenId, TokenizeOptions, Verification, limits,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::error::ApiError;
use super::input::{TextOrIds, candidates, messages, new_tokens};
use super::json::JsonBody;
use super::members::{Members, RequestBody};
use super::query::EngineQuery;
use super::sampler::settings;
use super::schema::{
    Conversation, MAX_TEXT_CHARACTERS, ModelTokenId, one_source, sampler,
};
use super::state::AppState;

type JsonResult<T> = Result<Json<T>, ApiError>;

/// The body of `POST /api/tokenize`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct TokenizeRequest {
    /// Any text.
    #[schemars(length(max = MAX_TEXT_CHARACTERS))]
    text: String,
    #[schemars(flatten)]
    options: TokenizeOptions,
}

impl RequestBody for TokenizeRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let text = members.text("text")?.ok_or_else(|| members.missing("text"))?;
        let special_tokens = members.boolean("special_tokens")?.unwrap_or_default();
        let continuation = members.boolean("continuation")?.unwrap_or_default();
        let options = TokenizeOptions { special_tokens, continuation };
        Ok(TokenizeRequest { text, options })
    }
}

/// The tokens of a text.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Tokens {
    tokens: Vec<Token>,
}

/// The body of `POST /api/distribution`.
#[derive(JsonSchema)]
#[schemars(transform = sampler, transform = one_source)]
pub(crate) struct DistributionRequest {
    #[schemars(flatten)]
    source: TextOrIds,
    /// How many of the most probable tokens to list.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_CANDIDATES))]
    #[schemars(extend("default" = limits::DEFAULT_CANDIDATES))]
    candidates: u32,
    /// Tokens to tell of whatever their rank.
    #[schemars(with = "Option<Vec<ModelTokenId>>", length(max = limits::MAX_WATCHED))]
    watch: Vec<TokenId>,
    #[schemars(flatten)]
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

/// The body of `POST /api/verify`.
#[derive(JsonSchema)]
#[schemars(transform = one_source)]
pub(crate) struct VerifyRequest {
    #[schemars(flatten)]
    source: TextOrIds,
    /// How many of the most probable tokens to list.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_CANDIDATES))]
    #[schemars(extend("default" = limits::DEFAULT_CANDIDATES))]
    candidates: u32,
}

impl RequestBody for VerifyRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let source = TextOrIds::read(members)?;
        Ok(VerifyRequest { source, candidates: candidates(members)? })
    }
}

/// The body of `POST /api/generate`.
#[derive(JsonSchema)]
#[schemars(transform = sampler, transform = one_source)]
pub(crate) struct GenerateRequest {
    #[schemars(flatten)]
    source: TextOrIds,
    #[schemars(with = "Option<Conversation>")]
    messages: Option<Vec<Message>>,
    /// The last message is unfinished and is gone on with, as a text always is.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    continue_final_message: bool,
    /// How many of the most probable tokens to list.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_CANDIDATES))]
    #[schemars(extend("default" = limits::DEFAULT_CANDIDATES))]
    candidates: u32,
    /// Tokens that are made, at most.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_NEW_TOKENS))]
    #[schemars(extend("default" = limits::DEFAULT_NEW_TOKENS))]
    max_new_tokens: u32,
    #[schemars(flatten)]
    settings: SamplerSettings,
}

impl RequestBody for GenerateRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        Ok(GenerateRequest {
            source: TextOrIds::read(members)?,
            messages: messages(members)?,
            continue_final_message: members
                .boolean("continue_final_message")?
                .unwrap_or(false),
            candidates: candidates(members)?,
            max_new_tokens: new_tokens(members)?,
            settings: settings(members)?,
        })
    }
}

/// The body of `POST /api/score`.
#[derive(JsonSchema)]
#[schemars(transform = one_source)]
pub(crate) struct ScoreRequest {
    #[schemars(flatten)]
    source: TextOrIds,
}

impl RequestBody for ScoreRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        Ok(ScoreRequest { source: TextOrIds::read(members)? })
    }
}

/// What a model made of a text.
#[derive(Serialize, JsonSchema)]
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
    JsonBody(request): JsonBody<TokenizeRequest>,
) -> JsonResult<Tokens> {
    let TokenizeRequest { text, options } = request;
    let command = Command::Tokenize { text, options };
    match EngineQuery::new(&state).ask(command).await? {
        Event::Tokenized { tokens } => Ok(Json(Tokens { tokens })),
        _ => Err(ApiError::unexpected()),
    }
}

/// `POST /api/distribution`
pub(crate) async fn distribution(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<DistributionRequest>,
) -> JsonResult<Distribution> {
    let DistributionRequest { source, candidates, watch, settings } = request;
    let mut query = EngineQuery::new(&state);
    let ids = source.ids(&mut query).await?;
    let command = Command::NextToken { ids, settings, candidates, watch };
    match query.ask(command).await? {
        Event::Distribution(distribution) => Ok(Json(distribution)),
        _ => Err(ApiError::unexpected()),
    }
}

/// `POST /api/verify`
pub(crate) async fn verify(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<VerifyRequest>,
) -> JsonResult<Verification> {
    let VerifyRequest { source, candidates } = request;
    let mut query = EngineQuery::new(&state);
    let ids = source.ids(&mut query).await?;
    match query.ask(Command::Verify { ids, candidates }).await? {
        Event::Verified(verification) => Ok(Json(*verification)),
        _ => Err(ApiError::unexpected()),
    }
}

/// `POST /api/score`
pub(crate) async fn score(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<ScoreRequest>,
) -> JsonResult<Scores> {
    let mut query = EngineQuery::new(&state);
    let ids = request.source.ids(&mut query).await?;
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
    /// The command for the engine. A text is tokenised first.
    ///
    /// # Errors
    /// If none or several things to continue were given, or if the text cannot be tokenised.
    pub(crate) async fn command(
        self,
        query: &mut EngineQuery,
    ) -> Result<Command, ApiError> {
        let GenerateRequest { source, messages, candidates, .. } = self;
        let GenerateRequest { max_new_tokens, settings, .. } = self;
        let GenerateRequest { continue_final_message, .. } = self;
        match messages {
            Some(messages) if source.text.is_none() && source.ids.is_none() => {
                Ok(Command::Chat {
                    messages,
                    continue_final_message,
                    template_variables: Default::default(),
                    settings,
                    max_new_tokens,
                    candidates,
                })
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
