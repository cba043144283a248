//! What all engines are held against: f32 of the same file.

use std::path::Path;

use accuracy::{Next, Prompt, Reference, Score, ScoredText, Top, divergence};
use anyhow::{Context, Result, ensure};
use model_files::gguf::read_header;
use protocol::Precision;
use text::tokenizer::Tokenizer;

use super::decoder::Decoder;
use super::options::Options;
use super::row::{Accuracy, Divergence, Row};
use crate::native::OnDisk;
use crate::workload::Workload;

/// The prompt of a reference that is made here.
const PROMPT: &str = "The capital of France is";

/// The text of a reference that is made here, relative to the repository.
const TEXT: &str = "docs/decisions.md";

/// The most probable tokens that a reference lists.
const LISTED: usize = 20;

/// Scores in f32, and candle's logits.
pub(super) struct Yardstick {
    /// The scores, of candle unless a file has them.
    pub(super) reference: Reference,
    /// Candle's logits in f32 after each token of the text but the last: for each, one number for each token of the vocabulary.
    pub(super) logits: Vec<Vec<f32>>,
    /// The tokens of the text.
    pub(super) ids: Vec<u32>,
    /// The token that the first prompt's distribution is asked for, as text.
    pub(super) next_token: String,
    /// Whose scores they are.
    pub(super) source: String,
    tokenizer: Tokenizer,
}

impl Yardstick {
    /// Runs candle in f32, whose measurements also are the first row.
    ///
    /// # Errors
    /// If the model or the reference cannot be read, or do not fit together.
    pub(super) fn new(
        options: &Options,
        workload: &Workload,
    ) -> Result<(Yardstick, Row)> {
        let file = OnDisk::open(&workload.model).with_context(|| {
            "there is no model: name one with --model, or `cargo xtask real-model` \
             fetches the one of the tests"
        })?;
        let tokenizer = Tokenizer::from_gguf(&read_header(&file)?)?;
        let mut candle = Decoder::load(&workload.model, Precision::F32, None, 1)?;
        let (mut reference, source) = match &options.reference {
            Some(file) => {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                (Reference::read(file)?, name.into_owned())
            }
            None => {
                let ids = text_ids(options, &tokenizer)?;
                let made = candle_reference(&mut candle, &tokenizer, ids)?;
                (made, "candle in f32".into())
            }
        };
        let text = &mut reference.text;
        text.ids.truncate(options.length);
        text.score.truncate(text.ids.len().saturating_sub(1));
        ensure!(text.ids.len() > 1, "the text has too few tokens");
        let france = &reference.prompts[0];
        let ids = reference.text.ids.clone();
        let logits = candle.logits_before_last(&ids)?;
        let vocab_size = logits.first().map_or(0, Vec::len) as u32;
        let fits = |ids: &[u32]| ids.iter().all(|id| *id < vocab_size);
        ensure!(
            fits(&ids) && fits(&france.ids) && france.next.top[0].id < vocab_size,
            "the reference has tokens that the model does not have"
        );
        let next_token = tokenizer.token(france.next.top[0].id);
        let next_token = next_token.map(|token| token.text).unwrap_or_default();
        let yardstick =
            Yardstick { reference, logits, ids, next_token, source, tokenizer };
        let next = candle.next(&yardstick.reference.prompts[0])?;
        let accuracy = yardstick.accuracy_of(&yardstick.logits, next);
        let (prefill, decode) = candle.speeds(workload)?;
        let row = Row {
            engine: "candle, native".into(),
            format: candle.format,
            threads: workload.threads,
            accuracy,
            prefill,
            decode,
            weight_bytes: Some(candle.weight_bytes),
        };
        Ok((yardstick, row))
    }

    /// The text of some tokens; none if it ends within a character.
    pub(super) fn text_of(&self, ids: &[u32]) -> Option<String> {
        let bytes: Vec<&[u8]> = ids.iter().map(|id| self.tokenizer.bytes(*id)).collect();
        String::from_utf8(bytes.concat()).ok()
    }

    /// The accuracy of an engine that gave these logits after each token of the text but the
    /// last, and to the next token this probability.
    pub(super) fn accuracy_of(&self, logits: &[Vec<f32>], next: f64) -> Accuracy {
        let pairs = || logits.iter().zip(&self.logits);
        let sum: f64 = pairs().map(|(q, p)| divergence(p, q)).sum();
        let scores: Vec<Score> = logits
            .iter()
            .zip(&self.ids[1..])
            .map(|(row, id)| Score::of(row, *id))
            .collect();
        let divergence = Divergence::Whole(sum / logits.len() as f64);
        Accuracy::of(&scores, &self.reference.text.score, divergence, next)
    }
}

/// The tokens of the text that is scored without a reference.
fn text_ids(options: &Options, tokenizer: &Tokenizer) -> Result<Vec<u32>> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(TEXT);
    let file = options.text.as_ref().unwrap_or(&default);
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let mut ids = tokenizer.encode_prompt(&text)?;
    ids.truncate(options.length);
    Ok(ids)
}

/// What candle says in f32, in the form of a reference.
fn candle_reference(
    candle: &mut Decoder,
    tokenizer: &Tokenizer,
    ids: Vec<u32>,
) -> Result<Reference> {
    let scores = |logits: &[Vec<f32>], ids: &[u32]| -> Vec<Score> {
        logits.iter().zip(&ids[1..]).map(|(row, id)| Score::of(row, *id)).collect()
    };
    let prompt_ids = tokenizer.encode_prompt(PROMPT)?;
    let logits = candle.logits(&prompt_ids)?;
    let next = logits.last().context("the prompt has no tokens")?;
    let mut order: Vec<u32> = (0..next.len() as u32).collect();
    order.sort_by(|a, b| next[*b as usize].total_cmp(&next[*a as usize]));
    let top = order.iter().take(LISTED).map(|id| Top {
        id: *id,
        logit: f64::from(next[*id as usize]),
        probability: Score::of(next, *id).probability,
    });
    let entropy_bits = Score::of(next, 0).entropy_bits;
    let prompt = Prompt {
        text: PROMPT.into(),
        score: scores(&logits[..logits.len() - 1], &prompt_ids),
        next: Next { entropy_bits, top: top.collect() },
        ids: prompt_ids,
    };
    let score = scores(&candle.logits_before_last(&ids)?, &ids);
    let text = ScoredText { source: TEXT.into(), ids, score };
    Ok(Reference { prompts: vec![prompt], text })
}
