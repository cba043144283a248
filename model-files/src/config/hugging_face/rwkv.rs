//! RWKV-4 (Peng et al., 2023, arXiv:2305.13048), as transformers saves it, and RWKV-7 (Peng et
//! al., 2025, arXiv:2503.14456), as flash-linear-attention does.

use super::base::base_with;
use super::fields::Fields;
use crate::config::{
    Activation, Config, LayerKind, NormKind, Recurrence, RecurrenceKind,
};
use crate::error::{Result, invalid_config};
use crate::family::Family;

/// The channels of a head if a file does not say.
const HEAD_WIDTH: usize = 64;

/// The epsilon of the last norm, whatever the others have.
const LAST_EPSILON: f64 = 1e-5;

pub(super) fn v4(fields: Fields<'_>) -> Result<Config> {
    let context = fields.get("context_length")?.unwrap_or(1024);
    let defaults = |field: &str| match field {
        "num_attention_heads" | "num_key_value_heads" => Some(1),
        "max_position_embeddings" => Some(context),
        _ => None,
    };
    let mut config = base_with("rwkv", fields, &defaults)?;
    let hidden = config.hidden_size;
    let inner = fields.get("attention_hidden_size")?.unwrap_or(hidden);
    if inner != hidden {
        return Err(invalid_config(format!("attention_hidden_size is {inner}")));
    }
    config.norm.epsilon = fields.get("layer_norm_epsilon")?.unwrap_or(LAST_EPSILON);
    if config.norm.epsilon != LAST_EPSILON {
        return Err(invalid_config("layer_norm_epsilon is not 0.00001"));
    }
    config.family = Family::Rwkv4;
    config.mlp.output_gate = true;
    // What transformers halves every few layers, and the last norm undoes, is not halved here.
    Ok(recurrent(config, RecurrenceKind::Averages { inner }, LAST_EPSILON))
}

/// A model of recurrences alone, which mix each token with the one before it.
fn recurrent(mut config: Config, kind: RecurrenceKind, epsilon: f64) -> Config {
    config.num_attention_heads = 1;
    config.num_key_value_heads = 1;
    config.head_dim = 2;
    config.rope.rotated = 2;
    config.norm.kind = NormKind::Layer;
    config.norm.bias = true;
    config.embedding_norm = true;
    config.mlp.gated = false;
    config.mlp.activation = Activation::ReluSquared;
    config.recurrence =
        Some(Recurrence { kind, taps: 2, taps_bias: false, bias: false, epsilon });
    config.layers.fill(LayerKind::RECURRENCE);
    config
}

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
    config.norm.epsilon = fields.get("norm_eps")?.unwrap_or(1e-5);
    let epsilon = config.norm.epsilon * width as f64;
    Ok(recurrent(config, kind, epsilon))
}
