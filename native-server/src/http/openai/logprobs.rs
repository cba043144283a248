//! Log probabilities as OpenAI's clients read them: natural logarithms of the model's
//! probabilities over the whole vocabulary, at temperature 1, whatever the sampler does.

use protocol::{Candidate, Distribution, Token, TokenId};
use schemars::JsonSchema;
use serde::Serialize;

/// The log probability that stands for a probability of 0, as in OpenAI's API.
const MIN_LOGPROB: f64 = -9999.0;

/// What is told of each token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LogprobOptions {
    /// How many of the most probable tokens in its place.
    pub(super) top: usize,
    /// These tokens in its place instead, whatever their ranks.
    pub(super) named: Vec<TokenId>,
    /// Whether tokens are told as `token_id:17`, which no two have in common.
    pub(super) as_ids: bool,
    /// Whether control tokens, which have no text, are told of, too.
    pub(super) controls: bool,
}

impl LogprobOptions {
    /// Whether other tokens are told of beside each.
    pub(super) fn lists_others(&self) -> bool {
        self.top > 0 || !self.named.is_empty()
    }
}

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
    /// A token with others in its place, `offset` characters into the text.
    pub(super) fn new(
        distribution: &Distribution,
        chosen: &Candidate,
        options: &LogprobOptions,
        offset: usize,
    ) -> TokenLogprob {
        let logprob = |candidate: &Candidate| {
            let logprob = logprob(candidate, distribution);
            Logprob::new(&candidate.token, Some(logprob), options.as_ids)
        };
        let others = match options.named.is_empty() {
            true => {
                distribution.candidates.iter().take(options.top).map(logprob).collect()
            }
            false => {
                let named =
                    |candidate: &&Candidate| options.named.contains(&candidate.token.id);
                distribution.watched.iter().filter(named).map(logprob).collect()
            }
        };
        TokenLogprob { chosen: logprob(chosen), top_logprobs: others, offset }
    }
}

impl Logprob {
    /// A token with the natural logarithm of its probability.
    pub(super) fn new(token: &Token, logprob: Option<f64>, as_id: bool) -> Logprob {
        let logprob = logprob.map(|logprob| logprob.max(MIN_LOGPROB));
        let name = if as_id { format!("token_id:{}", token.id) } else { name(token) };
        Logprob { token: name, logprob, bytes: token.bytes.clone() }
    }
}

/// The natural logarithm of a token's probability.
pub(super) fn logprob(candidate: &Candidate, distribution: &Distribution) -> f64 {
    let best = distribution.candidates.first();
    best.map_or(MIN_LOGPROB, |best| natural(candidate, best)).max(MIN_LOGPROB)
}

/// The natural logarithm of a probability, from the difference of logits: this is exact also
/// where the probability is too small for 32 bits.
fn natural(candidate: &Candidate, best: &Candidate) -> f64 {
    let behind = f64::from(candidate.logit) - f64::from(best.logit);
    behind + f64::from(best.probability).ln()
}

/// A token as text; part of a character is written as bytes, as in OpenAI's API.
pub(super) fn name(token: &Token) -> String {
    match std::str::from_utf8(&token.bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let bytes: String =
                token.bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
            format!("bytes:{bytes}")
        }
    }
}
