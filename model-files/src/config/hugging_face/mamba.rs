//! State spaces: Mamba (arXiv:2312.00752), Falcon Mamba (arXiv:2410.05355), Mamba 2
//! (arXiv:2405.21060), and Granite 4, which has attention in some layers.

use serde_json::Value;

use super::base::{base_with, check_length};
use super::fields::Fields;
use super::granite;
use crate::config::{
    Block, Config, Experts, LayerKind, Recurrence, RecurrenceKind, Weighting,
};
use crate::error::{Result, invalid_config};
use crate::family::Family;

/// Nothing of a state space depends on the length of a text; this bounds what is kept of it.
const CONTEXT: usize = 32_768;

/// Mamba and Falcon Mamba.
pub(super) fn mamba(name: &str, fields: Fields<'_>) -> Result<Config> {
    let mut config = alone(name, fields)?;
    let inner = expanded(fields, config.hidden_size, "expand")?;
    let given = fields.get::<Value>("time_step_rank")?;
    let rank = match given.as_ref().and_then(Value::as_u64) {
        Some(rank) => usize::try_from(rank).unwrap_or(0),
        None => config.hidden_size.div_ceil(16),
    };
    let kind = RecurrenceKind::Selective {
        inner,
        states: fields.get("state_size")?.unwrap_or(16),
        rank,
        normed: name == "falcon_mamba",
    };
    config.recurrence = Some(Recurrence {
        kind,
        taps: fields.get("conv_kernel")?.unwrap_or(4),
        taps_bias: fields.get("use_conv_bias")?.unwrap_or(true),
        bias: fields.is_on("use_bias")?,
        epsilon: fields.get("mixer_rms_eps")?.unwrap_or(1e-6),
    });
    config.tie_word_embeddings.get_or_insert(true);
    Ok(config)
}

pub(super) fn mamba2(fields: Fields<'_>) -> Result<Config> {
    let mut config = alone("mamba2", fields)?;
    let kind = RecurrenceKind::Heads {
        heads: fields.get("num_heads")?.unwrap_or(128),
        width: fields.get("head_dim")?.unwrap_or(64),
        states: fields.get("state_size")?.unwrap_or(128),
        groups: fields.get("n_groups")?.unwrap_or(8),
    };
    check_steps(fields)?;
    config.recurrence = Some(Recurrence {
        kind,
        taps: fields.get("conv_kernel")?.unwrap_or(4),
        taps_bias: fields.get("use_conv_bias")?.unwrap_or(true),
        bias: fields.is_on("use_bias")?,
        epsilon: config.norm.epsilon,
    });
    config.tie_word_embeddings.get_or_insert(false);
    Ok(config)
}

/// Granite 4, with and without experts.
pub(super) fn granite_hybrid(fields: Fields<'_>) -> Result<Config> {
    let mut config = granite::config(fields)?;
    config.architecture = "granitemoehybrid".into();
    config.family = Family::GraniteHybrid;
    let inner = config.intermediate_size;
    let shared_inner = fields.get("shared_intermediate_size")?.unwrap_or(1024);
    let count = fields.get("num_local_experts")?.unwrap_or(8);
    config.experts = (count > 0).then_some(Experts {
        count,
        used: fields.get("num_experts_per_tok")?.unwrap_or(2),
        inner,
        weighting: Weighting::Chosen,
        router_bias: false,
        choice_bias: false,
        shared_inner,
        shared_gate: false,
        scale: 1.0,
        groups: None,
    });
    if count == 0 {
        config.intermediate_size = shared_inner;
    }
    let heads: usize = fields.get("mamba_n_heads")?.unwrap_or(128);
    let inner = expanded(fields, config.hidden_size, "mamba_expand")?;
    let kind = RecurrenceKind::Heads {
        heads,
        width: inner / heads.max(1),
        states: fields.get("mamba_d_state")?.unwrap_or(256),
        groups: fields.get("mamba_n_groups")?.unwrap_or(1),
    };
    check_steps(fields)?;
    config.recurrence = Some(Recurrence {
        kind,
        taps: fields.get("mamba_d_conv")?.unwrap_or(4),
        taps_bias: fields.get("mamba_conv_bias")?.unwrap_or(true),
        bias: fields.is_on("mamba_proj_bias")?,
        epsilon: config.norm.epsilon,
    });
    let position: Option<String> = fields.get("position_embedding_type")?;
    let attention =
        LayerKind { rope: position.as_deref() == Some("rope"), ..LayerKind::ATTENTION };
    let types: Option<Vec<String>> =
        fields.first(&["layer_types", "layers_block_type"])?;
    let count = config.num_hidden_layers;
    let types = types.unwrap_or_else(|| vec!["mamba".into(); count]);
    check_length("layer_types", types.len(), count)?;
    let kind = |name: &String| LayerKind {
        experts: config.experts.is_some(),
        // Version 4 of transformers calls them by other names.
        ..match name.as_str() {
            "attention" | "full_attention" => attention,
            _ => LayerKind::RECURRENCE,
        }
    };
    config.layers = types.iter().map(kind).collect();
    Ok(config)
}

/// What models of state spaces alone have in common: they have no attention and no MLP.
fn alone(name: &str, fields: Fields<'_>) -> Result<Config> {
    let defaults = |field: &str| match field {
        "num_attention_heads" | "num_key_value_heads" => Some(1),
        "max_position_embeddings" => Some(CONTEXT),
        _ => None,
    };
    let mut config = base_with(name, fields, &defaults)?;
    config.family = Family::Mamba;
    config.block = Block::MixerOnly;
    config.num_attention_heads = 1;
    config.num_key_value_heads = 1;
    config.head_dim = 2;
    config.rope.rotated = 2;
    config.intermediate_size = 1;
    config.norm.epsilon = fields.get("layer_norm_epsilon")?.unwrap_or(1e-5);
    config.layers.fill(LayerKind::RECURRENCE);
    Ok(config)
}

/// The width that channels are expanded to.
fn expanded(fields: Fields<'_>, hidden: usize, name: &str) -> Result<usize> {
    let factor: f64 = fields.get(name)?.unwrap_or(2.0);
    match (0.0..=64.0).contains(&factor) {
        true => Ok((factor * hidden as f64) as usize),
        false => Err(invalid_config(format!("{name} is {factor}"))),
    }
}

/// Refuses bounds of step sizes: no published model has them.
fn check_steps(fields: Fields<'_>) -> Result<()> {
    let limits: Option<Vec<Value>> = fields.get("time_step_limit")?;
    let bounds = |limit: &Value| limit.as_f64().is_some_and(|limit| limit != 0.0);
    match limits.iter().flatten().any(bounds) {
        true => Err(invalid_config("time_step_limit is not supported")),
        false => Ok(()),
    }
}
