//! The JSON routes that tell how a prediction came about, with the types of the page's
//! protocol. Each collects what the engine finds.

use axum::Json;
use axum::extract::State;
use protocol::{
    AttentionWeights, Attribution, Command, Event, Finding, Inspection, LensPosition,
    Occluded, OcclusionStart, OcclusionUnit, Timings, TokenId, limits,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::error::ApiError;
use super::input::TextOrIds;
use super::json::JsonBody;
use super::members::{Members, RequestBody};
use super::query::EngineQuery;
use super::schema::{ModelTokenId, one_source};
use super::state::AppState;

type JsonResult<T> = Result<Json<T>, ApiError>;

/// The body of `POST /api/inside/lens`.
#[derive(JsonSchema)]
#[schemars(transform = one_source)]
pub(crate) struct LensRequest {
    #[schemars(flatten)]
    source: TextOrIds,
    /// How many positions, the last ones of the text.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_LENS_POSITIONS))]
    #[schemars(extend("default" = 1))]
    positions: u32,
    /// How many of the most probable tokens to list after each layer.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_LENS_CANDIDATES))]
    #[schemars(extend("default" = limits::DEFAULT_LENS_CANDIDATES))]
    candidates: u32,
    /// Tokens to follow beside the one that is most probable in the end.
    #[schemars(with = "Option<Vec<ModelTokenId>>", length(max = limits::MAX_FOLLOWED))]
    follow: Vec<TokenId>,
}

impl RequestBody for LensRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let positions = members.integer("positions", 1..=limits::MAX_LENS_POSITIONS)?;
        let candidates =
            members.integer("candidates", 1..=limits::MAX_LENS_CANDIDATES)?;
        Ok(LensRequest {
            source: TextOrIds::read(members)?,
            positions: positions.unwrap_or(1),
            candidates: candidates.unwrap_or(limits::DEFAULT_LENS_CANDIDATES),
            follow: members.ids("follow")?.unwrap_or_default(),
        })
    }
}

/// The logit lens of some positions.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Lens {
    /// In order.
    positions: Vec<LensPosition>,
    timings: Timings,
}

/// The body of `POST /api/inside/attention`.
#[derive(JsonSchema)]
#[schemars(transform = one_source)]
pub(crate) struct AttentionRequest {
    #[schemars(flatten)]
    source: TextOrIds,
}

impl RequestBody for AttentionRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        Ok(AttentionRequest { source: TextOrIds::read(members)? })
    }
}

/// The attention weights of the last token of a text.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Attention {
    #[serde(flatten)]
    weights: AttentionWeights,
    timings: Timings,
}

/// The body of `POST /api/inside/occlusion`.
#[derive(JsonSchema)]
#[schemars(transform = one_source)]
pub(crate) struct OcclusionRequest {
    #[schemars(flatten)]
    source: TextOrIds,
    /// The token whose probability is followed; the most probable one if it is left out.
    #[schemars(with = "Option<ModelTokenId>")]
    target: Option<TokenId>,
    /// What is removed at a time.
    #[schemars(extend("default" = "token"))]
    unit: Option<OcclusionUnit>,
    /// The number of leading tokens that stay.
    #[schemars(with = "Option<u32>", range(max = u32::MAX), extend("default" = 0))]
    from: u32,
}

impl RequestBody for OcclusionRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let unit = match members.take("unit") {
            None => None,
            Some(unit) if unit == "token" => Some(OcclusionUnit::Token),
            Some(unit) if unit == "word" => Some(OcclusionUnit::Word),
            Some(unit) if unit == "sentence" => Some(OcclusionUnit::Sentence),
            Some(unit) => {
                let units = "\"token\", \"word\" or \"sentence\"";
                return Err(members.wrong("unit", &unit, units));
            }
        };
        Ok(OcclusionRequest {
            source: TextOrIds::read(members)?,
            target: members.integer("target", 0..=u32::MAX)?,
            unit,
            from: members.integer("from", 0..=u32::MAX)?.unwrap_or(0),
        })
    }
}

/// A prediction without each part of its text.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Occlusion {
    #[serde(flatten)]
    whole: OcclusionStart,
    /// Without each part, in order.
    parts: Vec<Occluded>,
    timings: Timings,
}

/// The body of `POST /api/inside/attribution`.
#[derive(JsonSchema)]
#[schemars(transform = one_source)]
pub(crate) struct AttributionRequest {
    #[schemars(flatten)]
    source: TextOrIds,
    /// The tokens whose logits are attributed; the most probable one if none is given.
    #[schemars(with = "Option<Vec<ModelTokenId>>", length(max = limits::MAX_ATTRIBUTED))]
    tokens: Vec<TokenId>,
}

impl RequestBody for AttributionRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        Ok(AttributionRequest {
            source: TextOrIds::read(members)?,
            tokens: members.ids("tokens")?.unwrap_or_default(),
        })
    }
}

/// Logits of tokens as sums of what the parts of the model add.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Attributed {
    #[serde(flatten)]
    sums: Attribution,
    timings: Timings,
}

/// `POST /api/inside/lens`
pub(crate) async fn lens(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<LensRequest>,
) -> JsonResult<Lens> {
    let LensRequest { source, positions, candidates, follow } = request;
    let question = Inspection::Lens { positions, candidates, follow };
    let (findings, timings) = inspect(&state, source, question).await?;
    let position = |finding| match finding {
        Finding::Lens(position) => Some(position),
        _ => None,
    };
    let positions = findings.into_iter().filter_map(position).collect();
    Ok(Json(Lens { positions, timings }))
}

/// `POST /api/inside/attention`
pub(crate) async fn attention(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<AttentionRequest>,
) -> JsonResult<Attention> {
    let question = Inspection::Attention { layer: None };
    let (mut findings, timings) = inspect(&state, request.source, question).await?;
    match findings.pop() {
        Some(Finding::Attention(weights)) => Ok(Json(Attention { weights, timings })),
        _ => Err(ApiError::unexpected()),
    }
}

/// `POST /api/inside/occlusion`
pub(crate) async fn occlusion(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<OcclusionRequest>,
) -> JsonResult<Occlusion> {
    let OcclusionRequest { source, target, unit, from } = request;
    let unit = unit.unwrap_or_default();
    let question = Inspection::Occlusion { target, unit, from };
    let (findings, timings) = inspect(&state, source, question).await?;
    let mut findings = findings.into_iter();
    let Some(Finding::Occlusion(whole)) = findings.next() else {
        return Err(ApiError::unexpected());
    };
    let part = |finding| match finding {
        Finding::Occluded(part) => Some(part),
        _ => None,
    };
    // The engine removes the last part first.
    let parts = findings.rev().filter_map(part).collect();
    Ok(Json(Occlusion { whole, parts, timings }))
}

/// `POST /api/inside/attribution`
pub(crate) async fn attribution(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<AttributionRequest>,
) -> JsonResult<Attributed> {
    let AttributionRequest { source, tokens } = request;
    let question = Inspection::Attribution { tokens };
    let (mut findings, timings) = inspect(&state, source, question).await?;
    match findings.pop() {
        Some(Finding::Attribution(sums)) => Ok(Json(Attributed { sums, timings })),
        _ => Err(ApiError::unexpected()),
    }
}

/// Everything that the engine finds, in its order.
async fn inspect(
    state: &AppState,
    source: TextOrIds,
    question: Inspection,
) -> Result<(Vec<Finding>, Timings), ApiError> {
    let mut query = EngineQuery::new(state);
    let ids = source.ids(&mut query).await?;
    query.start(Command::Inspect { ids, question }).await?;
    let mut findings = Vec::new();
    loop {
        match query.event().await? {
            Event::Finding(finding) => findings.push(finding),
            Event::Inspected { timings } => return Ok((findings, timings)),
            event if event.is_terminal() => return Err(ApiError::unexpected()),
            _ => (),
        }
    }
}
