//! Log probabilities as OpenAI's clients read them: natural logarithms of the model's
//! probabilities over the whole vocabulary, at temperature 1, whatever the sampler does.

use protocol::{Candidate, Distribution, Token};
use schemars::JsonSchema;
use serde::Serialize;

/// The log probability that stands for a probability of 0, as in OpenAI's API.
const MIN_LOGPROB: f64 = -9999.0;

/// A token of a chat completion, with the most probable tokens in its place.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TokenLogprob {
    #[serde(flatten)]
    pub(super) chosen: Logprob,
    pub(super) top_logprobs: Vec<Logprob>,
    /// Characters of the text before it.
    #[serde(skip)]
    pub(super) offset: usize,
}

/// A token and how probable it is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Logprob {
    pub(super) token: String,
    /// None for the first token of a text.
    pub(super) logprob: Option<f64>,
    pub(super) bytes: Vec<u8>,
}

impl TokenLogprob {
    /// A token with the `top` most probable tokens in its place, `offset` characters into the
    /// text.
    pub(super) fn new(
        distribution: &Distribution,
        chosen: &Candidate,
        top: usize,
        offset: usize,
    ) -> TokenLogprob {
        let best = distribution.candidates.first();
        let logprob = |candidate: &Candidate| {
            let logprob = best.map_or(MIN_LOGPROB, |best| natural(candidate, best));
            Logprob::new(&candidate.token, Some(logprob))
        };
        TokenLogprob {
            chosen: logprob(chosen),
            top_logprobs: distribution.candidates.iter().take(top).map(logprob).collect(),
            offset,
        }
    }
}

impl Logprob {
    /// A token with the natural logarithm of its probability.
    pub(super) fn new(token: &Token, logprob: Option<f64>) -> Logprob {
        let logprob = logprob.map(|logprob| logprob.max(MIN_LOGPROB));
        Logprob { token: name(token), logprob, bytes: token.bytes.clone() }
    }
}

/// The natural logarithm of a probability, from the difference of logits: this is exact also
/// where the probability is too small for 32 bits.
fn natural(candidate: &Candidate, best: &Candidate) -> f64 {
    let behind = f64::from(candidate.logit) - f64::from(best.logit);
    behind + f64::from(best.probability).ln()
}

/// A token as text; part of a character is written as bytes, as in OpenAI's API.
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
