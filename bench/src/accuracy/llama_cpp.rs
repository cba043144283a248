//! llama.cpp by its Python package.

use std::process::Command;

use accuracy::Score;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;

use super::row::Row;
use super::yardstick::Yardstick;
use crate::peers::{output, python, run_python, sources};
use crate::workload::Workload;

/// What the program prints.
#[derive(Deserialize)]
struct Answer {
    engine: String,
    vocab_size: usize,
}

/// The accuracy and the speeds of llama.cpp.
///
/// # Errors
/// If it cannot be installed or fails.
pub(super) fn measure(workload: &Workload, yardstick: &Yardstick) -> Result<Row> {
    let folder = tempfile::tempdir()?;
    let (texts, logits) =
        (folder.path().join("texts.json"), folder.path().join("logits"));
    let prompt = &yardstick.reference.prompts[0];
    let before_last = &yardstick.ids[..yardstick.ids.len() - 1];
    std::fs::write(&texts, json!([before_last, prompt.ids]).to_string())?;
    let mut command = Command::new(python()?);
    command.arg(sources().join("logits_llama_cpp.py"));
    command.arg("--model").arg(&workload.model).arg("--texts").arg(&texts);
    command.arg("--out").arg(&logits).args(["--threads", &workload.threads.to_string()]);
    let said = output(&mut command)?;
    let answer: Answer = serde_json::from_str(said.lines().last().unwrap_or_default())
        .with_context(|| format!("not an answer: {said}"))?;
    let bytes = std::fs::read(&logits)?;
    let numbers = bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four));
    let numbers: Vec<f32> = numbers.collect();
    let mut rows: Vec<Vec<f32>> =
        numbers.chunks(answer.vocab_size.max(1)).map(<[f32]>::to_vec).collect();
    let count = before_last.len() + prompt.ids.len();
    ensure!(rows.len() == count, "{} rows of logits instead of {count}", rows.len());
    let next = rows
        .last()
        .map_or(f64::NAN, |row| Score::of(row, prompt.next.top[0].id).probability);
    rows.truncate(before_last.len());
    let (prefill, decode) = match workload.rounds {
        0 => Default::default(),
        _ => {
            let measured = run_python("run_llama_cpp.py", workload)?;
            (measured.prefill, measured.decode)
        }
    };
    Ok(Row {
        engine: answer.engine,
        format: "as in the file".into(),
        threads: workload.threads,
        accuracy: yardstick.accuracy_of(&rows, next),
        prefill,
        decode,
        weight_bytes: None,
    })
}
