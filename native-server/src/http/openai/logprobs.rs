//! Log probabilities as OpenAI's clients read them: natural logarithms of the model's
//! probabilities over the whole vocabulary, at temperature 1, whatever the sampler does.

use protocol::{Candidate, Distribution, Token};
use serde::Serialize;

/// What stands for a probability of 0, as at OpenAI.
const LEAST: f64 = -9999.0;

/// A token of a chat completion, with the most probable ones in its place.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TokenLogprob {
    #[serde(flatten)]
    pub(super) chosen: Logprob,
    pub(super) top_logprobs: Vec<Logprob>,
    /// Characters of the text before it.
    #[serde(skip)]
    pub(super) offset: usize,
}

/// A token and how probable it is.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Logprob {
    pub(super) token: String,
    pub(super) logprob: f64,
    pub(super) bytes: Vec<u8>,
}

impl TokenLogprob {
    /// The token that was drawn, with so many of the most probable, after so many
    /// characters.
    pub(super) fn new(
        distribution: &Distribution,
        top: usize,
        offset: usize,
    ) -> TokenLogprob {
        let best = distribution.candidates.first();
        let logprob = |candidate: &Candidate| Logprob {
            token: name(&candidate.token),
            logprob: best.map_or(LEAST, |best| natural(candidate, best)),
            bytes: candidate.token.bytes.clone(),
        };
        TokenLogprob {
            chosen: logprob(&distribution.sampled),
            top_logprobs: distribution.candidates.iter().take(top).map(logprob).collect(),
            offset,
        }
    }
}

/// By the difference of the logits, which is exact where the probability is too small
/// for f32.
fn natural(candidate: &Candidate, best: &Candidate) -> f64 {
    let behind = f64::from(candidate.logit) - f64::from(best.logit);
    (behind + f64::from(best.probability).ln()).max(LEAST)
}

/// A token as text; part of a character by its bytes, as at OpenAI.
fn name(token: &Token) -> String {
    match std::str::from_utf8(&token.bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let bytes: String =
                token.bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
            format!("bytes:{bytes}")
        }
    }
}
