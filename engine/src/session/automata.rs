//! The automata of allowed texts, which are kept while they are used.

use std::sync::Arc;

use protocol::AllowedTexts;
use text::allowed::{AllowedAutomaton, AllowedState};

use crate::error::Result;

/// The most automata that are kept; each takes some megabytes at most.
const MAX_AUTOMATA: usize = 4;

/// Automata of allowed texts, the one that was used last behind the others.
#[derive(Debug, Default)]
pub(super) struct Automata(Vec<Known>);

/// An automaton with its texts.
#[derive(Debug)]
pub(super) struct Known {
    allowed: AllowedTexts,
    pub(super) automaton: Arc<AllowedAutomaton>,
    /// Whether each token is allowed after what was read last; `None` where the text can
    /// no longer become an allowed one.
    pub(super) mask: Option<(Option<AllowedState>, Arc<Vec<bool>>)>,
}

impl Automata {
    /// The automaton of these texts, built if it is not known.
    pub(super) fn find(&mut self, allowed: &AllowedTexts) -> Result<&mut Known> {
        let known = match self.0.iter().position(|known| known.allowed == *allowed) {
            Some(index) => self.0.remove(index),
            None => Known {
                automaton: Arc::new(AllowedAutomaton::new(allowed)?),
                allowed: allowed.clone(),
                mask: None,
            },
        };
        if self.0.len() >= MAX_AUTOMATA {
            self.0.remove(0);
        }
        self.0.push(known);
        let last = self.0.len() - 1;
        Ok(&mut self.0[last])
    }
}
