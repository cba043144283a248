//! A sequence that was read.

use inference::Logits;
use protocol::TokenId;

use super::hidden_states::HiddenStates;

/// What is known of a sequence beside the model's own cache.
#[derive(Debug)]
pub(super) struct Sequence {
    /// What the model has read and not been told to forget.
    pub(super) ids: Vec<TokenId>,
    pub(super) states: HiddenStates,
    /// The most tokens that it has held: caches of tensors keep the memory of what was
    /// truncated (the fused decoder's gives it back, and is counted too high).
    pub(super) reserved: usize,
    /// The logits after the first so many of `ids`: those that were asked for last.
    pub(super) logits: Option<(usize, Logits)>,
    /// Whose it is: it is not cut short for others.
    pub(super) owner: Option<u64>,
    /// It is being worked with.
    pub(super) busy: bool,
    /// When it was last acquired.
    pub(super) used: u64,
}

impl Sequence {
    pub(super) fn new(width: usize) -> Sequence {
        Sequence {
            ids: Vec::new(),
            states: HiddenStates::new(width),
            reserved: 0,
            logits: None,
            owner: None,
            busy: false,
            used: 0,
        }
    }

    /// How many tokens a text begins with in common.
    pub(super) fn common_prefix(&self, ids: &[TokenId]) -> usize {
        ids.iter().zip(&self.ids).take_while(|(a, b)| a == b).count()
    }

    /// How many of `ids`, from the first, need not be read again for their distribution.
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

    /// Forgets what was read from `length` on.
    pub(super) fn truncate(&mut self, length: usize) {
        if length < self.ids.len() {
            self.ids.truncate(length);
            self.states.truncate(length);
        }
        if self.logits.as_ref().is_some_and(|(of, _)| *of > length) {
            self.logits = None;
        }
    }
}
