//! Distributions from logits that were kept, at no cost but the sampler's.

use inference::Logits;
use inference::distribution::{SamplerContext, View};
use protocol::{Distribution, TokenId};

use super::state::Session;
use crate::error::Result;

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
        let knows = |logits: &Logits| match logits {
            Logits::Listed(listed) => view.watch.iter().all(|id| listed.knows(*id)),
            _ => true,
        };
        if !self.kept_logits.find(ids).is_some_and(knows) {
            return Ok(None);
        }
        let allowed = self.allowed_tokens(ids, view.settings)?;
        let allowed = allowed.as_deref().map(Vec::as_slice);
        let view = View { context: SamplerContext { text: ids, allowed }, ..view };
        let Some(logits) = self.kept_logits.find(ids) else { return Ok(None) };
        Ok(Some(logits.distribution(view, &|id| self.token(id))?))
    }
}
