//! How the model continues a prompt, and what each command to the engine takes of it.

use protocol::{SamplerSettings, TokenId, limits};

use super::logprobs::LogprobOptions;

/// How the model continues a prompt.
#[derive(Clone, Debug)]
pub(super) struct ChoiceOptions {
    pub(super) settings: SamplerSettings,
    /// New tokens, at most; 0 if only the prompt is echoed.
    pub(super) max_tokens: u32,
    pub(super) stops: Vec<Vec<u8>>,
    /// Tokens that end the text.
    pub(super) stop_ids: Vec<TokenId>,
    /// Whether the text goes on after the token that ends it.
    pub(super) ignores_end: bool,
    /// New tokens before the text may end by itself or at a stop.
    pub(super) min_tokens: u32,
    /// The tokens that end a text by themselves.
    pub(super) ends: Vec<TokenId>,
    /// Tokens that the model can read.
    pub(super) context_length: usize,
    /// What is told of each token; none for no log probabilities at all.
    pub(super) logprobs: Option<LogprobOptions>,
}

impl ChoiceOptions {
    /// The next command's share of the tokens that are left, after some: the least number of
    /// tokens is a command of its own, in which nothing that ends a text can be drawn.
    pub(super) fn share(&self, new_tokens: u32) -> (SamplerSettings, u32) {
        let mut settings = self.settings.clone();
        let mut share = self.max_tokens - new_tokens;
        if let Some(kept) = self.min_tokens.checked_sub(new_tokens).filter(|n| *n > 0) {
            share = share.min(kept);
            settings.banned.extend(self.ends.iter().chain(&self.stop_ids));
        }
        (settings, share.min(limits::MAX_NEW_TOKENS))
    }

    /// Tokens that the engine tells of at each place, whatever their ranks.
    pub(super) fn watched(&self) -> &[TokenId] {
        self.logprobs.as_ref().map_or(&[], |options| &options.named)
    }

    /// How many of the most probable tokens the engine lists.
    pub(super) fn candidates(&self) -> u32 {
        self.logprobs.as_ref().map_or(1, |options| options.top.max(1) as u32)
    }
}
