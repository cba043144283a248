//! wllama, llama.cpp as WebAssembly, in headless Chromium.

use std::collections::BTreeMap;

use accuracy::{Score, divergence_of_listed};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;

use super::row::{Accuracy, Divergence, Row};
use super::yardstick::Yardstick;
use crate::browser::serve;
use crate::peers::{in_page, pages, wllama};
use crate::workload::{Gpu, Workload};

/// Of so many tokens, one is scored.
const EVERY: usize = 2;

/// The most probable tokens that are asked for.
const LISTED: usize = 50;

/// What the page gives: an answer to each question; none where the text has other tokens for
/// wllama, or the token is not among the most probable ones.
#[derive(Deserialize)]
struct Answers {
    answers: Vec<Option<Answer>>,
    threads: u32,
}

/// Of one distribution.
#[derive(Deserialize)]
struct Answer {
    /// Of the token that was asked for.
    rank: u32,
    probability: f64,
    /// The most probable tokens and their probabilities.
    top: Vec<(u32, f64)>,
}

/// The accuracy, of those tokens that are among its most probable ones, and the speeds of
/// wllama. Its entropies are not known.
///
/// # Errors
/// If it cannot be installed or fails.
pub(super) async fn measure(workload: &Workload, yardstick: &Yardstick) -> Result<Row> {
    let pages = pages()?;
    let folders = [("peers", pages.as_path())];
    let (site, model) = serve(&workload.model, workload.threads, &folders).await?;
    let prompt = &yardstick.reference.prompts[0];
    let question = |ids: &[u32], id: u32| {
        let text = yardstick.text_of(ids)?;
        Some(json!({ "text": text, "tokens": ids.len(), "id": id }))
    };
    let target = prompt.next.top[0].id;
    let mut questions = vec![question(&prompt.ids, target).context("it is a text")?];
    let mut positions = Vec::new();
    for position in (1..yardstick.ids.len()).step_by(EVERY) {
        let (before, rest) = yardstick.ids.split_at(position);
        // A token may end within a character.
        if let Some(question) = question(before, rest[0]) {
            questions.push(question);
            positions.push(position);
        }
    }
    let options = json!({
        "model": site.url(&model),
        "threads": workload.threads,
        "context": yardstick.ids.len() + 16,
        "questions": questions,
        "listed": LISTED,
    });
    let answer = in_page("wllama_accuracy", &site, options, Gpu::None).await?;
    let Answers { mut answers, threads } = serde_json::from_value(answer)?;
    ensure!(answers.len() == positions.len() + 1, "{} answers", answers.len());
    let next = answers.remove(0).map_or(f64::NAN, |answer| answer.probability);
    let known = positions.iter().zip(answers);
    let (mut actual, mut expected, mut sum) = (Vec::new(), Vec::new(), 0.0);
    for (position, answer) in known.filter_map(|(at, answer)| Some((at - 1, answer?))) {
        let listed: BTreeMap<u32, f64> = answer.top.iter().copied().collect();
        sum += divergence_of_listed(&yardstick.logits[position], &listed);
        let Answer { rank, probability, .. } = answer;
        actual.push(Score { probability, rank, entropy_bits: f64::NAN });
        expected.push(yardstick.reference.text.score[position]);
    }
    let divergence = Divergence::Listed(sum / actual.len() as f64);
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
