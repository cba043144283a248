//! The JSON routes that try the sampler out on one distribution: many draws, and many values of
//! a knob.

use axum::Json;
use axum::extract::State;
use protocol::{Command, Draws, Event, SamplerSettings, Sweep, SweptKnob, limits};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::error::ApiError;
use super::input::{TextOrIds, candidates};
use super::json::JsonBody;
use super::members::{Members, RequestBody, SamplerNumber};
use super::query::EngineQuery;
use super::sampler::settings;
use super::schema::{one_source, sampler};
use super::state::AppState;

type JsonResult<T> = Result<Json<T>, ApiError>;

/// The default number of draws.
const DEFAULT_DRAWS: u32 = 1000;

/// The body of `POST /api/draw`.
#[derive(JsonSchema)]
#[schemars(transform = sampler, transform = one_source)]
pub(crate) struct DrawRequest {
    #[schemars(flatten)]
    source: TextOrIds,
    /// How often to draw.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_DRAWS))]
    #[schemars(extend("default" = DEFAULT_DRAWS))]
    draws: u32,
    /// How many of the tokens with the highest q to list.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_CANDIDATES))]
    #[schemars(extend("default" = limits::DEFAULT_CANDIDATES))]
    candidates: u32,
    #[schemars(flatten)]
    settings: SamplerSettings,
}

impl RequestBody for DrawRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let draws = members.integer("draws", 1..=limits::MAX_DRAWS)?;
        Ok(DrawRequest {
            source: TextOrIds::read(members)?,
            draws: draws.unwrap_or(DEFAULT_DRAWS),
            candidates: candidates(members)?,
            settings: settings(members)?,
        })
    }
}

/// The body of `POST /api/sweep`.
#[derive(JsonSchema)]
#[schemars(transform = sampler, transform = one_source, transform = needs_values)]
pub(crate) struct SweepRequest {
    #[schemars(flatten)]
    source: TextOrIds,
    /// The knob that takes the values.
    knob: SweptKnob,
    /// The values of the knob, each in its range.
    values: Vec<f32>,
    /// How many of the most probable tokens to list.
    #[schemars(with = "Option<u32>", range(min = 1, max = limits::MAX_CANDIDATES))]
    #[schemars(extend("default" = limits::DEFAULT_CANDIDATES))]
    candidates: u32,
    #[schemars(flatten)]
    settings: SamplerSettings,
}

/// A variant of a body for the knobs of each range, with their values.
fn needs_values(schema: &mut Schema) {
    let Some(variants) = schema.get_mut("oneOf").and_then(Value::as_array_mut) else {
        return;
    };
    let ranges = [
        (json!(["temperature"]), "minimum", json!(limits::MAX_TEMPERATURE)),
        (json!(["top_p", "typical_p"]), "exclusiveMinimum", json!(1)),
        (json!(["min_p"]), "minimum", json!(1)),
    ];
    let of_range = |variant: &Value, (knobs, least, most): &(Value, &str, Value)| {
        let mut variant = variant.clone();
        variant["properties"]["knob"] = json!({
            "description": "The knob that takes the values.",
            "enum": knobs
        });
        variant["properties"]["values"] = json!({
            "description": "The values of the knob, each in its range.",
            "type": "array",
            "items": { "type": "number", *least: 0, "maximum": most },
            "minItems": 1,
            "maxItems": limits::MAX_SWEEP_VALUES
        });
        variant
    };
    let all = variants
        .iter()
        .flat_map(|variant| ranges.iter().map(move |range| of_range(variant, range)));
    *variants = all.collect();
}

impl RequestBody for SweepRequest {
    fn read(members: &mut Members) -> Result<Self, ApiError> {
        let knob = members.take("knob").ok_or_else(|| members.missing("knob"))?;
        let knob = match knob {
            knob if knob == "temperature" => SweptKnob::Temperature,
            knob if knob == "top_p" => SweptKnob::TopP,
            knob if knob == "min_p" => SweptKnob::MinP,
            knob if knob == "typical_p" => SweptKnob::TypicalP,
            knob => {
                let knobs = "\"temperature\", \"top_p\", \"min_p\" or \"typical_p\"";
                return Err(members.wrong("knob", &knob, knobs));
            }
        };
        let values = members.list("values")?.ok_or_else(|| members.missing("values"))?;
        let values = values.into_iter().enumerate().map(|(index, value)| {
            let wrong = || members.wrong(&format!("values[{index}]"), &value, "a number");
            let SamplerNumber(number) = value.as_f64().ok_or_else(wrong)?.into();
            Ok(number)
        });
        let values = values.collect::<Result<_, ApiError>>()?;
        Ok(SweepRequest {
            source: TextOrIds::read(members)?,
            knob,
            values,
            candidates: candidates(members)?,
            settings: settings(members)?,
        })
    }
}

/// `POST /api/draw`
pub(crate) async fn draw(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<DrawRequest>,
) -> JsonResult<Draws> {
    let DrawRequest { source, draws, candidates, settings } = request;
    let mut query = EngineQuery::new(&state);
    let ids = source.ids(&mut query).await?;
    match query.ask(Command::Draw { ids, settings, draws, candidates }).await? {
        Event::Drawn(drawn) => Ok(Json(*drawn)),
        _ => Err(ApiError::unexpected()),
    }
}

/// `POST /api/sweep`
pub(crate) async fn sweep(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<SweepRequest>,
) -> JsonResult<Sweep> {
    let SweepRequest { source, knob, values, candidates, settings } = request;
    let mut query = EngineQuery::new(&state);
    let ids = source.ids(&mut query).await?;
    let command = Command::Sweep { ids, settings, knob, values, candidates };
    match query.ask(command).await? {
        Event::Swept(swept) => Ok(Json(*swept)),
        _ => Err(ApiError::unexpected()),
    }
}
