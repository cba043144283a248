//! Answers of a trace, as the worker for what is shared gives them, whose questions are read by hand
//! and whose events are read as an engine's.

use protocol::{Divergence, Event, GrowMode, GrowSettings, OcclusionUnit};
use sharing::{Answered, Apart, Asked};

use super::json_parts::{number, numbers, text};
use crate::json_value::Value;

/// The answers that the head of the worker's answer names, with their events.
pub(super) fn read(
    head: &Value,
    events: &mut impl Iterator<Item = Event>,
) -> Option<Vec<Answered>> {
    let items = head.get("answers")?.items()?;
    let answered = |item: &Value| {
        let to = read_asked(&item.get("to")?)?;
        let events = events.by_ref().take(number(item, "events")? as usize).collect();
        Some(Answered { to, events })
    };
    items.iter().map(answered).collect()
}

fn read_asked(value: &Value) -> Option<Asked> {
    let is = |name: &str| value.get(name).is_some_and(|flag| flag.is_true());
    let float = |name: &str| Some(value.get(name)?.float()? as f32);
    let index = |name: &str| number(value, name).unwrap_or_default();
    Some(match text(value, "of").as_str() {
        "reply" => Asked::Reply {
            question: text(value, "question"),
            begun: text(value, "begun"),
            text: text(value, "text"),
            writer: text(value, "writer"),
        },
        "words" => {
            let watched = value.get("watched")?.items()?;
            Asked::Words {
                watched: watched.iter().map(Value::text).collect::<Option<_>>()?,
                typed: text(value, "typed"),
            }
        }
        "score" => {
            Asked::Score { typed: text(value, "typed"), heat: text(value, "heat") }
        }
        "compare" => Asked::Compare {
            typed: text(value, "typed"),
            temperature: float("temperature"),
            top_p: float("top_p"),
        },
        "inside" => Asked::Inside {
            view: text(value, "view"),
            several: is("several"),
            layer: index("layer"),
            head: index("head"),
            with_first: is("with_first"),
            matrix: is("matrix"),
            unit: match text(value, "unit").as_str() {
                "word" => OcclusionUnit::Word,
                "sentence" => OcclusionUnit::Sentence,
                _ => OcclusionUnit::Token,
            },
            rivals: value.get("rivals")?.typed()?,
        },
        "draws" => Asked::Draws { draws: index("draws"), round: index("round") },
        "grow" => Asked::Grow { growth: read_growth(&value.get("growth")?)? },
        "engines" => Asked::Engines {
            with: text(value, "with"),
            model: text(value, "model"),
            temperature: float("temperature"),
            top_p: float("top_p"),
            apart: value.get("apart").and_then(|apart| read_apart(&apart)),
        },
        "guess" => Asked::Guess {
            // No bet has more chips than a byte counts.
            chips: numbers(value, "chips")?
                .into_iter()
                .map(|chips| chips as u8)
                .collect(),
            revealed: is("revealed"),
            rounds: index("rounds"),
            player: value.get("player")?.float()?,
            model: value.get("model")?.float()?,
        },
        _ => Asked::Verify,
    })
}

fn read_growth(value: &Value) -> Option<GrowSettings> {
    let share = |name: &str| Some(value.get(name)?.float()? as f32);
    Some(GrowSettings {
        mode: match text(value, "mode").as_str() {
            "beam" => GrowMode::Beam,
            _ => GrowMode::Tree,
        },
        depth: number(value, "depth")?,
        width: number(value, "width")?,
        mass: share("mass")?,
        min_probability: share("min_probability")?,
        nodes: number(value, "nodes")?,
    })
}

fn read_apart(value: &Value) -> Option<Apart> {
    let distance = |value: Value| {
        let number = |name: &str| value.get(name)?.float();
        Some(Divergence {
            first_from_second: number("first_from_second"),
            second_from_first: number("second_from_first"),
            jensen_shannon: number("jensen_shannon")?,
        })
    };
    let entropies = value.get("entropy_bits")?.items()?;
    let [first, second] = entropies.as_slice() else { return None };
    Some(Apart {
        p: value.get("p").and_then(distance),
        q: value.get("q").and_then(distance),
        entropy_bits: [first.float()?, second.float()?],
    })
}
