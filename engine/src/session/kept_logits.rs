//! Logits after texts that other texts continue, kept so that another sampler costs no forward
//! pass: those of words that a person watches, token by token.

use std::collections::VecDeque;

use inference::Logits;
use inference::distribution::{SamplerContext, View};
use protocol::{Distribution, TokenId};

use super::state::Session;
use crate::error::Result;

/// The most bytes of logits that are kept.
const MAX_BYTES: usize = 32 << 20;

/// Logits by the text that they follow, the oldest first.
#[derive(Debug, Default)]
pub(super) struct KeptLogits(VecDeque<(Vec<TokenId>, Logits)>);

impl KeptLogits {
    fn find(&self, ids: &[TokenId]) -> Option<&Logits> {
        self.0.iter().find(|(known, _)| known == ids).map(|(_, logits)| logits)
    }

    fn keep(&mut self, ids: &[TokenId], logits: Logits, vocab_size: usize) {
        self.0.retain(|(known, _)| known != ids);
        let most = MAX_BYTES / (vocab_size.max(1) * size_of::<f32>());
        while !self.0.is_empty() && self.0.len() >= most {
            self.0.pop_front();
        }
        if most > 0 {
            self.0.push_back((ids.to_vec(), logits));
        }
    }
}

impl Session {
    /// Keeps the logits that were computed last for a slot, which must be those after `ids`.
    pub(crate) fn keep_logits(&mut self, slot: usize, ids: &[TokenId]) {
        let vocab_size = self.description.vocab_size as usize;
        if let Some((length, logits)) = &self.sequences[slot].logits
            && *length == ids.len()
        {
            self.kept_logits.keep(ids, logits.clone(), vocab_size);
        }
    }

    /// The distribution after `ids` from logits that were [kept](Self::keep_logits); none if
    /// they were not. Runs no forward pass. The view's context is not used.
    ///
    /// # Errors
    /// If the computation fails, or the allowed pattern cannot be used.
    pub(crate) fn kept_distribution(
        &mut self,
        ids: &[TokenId],
        view: View<'_>,
    ) -> Result<Option<Distribution>> {
        if self.kept_logits.find(ids).is_none() {
            return Ok(None);
        }
        let allowed = self.allowed_tokens(ids, view.settings)?;
        let allowed = allowed.as_deref().map(Vec::as_slice);
        let view = View { context: SamplerContext { text: ids, allowed }, ..view };
        let Some(logits) = self.kept_logits.find(ids) else { return Ok(None) };
        Ok(Some(logits.distribution(view, &|id| self.token(id))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logits(value: f32) -> Logits {
        Logits::Host { values: vec![value; 4], vocab_size: 4 }
    }

    #[test]
    fn logits_are_found_by_their_text_and_the_oldest_give_way() {
        let mut kept = KeptLogits::default();
        // Room for two.
        let vocab_size = MAX_BYTES / 8;
        for id in 0..3 {
            kept.keep(&[id], logits(id as f32), vocab_size);
        }
        assert!(kept.find(&[0]).is_none());
        assert!(kept.find(&[1]).is_some() && kept.find(&[2]).is_some());
        kept.keep(&[2], logits(9.0), vocab_size);
        assert!(kept.find(&[1]).is_some(), "a text takes the place of itself");
        kept.keep(&[5], logits(1.0), MAX_BYTES);
        assert!(kept.find(&[5]).is_none(), "what is too large is not kept");
    }
}
