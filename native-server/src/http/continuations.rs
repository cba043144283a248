//! The JSON routes about what could follow a text: words that are looked up, trees of
//! continuations, comparisons, and whole distributions.

use axum::Json;
use axum::extract::State;
use protocol::{
    Command, ComparedText, Event, GrowMode, GrowSettings, GrownNode, Growth,
    LogProbabilities, SamplerSettings, TextComparison, Words, limits,
};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::input::{TextOrIds, candidates};
use super::json::JsonBody;
use super::members::{Members, RequestBody, SamplerNumber};
use super::query::EngineQuery;
use super::sampler::settings;
use super::schema::{MAX_TEXT_CHARACTERS, ServerValue, one_source, sampler};
use super::state::AppState;

type JsonResult<T> = Result<Json<T>, ApiError>;

/// The body of `POST /api/look-up`.
#[derive(JsonSchema)]
#[schemars(transform = sampler, transform = one_source, transform = room_for_words)]
pub(crate) struct LookUpRequest {
    #[schemars(flatten)]
    source: TextOrIds,
    /// Texts that could follow.
    #[schemars(length(min = 1, max = limits::MAX_LOOKED_UP))]
    #[schemars(inner(length(max = MAX_TEXT_CHARACTERS)))]
    words: Vec<String>,
    #[schemars(flatten)]
    settings: SamplerSettings,
}

/// Leaves room in the context for the tokens of the words.
fn room_for_words(schema: &mut Schema) {
    let variants = schema.get_mut("oneOf").and_then(Value::as_array_mut);
    for variant in variants.into_iter().flatten() {
        if let Some(most) = variant.pointer_mut("/properties/ids/maxItems") {
            *most = json!(ServerValue::ContextBeforeWords);
        }
    }
}

impl RequestBody for LookUpRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let list = members.list("words")?.ok_or_else(|| members.missing("words"))?;
        let word = |(index, value): (usize, Value)| match value {
            Value::String(word) => Ok(word),
            value => Err(members.wrong(&format!("words[{index}]"), &value, "a text")),
        };
        let words = list.into_iter().enumerate().map(word);
        let words = words.collect::<Result<_, _>>()?;
        let source = TextOrIds::read(members)?;
        Ok(LookUpRequest { source, words, settings: settings(members)? })
    }
}

/// The body of `POST /api/grow`.
#[derive(JsonSchema)]
#[schemars(transform = one_source)]
pub(crate) struct GrowRequest {
    #[schemars(flatten)]
    source: TextOrIds,
    /// "tree" continues the most probable path first; "beam" keeps so many paths as `width`
    /// says.
    #[schemars(with = "Option<String>", extend("enum" = ["tree", "beam", null]))]
    mode: GrowMode,
    /// Tokens of a path, at most.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_GROW_DEPTH))]
    #[schemars(extend("default" = GrowSettings::default().depth))]
    depth: u32,
    /// Children of a token, at most; in a beam search, the paths that are kept.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_GROW_WIDTH))]
    #[schemars(extend("default" = GrowSettings::default().width))]
    width: u32,
    /// A token gets the fewest children that have this much probability together.
    #[schemars(with = "Option<f32>", extend("exclusiveMinimum" = 0, "maximum" = 1))]
    mass: f32,
    /// Paths with a probability below this are left out.
    #[schemars(with = "Option<f32>", range(min = 0, max = 1))]
    min_probability: f32,
    /// Tokens of all paths together, at most.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_GROW_NODES))]
    #[schemars(extend("default" = GrowSettings::default().nodes))]
    nodes: u32,
}

impl RequestBody for GrowRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let usual = GrowSettings::default();
        let mode = match members.take("mode") {
            None => usual.mode,
            Some(mode) if mode == "tree" => GrowMode::Tree,
            Some(mode) if mode == "beam" => GrowMode::Beam,
            Some(mode) => {
                return Err(members.wrong("mode", &mode, "\"tree\" or \"beam\""));
            }
        };
        let mut count = |name, most, usual| {
            Ok::<u32, ApiError>(members.integer(name, 1..=most)?.unwrap_or(usual))
        };
        let depth = count("depth", limits::MAX_GROW_DEPTH, usual.depth)?;
        let width = count("width", limits::MAX_GROW_WIDTH, usual.width)?;
        let nodes = count("nodes", limits::MAX_GROW_NODES, usual.nodes)?;
        let mut number = |name, usual| -> Result<f32, ApiError> {
            Ok(members.number(name)?.map_or(usual, |SamplerNumber(value)| value))
        };
        let mass = number("mass", usual.mass)?;
        let min_probability = number("min_probability", usual.min_probability)?;
        let source = TextOrIds::read(members)?;
        Ok(GrowRequest { source, mode, depth, width, mass, min_probability, nodes })
    }
}

/// A tree of continuations.
#[derive(Serialize, JsonSchema)]
pub(crate) struct GrownTree {
    /// All nodes, parents before their children.
    tree: Vec<GrownNode>,
    #[serde(flatten)]
    growth: Growth,
}

/// The body of `POST /api/compare`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct CompareRequest {
    /// One side.
    first: SideRequest,
    /// The other side.
    second: SideRequest,
    /// How many of the most probable tokens of each to list.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_CANDIDATES))]
    #[schemars(extend("default" = limits::DEFAULT_CANDIDATES))]
    candidates: u32,
}

/// A side of a comparison.
#[derive(JsonSchema)]
#[schemars(transform = sampler, transform = one_source)]
struct SideRequest {
    #[schemars(flatten)]
    source: TextOrIds,
    #[schemars(flatten)]
    settings: SamplerSettings,
}

impl RequestBody for CompareRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let first = side(members, "first")?;
        let second = side(members, "second")?;
        Ok(CompareRequest { first, second, candidates: candidates(members)? })
    }
}

fn side(members: &mut Members, name: &'static str) -> Result<SideRequest, ApiError> {
    let side = members.take(name).ok_or_else(|| members.missing(name))?;
    let mut side = Members::at(name.to_owned(), side)?;
    let source = TextOrIds::read(&mut side)?;
    let settings = settings(&mut side)?;
    side.finish()?;
    Ok(SideRequest { source, settings })
}

/// The body of `POST /api/log-probabilities`.
#[derive(JsonSchema)]
#[schemars(transform = one_source)]
pub(crate) struct LogProbabilitiesRequest {
    #[schemars(flatten)]
    source: TextOrIds,
}

impl RequestBody for LogProbabilitiesRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        Ok(LogProbabilitiesRequest { source: TextOrIds::read(members)? })
    }
}

/// `POST /api/look-up`
pub(crate) async fn look_up(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<LookUpRequest>,
) -> JsonResult<Words> {
    let LookUpRequest { source, words, settings } = request;
    let mut query = EngineQuery::new(&state);
    let ids = source.ids(&mut query).await?;
    match query.ask(Command::LookUp { ids, texts: words, settings }).await? {
        Event::LookedUp(words) => Ok(Json(words)),
        _ => Err(ApiError::unexpected()),
    }
}

/// `POST /api/grow`
pub(crate) async fn grow(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<GrowRequest>,
) -> JsonResult<GrownTree> {
    let GrowRequest { source, mode, depth, width, mass, min_probability, nodes } =
        request;
    let growth = GrowSettings { mode, depth, width, mass, min_probability, nodes };
    let mut query = EngineQuery::new(&state);
    let ids = source.ids(&mut query).await?;
    query.start(Command::Grow { ids, growth }).await?;
    let mut tree = Vec::new();
    loop {
        match query.event().await? {
            Event::Nodes { nodes } => tree.extend(nodes),
            Event::Grown(growth) => return Ok(Json(GrownTree { tree, growth })),
            event if event.is_terminal() => return Err(ApiError::unexpected()),
            _ => (),
        }
    }
}

/// `POST /api/compare`
pub(crate) async fn compare(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<CompareRequest>,
) -> JsonResult<TextComparison> {
    let CompareRequest { first, second, candidates } = request;
    let mut query = EngineQuery::new(&state);
    let mut sides = Vec::new();
    for SideRequest { source, settings } in [first, second] {
        let ids = source.ids(&mut query).await?;
        sides.push(Box::new(ComparedText { ids, settings }));
    }
    let (Some(second), Some(first)) = (sides.pop(), sides.pop()) else {
        return Err(ApiError::unexpected());
    };
    match query.ask(Command::Compare { first, second, candidates }).await? {
        Event::Compared(comparison) => Ok(Json(*comparison)),
        _ => Err(ApiError::unexpected()),
    }
}

/// `POST /api/log-probabilities`
pub(crate) async fn log_probabilities(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<LogProbabilitiesRequest>,
) -> JsonResult<LogProbabilities> {
    let mut query = EngineQuery::new(&state);
    let ids = request.source.ids(&mut query).await?;
    match query.ask(Command::LogProbabilities { ids }).await? {
        Event::LogProbabilities(packed) => Ok(Json(packed)),
        _ => Err(ApiError::unexpected()),
    }
}
