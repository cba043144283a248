//! The table.

use anyhow::Result;

use super::row::Row;
use super::yardstick::Yardstick;
use crate::report::spread;
use crate::workload::Workload;

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
        workload.model.file_name().unwrap_or_default().display(),
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
        "{:46}{:>15}{:>8}{:>8}{:>10}{:>10}{:>11}{:>10}{:>10}{:>9}{:>24}{:>24}",
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
        let divergence = format!("{:.1e}{mark}", row.accuracy.divergence);
        let entropy = match found.mean_entropy_bits.is_nan() {
            true => "unknown".into(),
            false => format!("{:.5}", found.mean_entropy_bits),
        };
        let speed = |speeds: &[f64]| match speeds {
            [] => String::new(),
            speeds => spread(speeds).to_string(),
        };
        println!(
            "{:46}{:>15}{:>8}{:>8}{:>10.6}{:>10.6}{:>11}{:>10}{:>10.3}{:>9.2}{:>24}{:>24}",
            row.engine,
            row.format,
            row.threads,
            found.tokens,
            found.mean_probability,
            found.most_probability,
            divergence,
            entropy,
            found.same_rank,
            100.0 * row.accuracy.next,
            speed(&row.prefill),
            speed(&row.decode),
        );
    }
    Ok(())
}
