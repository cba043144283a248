//! LFM2: short convolutions, and attention in some layers.

use super::base::{base, check_length};
use super::experts::experts;
use super::fields::Fields;
use super::rope;
use crate::config::{Config, Experts, LayerKind, MixerKind, QkNorm, Weighting};
use crate::error::Result;
use crate::error::invalid_config;
use crate::family::Family;

pub(super) fn config(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("lfm2", fields)?;
    config.family = Family::Lfm2;
    config.norm.epsilon = fields.first(&["norm_eps", "block_norm_eps"])?.unwrap_or(1e-5);
    config.attention.qk_norm = QkNorm::Heads;
    config.intermediate_size = intermediate_size(fields, config.intermediate_size)?;
    config.convolution_taps = fields.get("conv_L_cache")?.unwrap_or(3);
    config.convolution_bias = fields.is_on("conv_bias")?;
    let defaults = rope::Defaults { theta: 1_000_000.0, ..Default::default() };
    let context = config.context_length;
    config.rope = rope::config(fields, config.head_dim, context, defaults)?;
    if let Some(tied) = fields.get("tie_embedding")? {
        config.tie_word_embeddings = Some(tied);
    }
    config.tie_word_embeddings.get_or_insert(true);
    config.layers = layers(fields, config.num_hidden_layers)?;
    Ok(config)
}

/// With experts, which are chosen by sigmoids, behind the first layers.
pub(super) fn moe(fields: Fields<'_>) -> Result<Config> {
    let mut config = config(fields)?;
    config.architecture = "lfm2_moe".into();
    // Nothing is adjusted here.
    config.intermediate_size = fields.get("intermediate_size")?.unwrap_or(7168);
    let inner = fields.get("moe_intermediate_size")?.unwrap_or(1792);
    let normalised = fields.get("norm_topk_prob")?.unwrap_or(true);
    config.experts = Some(Experts {
        choice_bias: fields.get("use_expert_bias")?.unwrap_or(true),
        scale: fields.get("routed_scaling_factor")?.unwrap_or(1.0),
        ..experts(fields, inner, (32, 4), Weighting::Sigmoid { normalised })?
    });
    let dense: usize = fields.get("num_dense_layers")?.unwrap_or(2);
    for kind in config.layers.iter_mut().skip(dense) {
        kind.experts = true;
    }
    Ok(config)
}

/// The width of the MLP (`Lfm2MLP` in transformers), which is adjusted from the
/// configured one.
fn intermediate_size(fields: Fields<'_>, given: usize) -> Result<usize> {
    let given = fields.get("block_ff_dim")?.unwrap_or(given);
    if !fields.get("block_auto_adjust_ff_dim")?.unwrap_or(true) {
        return Ok(given);
    }
    let multiplier: f64 = fields.get("block_ffn_dim_multiplier")?.unwrap_or(1.0);
    let multiple: usize = fields.get("block_multiple_of")?.unwrap_or(256);
    if !(0.0..=1e3).contains(&multiplier) || !(1..=1 << 16).contains(&multiple) {
        return Err(invalid_config("the width of the MLP is not usable"));
    }
    let size = (multiplier * (given.min(1 << 24) * 2 / 3) as f64) as usize;
    Ok(size.next_multiple_of(multiple))
}

fn layers(fields: Fields<'_>, count: usize) -> Result<Vec<LayerKind>> {
    const CONVOLUTION: LayerKind =
        LayerKind { mixer: MixerKind::Convolution, rope: false, ..LayerKind::ATTENTION };
    let kind = |attends| if attends { LayerKind::ATTENTION } else { CONVOLUTION };
    if let Some(types) = fields.get::<Vec<String>>("layer_types")? {
        check_length("layer_types", types.len(), count)?;
        return Ok(types.iter().map(|name| kind(name != "conv")).collect());
    }
    let attending: Option<Vec<usize>> = fields.get("full_attn_idxs")?;
    Ok((0..count)
        .map(|i| kind(attending.as_ref().is_none_or(|layers| layers.contains(&i))))
        .collect())
}
