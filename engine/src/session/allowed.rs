//! Which tokens keep an allowed text possible.

use std::sync::Arc;

use inference::distribution::{SamplerContext, sampled_log_probabilities};
use protocol::{SamplerSettings, TokenId};
use text::allowed::{AllowedAutomaton, AllowedState};

use super::state::Session;
use crate::error::Result;

impl Session {
    /// Checks that the allowed texts can be used.
    ///
    /// # Errors
    /// If they cannot.
    pub(crate) fn check_allowed(&mut self, settings: &SamplerSettings) -> Result<()> {
        match &settings.allowed {
            Some(allowed) => self.automata.find(allowed).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Whether each of V tokens keeps an allowed text possible after `ids`; `None` if all
    /// texts are allowed. After a text that is allowed, the tokens that end a text are, too.
    ///
    /// # Errors
    /// If the allowed texts cannot be used.
    pub(super) fn allowed_tokens(
        &mut self,
        ids: &[TokenId],
        settings: &SamplerSettings,
    ) -> Result<Option<Arc<Vec<bool>>>> {
        let Some(allowed) = &settings.allowed else { return Ok(None) };
        let automaton = self.automata.find(allowed)?.automaton.clone();
        let state = self.read_allowed(&automaton, ids, settings);
        let known = self.automata.find(allowed)?;
        if let Some((of, mask)) = &known.mask
            && *of == state
        {
            return Ok(Some(mask.clone()));
        }
        let mask = Arc::new(self.mask(&automaton, state));
        self.automata.find(allowed)?.mask = Some((state, mask.clone()));
        Ok(Some(mask))
    }

    /// ln q of all V tokens after `ids`, whose logits these are; −∞ for tokens that the
    /// sampler cuts.
    ///
    /// # Errors
    /// If a logit is NaN or infinite, or the allowed texts cannot be used.
    pub(crate) fn sampled_log_probabilities(
        &mut self,
        logits: &[f32],
        ids: &[TokenId],
        settings: &SamplerSettings,
    ) -> Result<Vec<f64>> {
        let allowed = self.allowed_tokens(ids, settings)?;
        let allowed = allowed.as_deref().map(Vec::as_slice);
        let context = SamplerContext { text: ids, allowed };
        Ok(sampled_log_probabilities(logits, settings, context)?)
    }

    /// Whether `ids` are an allowed text behind which nothing can follow.
    ///
    /// # Errors
    /// If the allowed texts cannot be used.
    pub(crate) fn is_complete(
        &mut self,
        ids: &[TokenId],
        settings: &SamplerSettings,
    ) -> Result<bool> {
        let Some(allowed) = &settings.allowed else { return Ok(false) };
        let automaton = self.automata.find(allowed)?.automaton.clone();
        let state = self.read_allowed(&automaton, ids, settings);
        Ok(state.is_some_and(|state| {
            automaton.is_match(state) && !automaton.can_continue(state)
        }))
    }

    /// Reads what follows the prompt; control tokens stand for no text.
    fn read_allowed(
        &self,
        automaton: &AllowedAutomaton,
        ids: &[TokenId],
        settings: &SamplerSettings,
    ) -> Option<AllowedState> {
        let prompt = settings.prompt_tokens.map_or(ids.len(), |tokens| tokens as usize);
        let mut written = ids.iter().skip(prompt);
        written.try_fold(automaton.start(), |state, id| {
            match self.tokenizer.is_special(*id) {
                true => Some(state),
                false => automaton.read(state, self.tokenizer.bytes(*id)),
            }
        })
    }

    fn mask(
        &self,
        automaton: &AllowedAutomaton,
        state: Option<AllowedState>,
    ) -> Vec<bool> {
        let vocab_size = self.description.vocab_size;
        let Some(state) = state else { return vec![false; vocab_size as usize] };
        let mut mask: Vec<bool> = (0..vocab_size)
            .map(|id| {
                let bytes = self.tokenizer.bytes(id);
                !bytes.is_empty()
                    && automaton.read(state, bytes).is_some()
                    && !self.tokenizer.is_special(id)
            })
            .collect();
        if automaton.is_match(state) {
            for id in &self.description.end_of_generation {
                mask[*id as usize] = true;
            }
        }
        mask
    }
}
