//! Keys and values that were computed elsewhere, on a GPU say, taken into the caches: what
//! follows is then computed here.

use std::ops::Range;
use std::sync::Arc;

use kernels::PackedMatrix;
use model_files::config::MixerKind;
use model_files::weights::{DecoderView, StoredMatrix};

use super::decoder::FusedDecoder;
use super::layers::Layers;
use crate::error::Result;
use crate::long_rope::SwitchesAngles;

impl FusedDecoder {
    /// Whether keys and values are all that this model keeps of a text, and do not depend on
    /// how long it becomes.
    fn adopts(&self) -> bool {
        let mut kinds = self.state.config.layers.iter();
        kinds.all(|kind| kind.mixer == MixerKind::Attention)
            && self.switches_at().is_none()
            && self.state.config.altup.is_none()
    }

    /// The weights that a pass goes through, if this model [adopts](Self::adopts) and has no
    /// others.
    pub(super) fn view(&self) -> Option<DecoderView<'_, PackedMatrix>> {
        let state = &self.state;
        let Layers::Here(layers) = &state.layers else { return None };
        let own_head = !Arc::ptr_eq(&state.lm_head, &state.embed_tokens);
        let head: &PackedMatrix = &state.lm_head;
        self.is_plain().then(|| DecoderView {
            embed_tokens: &*state.embed_tokens,
            layers,
            norm: &state.norm,
            lm_head: own_head.then_some(head),
        })
    }

    /// The same of a model whose blocks stay in their file.
    pub(super) fn stored_view(&self) -> Option<DecoderView<'_, StoredMatrix>> {
        let Layers::Stored(stored) = &self.state.layers else { return None };
        self.is_plain().then(|| stored.view(&self.state.norm))
    }

    /// Whether this model [adopts](Self::adopts) and has no weights that a view has not.
    fn is_plain(&self) -> bool {
        let state = &self.state;
        self.adopts()
            && state.projections.is_none()
            && state.positions.is_none()
            && state.embedding_norm.is_none()
            && state.head_bias.is_none()
    }

    /// See [`LanguageModel::adopt`](crate::LanguageModel::adopt).
    pub(super) fn append(
        &mut self,
        slot: usize,
        tokens: usize,
        layers: &[Vec<f32>],
    ) -> Result<()> {
        let config = &self.state.config;
        let (heads, head_dim) = (config.num_key_value_heads, config.head_dim);
        let width = 2 * heads * head_dim;
        let whole = layers.iter().all(|numbers| numbers.len() == tokens * width);
        if !self.adopts() || layers.len() != config.layers.len() || !whole {
            let what = "these are not the keys and values of this model";
            return Err(candle_core::Error::Msg(what.into()).into());
        }
        self.ensure_slot(slot);
        let sequence = &mut self.state.sequences[slot];
        sequence.reserve(&self.state.config, tokens)?;
        for (layer, numbers) in layers.iter().enumerate() {
            for token in numbers.chunks_exact(width) {
                let (keys, values) = token.split_at(heads * head_dim);
                let keys = keys.chunks_exact(head_dim);
                for (head, (key, value)) in
                    keys.zip(values.chunks_exact(head_dim)).enumerate()
                {
                    let head = sequence.head(layer, head);
                    head.push_key(key);
                    head.push_value(value);
                }
            }
        }
        sequence.cached += tokens;
        Ok(())
    }

    /// Keys and values of some positions of a slot, as
    /// [`adopt`](crate::LanguageModel::adopt) takes them: for each layer [T, 2, K, D].
    ///
    /// # Panics
    /// If the slot has not read them, or has a layer without attention.
    pub fn keys_and_values(&self, slot: usize, positions: Range<usize>) -> Vec<Vec<f32>> {
        let config = &self.state.config;
        let (heads, head_dim) = (config.num_key_value_heads, config.head_dim);
        let sequence = &self.state.sequences[slot];
        let of_layer = |layer| {
            let mut numbers = vec![0.0; positions.len() * 2 * heads * head_dim];
            let mut vectors = numbers.chunks_exact_mut(head_dim);
            for position in positions.clone() {
                for values in [false, true] {
                    for (head, out) in (0..heads).zip(&mut vectors) {
                        sequence.head(layer, head).read(|of_keys, of_values| {
                            let cache = if values { of_values } else { of_keys };
                            cache.read(position, out);
                        });
                    }
                }
            }
            numbers
        };
        (0..config.layers.len()).map(of_layer).collect()
    }
}
