//! What scripts ask, beside the original's routes: tokens, distributions and scores, in
//! the words of the page's protocol.

use axum::Json;
use axum::extract::State;
use protocol::{
    Command, Distribution, Event, Message, SamplerSettings, ScoredToken, Timings, Token,
    TokenId, limits,
};
use serde::Serialize;

use super::AppState;
use super::api::{messages, new_tokens};
use super::ask::{Asking, Knob, checked, random_seed};
use super::error::ApiError;
use super::json::JsonBody;
use super::members::{Members, Question};

type Answer<T> = Result<Json<T>, ApiError>;

/// The body of `POST /api/tokenize`.
pub(crate) struct TokenizeQuestion {
    text: String,
}

impl Question for TokenizeQuestion {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let text = members.text("text")?.ok_or_else(|| members.missing("text"))?;
        Ok(TokenizeQuestion { text })
    }
}

/// The tokens of a text.
#[derive(Serialize)]
pub(crate) struct Tokens {
    tokens: Vec<Token>,
}

/// A text, or its token ids: one of both.
pub(crate) struct TextOrIds {
    text: Option<String>,
    ids: Option<Vec<TokenId>>,
}

impl Question for TextOrIds {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        Ok(TextOrIds { text: members.text("text")?, ids: members.ids("ids")? })
    }
}

/// The body of `POST /api/distribution`.
pub(crate) struct DistributionQuestion {
    source: TextOrIds,
    candidates: u32,
    watch: Vec<TokenId>,
    settings: SamplerSettings,
}

impl Question for DistributionQuestion {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        Ok(DistributionQuestion {
            source: TextOrIds::read(members)?,
            candidates: candidates(members)?,
            watch: members.ids("watch")?.unwrap_or_default(),
            settings: settings(members)?,
        })
    }
}

/// The body of `POST /api/generate`.
pub(crate) struct GenerateQuestion {
    source: TextOrIds,
    messages: Option<Vec<Message>>,
    candidates: u32,
    max_new_tokens: u32,
    settings: SamplerSettings,
}

impl Question for GenerateQuestion {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        Ok(GenerateQuestion {
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
    let DistributionQuestion { source, candidates, watch, settings } = question;
    let mut asking = Asking::new(&state);
    let ids = source.ids(&mut asking).await?;
    let command = Command::NextToken { ids, settings, candidates, watch };
    match asking.ask(command).await? {
        Event::Distribution(distribution) => Ok(Json(distribution)),
        _ => Err(ApiError::unexpected()),
    }
}

/// `POST /api/score`
pub(crate) async fn score(
    State(state): State<AppState>,
    JsonBody(source): JsonBody<TextOrIds>,
) -> Answer<Scores> {
    let mut asking = Asking::new(&state);
    let ids = source.ids(&mut asking).await?;
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
    /// If there is not one thing to continue, or the text cannot be tokenised.
    pub(crate) async fn command(self, asking: &mut Asking) -> Result<Command, ApiError> {
        let GenerateQuestion { source, messages, candidates, .. } = self;
        let GenerateQuestion { max_new_tokens, settings, .. } = self;
        match messages {
            Some(messages) if source.text.is_none() && source.ids.is_none() => {
                Ok(Command::Chat { messages, settings, max_new_tokens, candidates })
            }
            Some(_) => Err(ApiError::bad_request(
                "Give one of \"text\", \"ids\" and \"messages\", not several.",
            )),
            None => {
                let ids = source.ids(asking).await?;
                Ok(Command::Generate { ids, settings, max_new_tokens, candidates })
            }
        }
    }
}

impl TextOrIds {
    /// The ids.
    ///
    /// # Errors
    /// If there is not one of both, or the text cannot be tokenised.
    async fn ids(self, asking: &mut Asking) -> Result<Vec<TokenId>, ApiError> {
        match (self.text, self.ids) {
            (Some(text), None) => ids_of_text(asking, text).await,
            (None, Some(ids)) => Ok(ids),
            _ => Err(ApiError::bad_request("Give either \"text\" or \"ids\".")),
        }
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

fn candidates(members: &mut Members) -> Result<u32, ApiError> {
    let given = members.whole("candidates", 1..=limits::MAX_CANDIDATES)?;
    Ok(given.unwrap_or(limits::DEFAULT_CANDIDATES))
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
