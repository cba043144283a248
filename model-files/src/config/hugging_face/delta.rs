//! Qwen 3.5 and Qwen3-Next, with and without experts: the gated delta rule, and gated
//! attention in some layers.

use super::base::{base_with, check_length};
use super::experts;
use super::fields::Fields;
use super::rope;
use crate::config::{
    Config, Experts, LayerKind, QkNorm, Recurrence, RecurrenceKind, Weighting,
};
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
    delta("qwen3_5", fields.object("text_config")?.unwrap_or(fields))
}

/// As [`qwen3_5`], with experts in all layers.
pub(super) fn qwen3_5_moe(fields: Fields<'_>) -> Result<Config> {
    let fields = fields.object("text_config")?.unwrap_or(fields);
    let mut config = delta("qwen3_5_moe", fields)?;
    config.experts = Some(experts_of(fields, (256, 8), Weighting::Chosen)?);
    config.layers.iter_mut().for_each(|kind| kind.experts = true);
    Ok(config)
}

pub(super) fn qwen3_next(fields: Fields<'_>) -> Result<Config> {
    let mut config = delta("qwen3_next", fields)?;
    let weighting = match fields.get("norm_topk_prob")?.unwrap_or(true) {
        true => Weighting::Chosen,
        false => Weighting::All,
    };
    config.experts = Some(experts_of(fields, (512, 10), weighting)?);
    let kinds = config.layers.iter().copied();
    config.layers = experts::sparse(fields, kinds)?;
    Ok(config)
}

/// Experts, and one for all tokens with a weight of its own.
fn experts_of(
    fields: Fields<'_>,
    usual: (usize, usize),
    weighting: Weighting,
) -> Result<Experts> {
    let inner = fields.get("moe_intermediate_size")?.unwrap_or(512);
    Ok(Experts {
        shared_inner: fields.get("shared_expert_intermediate_size")?.unwrap_or(512),
        shared_gate: true,
        ..experts::experts(fields, inner, usual, weighting)?
    })
}

fn delta(name: &str, fields: Fields<'_>) -> Result<Config> {
    let mut config = base_with(name, fields, &usual)?;
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
        tiled: false,
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
