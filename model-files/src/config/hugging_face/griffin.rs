//! RecurrentGemma (Griffin; arXiv:2402.19427): gated linear recurrences, and attention with a
//! window in every third layer.

use super::base::base;
use super::fields::Fields;
use super::rope;
use crate::config::{Activation, Config, LayerKind, Recurrence, RecurrenceKind};
use crate::error::Result;
use crate::family::Family;

pub(super) fn config(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("recurrent_gemma", fields)?;
    config.family = Family::RecurrentGemma;
    config.norm.offset = 1.0;
    config.intermediate_size /= 2;
    config.mlp.bias = true;
    if !fields.has("hidden_activation") {
        config.mlp.activation = Activation::GeluTanh;
    }
    config.attention.output_bias = true;
    let defaults = rope::Defaults { rotated: 0.5, ..Default::default() };
    // Nothing but the window of attention bounds a text.
    config.context_length = fields.get("max_position_embeddings")?.unwrap_or(8192);
    let context = config.context_length;
    config.rope = rope::config(fields, config.head_dim, context, defaults)?;
    config.scales.embedding = rounded_to_bf16((config.hidden_size as f64).sqrt());
    config.logit_cap = Some(fields.get("logits_soft_cap")?.unwrap_or(30.0));
    config.tie_word_embeddings.get_or_insert(true);
    let kind = RecurrenceKind::GatedLinear {
        width: fields.get("lru_width")?.unwrap_or(config.hidden_size),
        blocks: config.num_attention_heads,
    };
    config.recurrence = Some(Recurrence {
        kind,
        taps: fields.get("conv1d_width")?.unwrap_or(4),
        taps_bias: true,
        bias: true,
        epsilon: config.norm.epsilon,
    });
    let window = Some(fields.get("attention_window_size")?.unwrap_or(2048));
    let types: Option<Vec<String>> = fields.first(&["block_types", "_block_types"])?;
    let types = types.unwrap_or_else(|| {
        ["recurrent", "recurrent", "attention"].map(str::to_owned).to_vec()
    });
    let kind = |name: &String| match name.as_str() {
        "recurrent" => LayerKind::RECURRENCE,
        _ => LayerKind { window, ..LayerKind::ATTENTION },
    };
    let layers = types.iter().map(kind).cycle().take(config.num_hidden_layers);
    config.layers = layers.collect();
    Ok(config)
}

/// The nearest number of 8 significant bits, as the factor is stored in this family.
fn rounded_to_bf16(x: f64) -> f64 {
    let bits = (x as f32).to_bits();
    let rounded = bits.wrapping_add(0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000;
    f64::from(f32::from_bits(rounded))
}
