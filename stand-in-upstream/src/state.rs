//! What all routes share.

use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError};

use protocol::TokenId;
use serde_json::Value;

use crate::behaviour::Behaviour;
use crate::oracle::Oracle;

/// What all routes share.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) oracle: Oracle,
    pub(crate) behaviour: Behaviour,
    pub(crate) random: Mutex<fastrand::Rng>,
    pub(crate) asked: AtomicUsize,
}

impl State {
    /// Draws by the seed.
    pub(crate) fn chance<T>(
        &self,
        draw: impl FnOnce(&mut fastrand::Rng, &Behaviour) -> T,
    ) -> T {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        draw(&mut random, &self.behaviour)
    }

    /// The tokens of a text.
    pub(crate) fn tokenize(&self, text: &str) -> Option<Vec<TokenId>> {
        let mut ids = self.oracle.tokenize(text)?;
        if self.behaviour.other_tokenizer {
            ids.iter_mut().for_each(|id| *id ^= 1);
        }
        Some(ids)
    }
}

/// A list of ids.
pub(crate) fn ids(value: &Value) -> Option<Vec<TokenId>> {
    let list = value.as_array()?.iter();
    list.map(|id| id.as_u64().and_then(|id| TokenId::try_from(id).ok())).collect()
}
