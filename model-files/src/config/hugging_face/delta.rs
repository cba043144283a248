//! Qwen 3.5: the gated delta rule, and gated attention in some layers.

use super::base::{base_with, check_length};
use super::fields::Fields;
use super::rope;
use crate::config::{Config, LayerKind, QkNorm, Recurrence, RecurrenceKind};
use crate::error::Result;
use crate::family::Family;

/// Usual sizes, which files may leave out.
fn usual(field: &str) -> Option<usize> {
    Some(match field {
        "num_attention_heads" => 16,
        "num_key_value_heads" => 4,
        "head_dim" => 256,
        "max_position_embeddings" => 32_768,
        _ => return None,
    })
}

/// The text model; alone, or of a model that reads pictures, too.
pub(super) fn qwen3_5(fields: Fields<'_>) -> Result<Config> {
    let fields = fields.object("text_config")?.unwrap_or(fields);
    let mut config = base_with("qwen3_5", fields, &usual)?;
    config.family = Family::Qwen35;
    config.norm.offset = 1.0;
    config.attention.qk_norm = QkNorm::Heads;
    config.attention.gated = true;
    let defaults = rope::Defaults { rotated: 0.25, ..Default::default() };
    let context = config.context_length;
    config.rope = rope::config(fields, config.head_dim, context, defaults)?;
    let size = |name: &str, usual: usize| -> Result<usize> {
        Ok(fields.get(name)?.unwrap_or(usual))
    };
    let kind = RecurrenceKind::Delta {
        key_heads: size("linear_num_key_heads", 16)?,
        value_heads: size("linear_num_value_heads", 32)?,
        key_width: size("linear_key_head_dim", 128)?,
        value_width: size("linear_value_head_dim", 128)?,
    };
    config.recurrence = Some(Recurrence {
        kind,
        taps: size("linear_conv_kernel_dim", 4)?,
        taps_bias: false,
        bias: false,
        epsilon: config.norm.epsilon,
    });
    let count = config.num_hidden_layers;
    let interval = size("full_attention_interval", 4)?;
    let types: Option<Vec<String>> = fields.get("layer_types")?;
    let attends: Vec<bool> = match types {
        Some(types) => types.iter().map(|name| name == "full_attention").collect(),
        None => (1..=count).map(|layer| layer.is_multiple_of(interval)).collect(),
    };
    check_length("layer_types", attends.len(), count)?;
    let kind =
        |attends| if attends { LayerKind::ATTENTION } else { LayerKind::RECURRENCE };
    config.layers = attends.into_iter().map(kind).collect();
    Ok(config)
}
