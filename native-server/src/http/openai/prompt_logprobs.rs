//! What the model made of a prompt, in the form of vLLM's `prompt_logprobs`.

use protocol::{Candidate, TokenId};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

use super::echo::place;
use super::logprobs;
use crate::http::error::ApiError;
use crate::http::query::EngineQuery;

/// For each token of a prompt, the token itself and the most probable ones in its place, by
/// their ids; null for the first token, which follows nothing.
pub(crate) type PromptLogprobs = Vec<Option<BTreeMap<TokenId, RankedLogprob>>>;

/// How probable a token was.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RankedLogprob {
    /// The natural logarithm of its probability, at temperature 1.
    logprob: f64,
    /// 1 for the most probable token.
    rank: u32,
    decoded_token: String,
}

/// Reads a prompt; `top` is how many of the most probable tokens are told of at each place.
///
/// # Errors
/// If the model cannot read the prompt, or if that takes too long.
pub(super) async fn read(
    query: &mut EngineQuery,
    ids: &[TokenId],
    top: usize,
) -> Result<PromptLogprobs, ApiError> {
    let mut places = Vec::with_capacity(ids.len());
    places.extend((!ids.is_empty()).then_some(None));
    for index in 1..ids.len() {
        let distribution = place(query, ids, index, top, &[]).await?;
        let told = distribution.candidates.iter().take(top).chain(&distribution.watched);
        let entry = |candidate: &Candidate| {
            let logprob = RankedLogprob {
                logprob: logprobs::logprob(candidate, &distribution),
                rank: candidate.rank,
                decoded_token: logprobs::name(&candidate.token),
            };
            (candidate.token.id, logprob)
        };
        places.push(Some(told.map(entry).collect()));
    }
    Ok(places)
}
