//! RWKV-7 (Peng et al., 2025, arXiv:2503.14456), as flash-linear-attention saves it.

use super::base::base_with;
use super::fields::Fields;
use crate::config::{
    Activation, Config, LayerKind, NormKind, Recurrence, RecurrenceKind,
};
use crate::error::{Result, invalid_config};
use crate::family::Family;

/// The channels of a head if a file does not say.
const HEAD_WIDTH: usize = 64;

pub(super) fn v7(fields: Fields<'_>) -> Result<Config> {
    let defaults = |field: &str| match field {
        "num_attention_heads" | "num_key_value_heads" => Some(1),
        // Nothing depends on the length of a text; this bounds what is kept of it.
        "max_position_embeddings" => Some(32_768),
        _ => None,
    };
    let mut config = base_with("rwkv7", fields, &defaults)?;
    let width = fields.get("head_dim")?.unwrap_or(HEAD_WIDTH);
    let hidden = config.hidden_size;
    if width == 0 || !hidden.is_multiple_of(width) {
        return Err(invalid_config(format!(
            "hidden_size {hidden} does not divide into heads of {width}"
        )));
    }
    for (field, usual) in [("norm_first", true), ("norm_bias", true)] {
        if fields.get::<bool>(field)?.is_some_and(|value| value != usual) {
            return Err(invalid_config(format!("{field} is {}", !usual)));
        }
    }
    if fields.has("attn") {
        return Err(invalid_config("attention between RWKV's layers is not supported"));
    }
    let rank = |name: &'static str| fields.need(&[name]);
    let kind = RecurrenceKind::Wkv {
        heads: hidden / width,
        width,
        ranks: [
            rank("decay_low_rank_dim")?,
            rank("a_low_rank_dim")?,
            rank("gate_low_rank_dim")?,
            rank("v_low_rank_dim")?,
        ],
    };
    config.family = Family::Rwkv7;
    config.num_attention_heads = 1;
    config.num_key_value_heads = 1;
    config.head_dim = 2;
    config.rope.rotated = 2;
    config.norm.kind = NormKind::Layer;
    config.norm.bias = true;
    config.norm.epsilon = fields.get("norm_eps")?.unwrap_or(1e-5);
    config.embedding_norm = true;
    config.mlp.gated = false;
    config.mlp.activation = Activation::ReluSquared;
    config.recurrence = Some(Recurrence {
        kind,
        taps: 2,
        taps_bias: false,
        bias: false,
        epsilon: config.norm.epsilon * width as f64,
    });
    config.layers.fill(LayerKind::RECURRENCE);
    Ok(config)
}
