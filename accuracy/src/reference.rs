//! What another program says of a model in f32, as a file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::score::Score;

/// The numbers of a model in f32: of the next token after some prompts, and of the tokens of a
/// text. As a file it is JSON.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Reference {
    /// Prompts with what follows them.
    pub prompts: Vec<Prompt>,
    /// A text with the scores of its tokens.
    pub text: ScoredText,
}

/// A prompt.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Prompt {
    /// As a person types it.
    pub text: String,
    /// Its tokens, N of them.
    pub ids: Vec<u32>,
    /// The token that follows.
    pub next: Next,
    /// The scores of the tokens from the second on, N − 1 of them.
    pub score: Vec<Score>,
}

/// A next-token distribution.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Next {
    /// Its entropy in bits.
    pub entropy_bits: f64,
    /// Its most probable tokens, by falling probability.
    pub top: Vec<Top>,
}

/// A token of a distribution. In JSON, an array of the three.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(from = "(u32, f64, f64)", into = "(u32, f64, f64)")]
pub struct Top {
    /// The token.
    pub id: u32,
    /// The model's raw output.
    pub logit: f64,
    /// Its probability.
    pub probability: f64,
}

/// A text of N tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ScoredText {
    /// Where it is from.
    pub source: String,
    /// Its tokens, N of them.
    pub ids: Vec<u32>,
    /// The scores of the tokens from the second on, N − 1 of them.
    pub score: Vec<Score>,
}

/// A reference that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// The file cannot be read.
    #[error("The reference cannot be read: {0}.")]
    File(#[from] std::io::Error),
    /// It is not JSON of this form.
    #[error("The reference is not in the form that is expected: {0}.")]
    Form(#[from] serde_json::Error),
    /// It has no text to compare, or not one score for each token from the second on.
    #[error("The reference has {scores} scores for {tokens} tokens.")]
    Scores {
        /// Scores that it has.
        scores: usize,
        /// Tokens that it has.
        tokens: usize,
    },
    /// It has no prompt, or no most probable token for one.
    #[error("The reference has no prompt with the tokens that follow it.")]
    Prompts,
}

impl Reference {
    /// Reads a reference from a file.
    ///
    /// # Errors
    /// If it cannot be read, or does not have the form of a reference.
    pub fn read(file: &Path) -> Result<Reference, ReferenceError> {
        Reference::from_json(&std::fs::read(file)?)
    }

    /// Reads a reference.
    ///
    /// # Errors
    /// If it does not have the form of a reference.
    pub fn from_json(json: &[u8]) -> Result<Reference, ReferenceError> {
        let reference: Reference = serde_json::from_slice(json)?;
        let prompts = reference.prompts.iter().map(|prompt| (&prompt.ids, &prompt.score));
        for (ids, score) in prompts.chain([(&reference.text.ids, &reference.text.score)])
        {
            let (scores, tokens) = (score.len(), ids.len());
            if scores + 1 != tokens {
                return Err(ReferenceError::Scores { scores, tokens });
            }
        }
        let is_empty = |prompt: &Prompt| prompt.next.top.is_empty();
        if reference.prompts.is_empty() || reference.prompts.iter().any(is_empty) {
            return Err(ReferenceError::Prompts);
        }
        Ok(reference)
    }
}

impl From<(u32, f64, f64)> for Top {
    fn from((id, logit, probability): (u32, f64, f64)) -> Top {
        Top { id, logit, probability }
    }
}

impl From<Top> for (u32, f64, f64) {
    fn from(top: Top) -> (u32, f64, f64) {
        (top.id, top.logit, top.probability)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{
        "meta": "more than is needed",
        "prompts": [{
            "text": "a b", "ids": [1, 2],
            "next": { "entropy_bits": 0.5, "top": [[3, 1.5, 0.25]] },
            "score": [[0.25, 2, 0.5]]
        }],
        "text": { "source": "here", "ids": [4], "score": [] }
    }"#;

    #[test]
    fn references_are_read_and_written_in_one_form() {
        let reference = Reference::from_json(GOOD.as_bytes()).unwrap();
        let top = Top { id: 3, logit: 1.5, probability: 0.25 };
        assert_eq!(reference.prompts[0].next.top, [top]);
        let score = Score { probability: 0.25, rank: 2, entropy_bits: 0.5 };
        assert_eq!(reference.prompts[0].score, [score]);
        let written = serde_json::to_string(&reference).unwrap();
        let again = Reference::from_json(written.as_bytes()).unwrap();
        assert_eq!(again.prompts[0].score, [score]);
    }

    #[test]
    fn references_that_lack_something_are_refused() {
        for (from, to) in [
            ("\"ids\": [4]", "\"ids\": [4, 5]"),
            ("\"ids\": [4]", "\"ids\": []"),
            ("[[3, 1.5, 0.25]]", "[]"),
            ("[0.25, 2, 0.5]", "[0.25, 2]"),
        ] {
            assert!(GOOD.contains(from));
            let bad = GOOD.replace(from, to);
            assert!(Reference::from_json(bad.as_bytes()).is_err(), "{to}");
        }
    }
}
