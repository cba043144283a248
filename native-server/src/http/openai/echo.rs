//! The prompt before its completion, with the log probabilities of its tokens.

use protocol::{Command, Distribution, Event, SamplerSettings, TokenId, TokenScore};

use super::logprobs::{Logprob, LogprobOptions, TokenLogprob};
use crate::http::error::ApiError;
use crate::http::query::EngineQuery;

/// A prompt as a response repeats it.
#[derive(Clone, Debug)]
pub(super) struct Echo {
    pub(super) text: String,
    /// One for each token. The first token has no probability, as it follows nothing.
    pub(super) logprobs: Vec<TokenLogprob>,
}

impl Echo {
    /// Scores a prompt. `text` is known if the prompt was given as a text. `options` say
    /// what is told of each token; none for no log probabilities.
    ///
    /// # Errors
    /// If the model cannot read the prompt, or if that takes too long.
    pub(super) async fn read(
        query: &mut EngineQuery,
        ids: &[TokenId],
        text: Option<String>,
        options: Option<&LogprobOptions>,
    ) -> Result<Echo, ApiError> {
        if let (Some(text), None) = (&text, options) {
            return Ok(Echo { text: text.clone(), logprobs: Vec::new() });
        }
        let score = Command::Score { ids: ids.to_vec() };
        let Event::Scored { tokens, .. } = query.ask(score).await? else {
            return Err(ApiError::unexpected());
        };
        let (mut bytes, mut characters) = (Vec::new(), 0);
        let mut logprobs = Vec::new();
        for (index, scored) in tokens.iter().enumerate() {
            let token = &scored.token;
            match options {
                None => {}
                Some(options) if options.lists_others() && index > 0 => {
                    logprobs.push(among(query, ids, index, options, characters).await?);
                }
                Some(options) => {
                    let logprob = scored.score.map(natural);
                    let chosen = Logprob::new(token, logprob, options.as_ids);
                    let (top_logprobs, offset) = (Vec::new(), characters);
                    logprobs.push(TokenLogprob { chosen, top_logprobs, offset });
                }
            }
            if !token.special {
                bytes.extend_from_slice(&token.bytes);
                characters += token.bytes.iter().filter(|byte| is_start(**byte)).count();
            }
        }
        let text = text.unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned());
        Ok(Echo { text, logprobs })
    }
}

/// A token of a prompt, with others in its place.
async fn among(
    query: &mut EngineQuery,
    ids: &[TokenId],
    index: usize,
    options: &LogprobOptions,
    offset: usize,
) -> Result<TokenLogprob, ApiError> {
    let distribution = place(query, ids, index, options.top, &options.named).await?;
    let chosen = distribution.watched.first().ok_or_else(ApiError::unexpected)?;
    Ok(TokenLogprob::new(&distribution, chosen, options, offset))
}

/// The distribution that a token of a text comes from; the token is the first of those that
/// are watched, and `others` follow. The tokens before it are in the cache, so this costs no
/// forward pass.
///
/// # Errors
/// If the engine fails, or if it takes too long.
pub(super) async fn place(
    query: &mut EngineQuery,
    ids: &[TokenId],
    index: usize,
    top: usize,
    others: &[TokenId],
) -> Result<Distribution, ApiError> {
    let mut watch = vec![ids[index]];
    watch.extend(others.iter().filter(|id| **id != ids[index]));
    let next = Command::NextToken {
        ids: ids[..index].to_vec(),
        settings: SamplerSettings::default(),
        candidates: top.max(1) as u32,
        watch,
    };
    match query.ask(next).await? {
        Event::Distribution(distribution) => Ok(distribution),
        _ => Err(ApiError::unexpected()),
    }
}

/// The natural logarithm of a token's probability.
fn natural(score: TokenScore) -> f64 {
    -f64::from(score.surprisal_bits) * std::f64::consts::LN_2
}

/// Whether a byte begins a character.
fn is_start(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}
