//! A cached sequence.

use inference::Logits;
use protocol::TokenId;

use super::hidden_states::HiddenStates;
use crate::remote::RemoteReply;

/// A question to an engine elsewhere. Dropping it takes it back.
#[derive(Debug)]
pub(super) struct Asked {
    /// After how many tokens of the sequence.
    pub(super) length: usize,
    /// How many tokens are to be listed.
    pub(super) listed: usize,
    pub(super) reply: Box<dyn RemoteReply>,
}

/// What the session stores of a sequence, beside the model's cache.
#[derive(Debug)]
pub(super) struct Sequence {
    /// The tokens in the model's cache.
    pub(super) ids: Vec<TokenId>,
    pub(super) states: HiddenStates,
    /// The most tokens that it has held. The candle decoder's cache keeps the memory of
    /// truncated tokens; the fused decoder's frees it, so this counts too much there.
    pub(super) reserved: usize,
    /// The last logits that were computed, and the number of tokens that they follow.
    pub(super) logits: Option<(usize, Logits)>,
    /// How many tokens an engine elsewhere should list; 0 as long as that is not known.
    pub(super) listed: usize,
    /// How many it was asked to list when it told what `logits` has.
    pub(super) told: usize,
    /// Tokens of which it is asked whatever their ranks.
    pub(super) named: Vec<TokenId>,
    /// What an engine elsewhere was asked and has not answered yet.
    pub(super) asked: Option<Asked>,
    /// The client that owns it. It is not truncated for others.
    pub(super) owner: Option<u64>,
    /// Whether it is acquired.
    pub(super) busy: bool,
    /// Whether its slot is for branches, not for the texts of clients.
    pub(super) fork: bool,
    /// The number of its last acquisition; a higher one is later.
    pub(super) used: u64,
}

impl Sequence {
    pub(super) fn new(width: usize) -> Sequence {
        Sequence {
            ids: Vec::new(),
            states: HiddenStates::new(width),
            reserved: 0,
            logits: None,
            listed: 0,
            told: 0,
            named: Vec::new(),
            asked: None,
            owner: None,
            busy: false,
            fork: false,
            used: 0,
        }
    }

    /// The number of leading `ids` that are the sequence's own.
    pub(super) fn common_prefix(&self, ids: &[TokenId]) -> usize {
        ids.iter().zip(&self.ids).take_while(|(a, b)| a == b).count()
    }

    /// The number of leading `ids` that need not be read for the distribution after all
    /// of them.
    pub(super) fn cached_tokens(&self, ids: &[TokenId]) -> usize {
        let common = self.common_prefix(ids);
        // The last token's state may have been dropped; it is then read once more.
        match common.checked_sub(1) {
            Some(last) if common == ids.len() && !self.states.kept().contains(&last) => {
                last
            }
            _ => common,
        }
    }

    /// Removes the tokens from `length` on.
    pub(super) fn truncate(&mut self, length: usize) {
        if length < self.ids.len() {
            self.ids.truncate(length);
            self.states.truncate(length);
        }
        if self.logits.as_ref().is_some_and(|(of, _)| *of > length) {
            self.logits = None;
        }
        if self.asked.as_ref().is_some_and(|asked| asked.length > length) {
            self.asked = None;
        }
    }
}
