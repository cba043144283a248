//! The caches of one sequence: keys and values, and inputs of convolutions.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use kernels::{CacheFormat, HeadCache, OutOfMemory};

use crate::long_rope::History;
use crate::recurrence::State;
use crate::replay::Past;
use model_files::config::{Config, LayerKind, MixerKind};

/// The caches and history of the tokens that a sequence has so far.
#[derive(Debug)]
pub(super) struct Sequence {
    pub(super) cached: usize,
    pub(super) history: History,
    pub(super) past: Past,
    /// For each layer, its key/value heads, or one head with the inputs of its
    /// convolution.
    layers: Vec<Vec<Head>>,
    /// For each layer, the state of its recurrence. One member of the team has it at a
    /// time: no thread ever waits for the lock.
    states: Vec<Mutex<State>>,
}

/// The cache of one key/value head, or of a convolution, whose inputs are stored as keys.
/// One member of the team appends to it, and several read it after a barrier: no thread
/// ever waits for the lock.
#[derive(Debug)]
pub(super) struct Head(RwLock<(HeadCache, HeadCache)>);

impl Sequence {
    pub(super) fn new(config: &Config, format: CacheFormat) -> Sequence {
        let heads = |kind: &LayerKind| match kind.mixer {
            // It has those of another layer.
            MixerKind::Attention if kind.shares.is_some() => Vec::new(),
            MixerKind::Attention => (0..config.num_key_value_heads)
                .map(|_| Head::new(format, config.head_dim))
                .collect(),
            MixerKind::Convolution => vec![Head::new(format, config.hidden_size)],
            MixerKind::Recurrence => Vec::new(),
        };
        Sequence {
            cached: 0,
            history: History::default(),
            past: Past::default(),
            layers: config.layers.iter().map(heads).collect(),
            states: config.layers.iter().map(|_| Mutex::default()).collect(),
        }
    }

    /// The state of a layer's recurrence.
    pub(super) fn state(&self, layer: usize) -> MutexGuard<'_, State> {
        self.states[layer].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The states of all layers.
    pub(super) fn states(&self) -> Vec<State> {
        (0..self.states.len()).map(|layer| self.state(layer).clone()).collect()
    }

    /// Removes all positions from `length` on, and sets the states; without any, empties
    /// them.
    pub(super) fn go_back(&mut self, length: usize, states: Option<&[State]>) {
        self.truncate(length);
        for layer in 0..self.states.len() {
            let state = states.and_then(|states| states.get(layer));
            *self.state(layer) = state.cloned().unwrap_or_default();
        }
    }

    /// The cache of a layer's key/value head.
    pub(super) fn head(&self, layer: usize, head: usize) -> &Head {
        &self.layers[layer][head]
    }

    /// Removes all positions from `length` on.
    pub(super) fn truncate(&mut self, length: usize) {
        self.cached = self.cached.min(length);
        self.history.truncate(length);
        for head in self.layers.iter_mut().flatten() {
            let cache = head.0.get_mut().unwrap_or_else(PoisonError::into_inner);
            cache.0.truncate(length);
            cache.1.truncate(length);
        }
    }

    /// Reserves memory for `count` more positions.
    ///
    /// # Errors
    /// If they do not fit in memory.
    pub(super) fn reserve(
        &mut self,
        config: &Config,
        count: usize,
    ) -> Result<(), OutOfMemory> {
        for (heads, kind) in self.layers.iter_mut().zip(&config.layers) {
            for head in heads {
                let cache = head.0.get_mut().unwrap_or_else(PoisonError::into_inner);
                cache.0.reserve(count)?;
                if kind.mixer == MixerKind::Attention {
                    cache.1.reserve(count)?;
                }
            }
        }
        Ok(())
    }

    /// Copies the first `length` positions to a new sequence.
    ///
    /// # Errors
    /// If the copy does not fit in memory.
    pub(super) fn copy_prefix(&self, length: usize) -> Result<Sequence, OutOfMemory> {
        let head = |head: &Head| {
            let cache = head.0.read().unwrap_or_else(PoisonError::into_inner);
            let (keys, values) =
                (cache.0.copy_prefix(length)?, cache.1.copy_prefix(length)?);
            Ok(Head(RwLock::new((keys, values))))
        };
        let layers = self.layers.iter().map(|heads| heads.iter().map(head).collect());
        let layers = layers.collect::<Result<_, OutOfMemory>>()?;
        let (cached, history) = (self.cached.min(length), self.history.prefix(length));
        let states = self.states().into_iter().map(Mutex::new).collect();
        let past = self.past.prefix(length);
        Ok(Sequence { cached, history, past, layers, states })
    }
}

impl Head {
    fn new(format: CacheFormat, head_dim: usize) -> Head {
        let keys = HeadCache::for_keys(format, head_dim);
        let values = HeadCache::for_values(format, head_dim);
        Head(RwLock::new((keys, values)))
    }

    /// Appends a key.
    pub(super) fn push_key(&self, key: &[f32]) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).0.push(key);
    }

    /// Appends a value.
    pub(super) fn push_value(&self, value: &[f32]) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).1.push(value);
    }

    /// Calls `with_caches` with keys and values.
    pub(super) fn read(&self, with_caches: impl FnOnce(&HeadCache, &HeadCache)) {
        let cache = self.0.read().unwrap_or_else(PoisonError::into_inner);
        with_caches(&cache.0, &cache.1);
    }
}
