//! Gemma 3n's several residual streams. Source of what files leave out: llama.cpp's
//! `llama-model.cpp`.

use super::keys::Keys;
use crate::config::AltUp;
use crate::config::altup::share_last;
use crate::config::layer_kind::LayerKind;
use crate::error::Result;

/// Layers with keys and values of their own, if a file does not say.
const OWN_KEYS: usize = 20;
/// If a file does not say: how many of the first layers are sparse, and how much.
const SPARSE: (usize, f32) = (10, 1.644_853_6);

/// The cap of logits, if a file has none.
pub(super) fn usual_cap(architecture: &str) -> Option<f32> {
    (architecture == "gemma3n").then_some(30.0)
}

/// The streams of a model that has several, of `count` layers.
///
/// # Errors
/// If a size is missing.
pub(super) fn altup(keys: &Keys<'_>, count: usize) -> Result<Option<AltUp>> {
    if keys.architecture != "gemma3n" {
        return Ok(None);
    }
    let rows = |tensor: &str| keys.gguf.tensor(tensor).map_or(0, |info| info.shape[0]);
    let listed = keys.gguf.numbers(&keys.key("activation_sparsity_scale")).ok();
    let cutoffs = match listed {
        // Those that are not sparse have minus infinity.
        Some(list) => {
            let finite = |scale: f64| scale.is_finite().then_some(scale as f32);
            list.floats().map(finite).collect()
        }
        None => (0..count).map(|at| (at < SPARSE.0).then_some(SPARSE.1)).collect(),
    };
    Ok(Some(AltUp {
        streams: keys.size("altup.num_inputs").unwrap_or(4),
        scaled: true,
        laurel_rank: rows("blk.0.laurel_l.weight"),
        layer_width: keys.size("embedding_length_per_layer_input")?,
        layer_vocab: rows("per_layer_token_embd.weight"),
        cutoffs,
    }))
}

/// Lets the last layers have the keys and values of earlier ones.
///
/// # Errors
/// If there are none.
pub(super) fn share(keys: &Keys<'_>, layers: &mut [LayerKind]) -> Result<()> {
    if keys.architecture != "gemma3n" {
        return Ok(());
    }
    let shared = keys.size("attention.shared_kv_layers");
    share_last(layers, shared.unwrap_or(layers.len().saturating_sub(OWN_KEYS)))
}
