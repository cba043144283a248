//! Logits after texts that other texts continue, kept so that another sampler costs no forward
//! pass: those of words that a person watches, token by token.

use std::collections::VecDeque;

use inference::Logits;
use protocol::TokenId;

/// The most bytes of logits that are kept.
const MAX_BYTES: usize = 32 << 20;

/// Logits by the text that they follow, the oldest first.
#[derive(Debug, Default)]
pub(super) struct KeptLogits(VecDeque<(Vec<TokenId>, Logits)>);

impl KeptLogits {
    /// Those after a text; none if they are not kept.
    pub(super) fn find(&self, ids: &[TokenId]) -> Option<&Logits> {
        self.0.iter().find(|(known, _)| known == ids).map(|(_, logits)| logits)
    }

    /// Keeps those after a text; the oldest give way.
    pub(super) fn keep(&mut self, ids: &[TokenId], logits: Logits, vocab_size: usize) {
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
