//! The table.

use accuracy::{Differences, Score};
use anyhow::Result;
use serde::Serialize;

use super::yardstick::Yardstick;
use crate::report::spread;
use crate::workload::Workload;

/// What was measured of one engine or build.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// Which engine, and which build of it.
    pub(super) engine: String,
    /// How the weights are stored.
    pub(super) format: String,
    pub(super) threads: u32,
    #[serde(flatten)]
    pub(super) accuracy: Accuracy,
    /// Tokens per second, one for each round.
    pub(super) prefill: Vec<f64>,
    /// Tokens per second, one for each round.
    pub(super) decode: Vec<f64>,
    /// Bytes of the weights in memory.
    pub(super) weight_bytes: Option<u64>,
}

/// How far an engine is from f32.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Accuracy {
    #[serde(flatten)]
    differences: Differences,
    /// The mean divergence of its distributions from candle's in f32, in nats.
    divergence: Option<f64>,
    /// Whether that is of whole distributions; otherwise of their most probable tokens, and all
    /// others as one.
    divergence_is_whole: bool,
    /// What it gives to the reference's most probable token after the first prompt.
    next: f64,
}

impl Accuracy {
    /// From the scores of a text and the reference's, and the probability of the next token.
    pub(super) fn of(actual: &[Score], expected: &[Score], next: f64) -> Accuracy {
        let differences = Differences::between(actual, expected);
        Accuracy { differences, divergence: None, divergence_is_whole: false, next }
    }

    /// With a mean divergence, in nats.
    pub(super) fn with_divergence(self, nats: f64, is_whole: bool) -> Accuracy {
        Accuracy { divergence: Some(nats), divergence_is_whole: is_whole, ..self }
    }
}

/// Prints a table, or a line of JSON for each row.
///
/// # Errors
/// If it cannot be written as JSON, which does not happen.
pub(super) fn print(
    rows: &[Row],
    yardstick: &Yardstick,
    workload: &Workload,
    json: bool,
) -> Result<()> {
    if json {
        for row in rows {
            println!("{}", serde_json::to_string(row)?);
        }
        return Ok(());
    }
    let prompt = &yardstick.reference.prompts[0];
    let exact = prompt.next.top[0].probability;
    println!(
        "{}: {} tokens ({}) against {}; speeds with a prompt of {} tokens, then {}",
        workload.model.display(),
        yardstick.ids.len(),
        yardstick.reference.text.source,
        yardstick.source,
        workload.prompt,
        workload.tokens,
    );
    println!(
        "next: {:?} after {:?}, in f32 {:.2} %; KL with * of 50 tokens and the others as one",
        yardstick.next_token,
        prompt.text,
        100.0 * exact
    );
    println!(
        "{:46}{:>10}{:>8}{:>8}{:>10}{:>10}{:>11}{:>10}{:>10}{:>9}{:>24}{:>24}",
        "engine",
        "format",
        "threads",
        "tokens",
        "mean |Δp|",
        "95 %",
        "KL, nats",
        "Δ H, bit",
        "same rank",
        "next, %",
        "prefill, tokens/s",
        "decode, tokens/s"
    );
    for row in rows {
        let found = &row.accuracy.differences;
        let mark = if row.accuracy.divergence_is_whole { "" } else { "*" };
        let divergence = row.accuracy.divergence;
        let divergence = divergence.map_or("".into(), |nats| format!("{nats:.6}{mark}"));
        let speed = |speeds: &[f64]| match speeds {
            [] => String::new(),
            speeds => spread(speeds).to_string(),
        };
        println!(
            "{:46}{:>10}{:>8}{:>8}{:>10.6}{:>10.6}{:>11}{:>10.5}{:>10.3}{:>9.2}{:>24}{:>24}",
            row.engine,
            row.format,
            row.threads,
            found.tokens,
            found.mean_probability,
            found.most_probability,
            divergence,
            found.mean_entropy_bits,
            found.same_rank,
            100.0 * row.accuracy.next,
            speed(&row.prefill),
            speed(&row.decode),
        );
    }
    Ok(())
}
