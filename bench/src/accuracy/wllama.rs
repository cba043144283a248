//! wllama, llama.cpp as WebAssembly, in headless Chromium.

use std::collections::BTreeMap;

use accuracy::{Score, divergence_of_listed};
use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::json;

use super::row::{Accuracy, Divergence, Row};
use super::yardstick::Yardstick;
use crate::browser::serve;
use crate::peers::{in_page, pages, wllama};
use crate::workload::Workload;

/// Of so many tokens, one is scored: it takes wllama seconds to give a whole distribution.
const EVERY: usize = 8;

/// What the page gives.
#[derive(Deserialize)]
struct Answer {
    scores: Vec<Scored>,
    next: f64,
    threads: u32,
}

/// A token of the text.
#[derive(Deserialize)]
struct Scored {
    position: usize,
    score: Score,
    /// The most probable tokens and their probabilities.
    top: Vec<(u32, f64)>,
}

/// The accuracy and the speeds of wllama.
///
/// # Errors
/// If it cannot be installed or fails.
pub(super) async fn measure(workload: &Workload, yardstick: &Yardstick) -> Result<Row> {
    let pages = pages()?;
    let folders = [("peers", pages.as_path())];
    let (site, model) = serve(&workload.model, workload.threads, &folders).await?;
    let prompt = &yardstick.reference.prompts[0];
    let options = json!({
        "model": site.url(&model),
        "threads": workload.threads,
        "ids": yardstick.ids,
        "every": EVERY,
        "prompt": prompt.ids,
        "target": prompt.next.top[0].id,
    });
    let answer = in_page("wllama_accuracy", &site, options).await?;
    let Answer { scores, next, threads } = serde_json::from_value(answer)?;
    let known = 1..yardstick.ids.len();
    ensure!(scores.iter().all(|one| known.contains(&one.position)), "no such positions");
    let expected: Vec<Score> = scores
        .iter()
        .map(|one| yardstick.reference.text.score[one.position - 1])
        .collect();
    let actual: Vec<Score> = scores.iter().map(|one| one.score).collect();
    let divergences = scores.iter().map(|one| {
        let listed: BTreeMap<u32, f64> = one.top.iter().copied().collect();
        divergence_of_listed(&yardstick.logits[one.position - 1], &listed)
    });
    let divergence = Divergence::Listed(divergences.sum::<f64>() / scores.len() as f64);
    let (engine, prefill, decode) = match workload.rounds {
        0 => ("wllama".into(), vec![], vec![]),
        _ => {
            let measured = wllama(workload).await?;
            (measured.engine, measured.prefill, measured.decode)
        }
    };
    Ok(Row {
        engine,
        format: "as in the file".into(),
        threads,
        accuracy: Accuracy::of(&actual, &expected, divergence, next),
        prefill,
        decode,
        weight_bytes: None,
    })
}
