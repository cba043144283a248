//! Models whose rotated pairs are neighbours: GLM and GLM-4 (arXiv:2406.12793), Helium and
//! ERNIE 4.5.

use super::base::base;
use super::experts::experts;
use super::fields::Fields;
use super::rope;
use crate::config::{Block, Config, Experts, Weighting};
use crate::error::Result;
use crate::family::Family;

/// GLM and GLM-4, whose blocks have norms after attention and MLP, too.
pub(super) fn glm(architecture: &str, fields: Fields<'_>) -> Result<Config> {
    let mut config = base(architecture, fields)?;
    config.family = Family::Glm;
    if architecture == "glm4" {
        config.block = Block::Sandwich;
    }
    config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1.5625e-7);
    config.attention.qkv_bias = fields.get("attention_bias")?.unwrap_or(true);
    config.attention.output_bias = false;
    let defaults = rope::Defaults { rotated: 0.5, ..Default::default() };
    rotate_neighbours(&mut config, fields, defaults)?;
    Ok(config)
}

/// Helium and ERNIE 4.5: Llamas otherwise.
pub(super) fn interleaved(architecture: &str, fields: Fields<'_>) -> Result<Config> {
    let mut config = base(architecture, fields)?;
    let theta = match architecture {
        "helium" => {
            // Whatever the file says, its output projection has no bias.
            config.attention.output_bias = false;
            config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-8);
            100_000.0
        }
        _ => {
            let bias = fields.is_on("use_bias")?;
            config.attention.qkv_bias = bias;
            config.attention.output_bias = bias;
            config.mlp.bias = bias;
            config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-5);
            config.tie_word_embeddings.get_or_insert(true);
            500_000.0
        }
    };
    let defaults = rope::Defaults { theta, ..Default::default() };
    rotate_neighbours(&mut config, fields, defaults)?;
    Ok(config)
}

/// ERNIE 4.5 with experts, some of which serve all tokens. A bias decides which are chosen, and
/// does not weigh.
pub(super) fn ernie_moe(fields: Fields<'_>) -> Result<Config> {
    let mut config = interleaved("ernie4_5_moe", fields)?;
    config.family = Family::Moe;
    config.head_bias = fields.is_on("use_bias")?;
    let size = |names: &[&str], usual: usize| -> Result<usize> {
        Ok(fields.first(names)?.unwrap_or(usual))
    };
    let inner = size(&["moe_intermediate_size"], 1536)?;
    let shared = size(&["moe_num_shared_experts"], 2)?;
    config.experts = Some(Experts {
        count: size(&["moe_num_experts", "num_experts", "num_local_experts"], 64)?,
        used: size(&["moe_k", "num_experts_per_tok"], 6)?,
        choice_bias: true,
        shared_inner: inner.saturating_mul(shared),
        ..experts(fields, inner, (64, 6), Weighting::Chosen)?
    });
    let start = size(&["moe_layer_start_index"], 1)?;
    let step = size(&["moe_layer_interval"], 1)?;
    // The last layer may be told by −1.
    let end: Option<i64> = fields.get("moe_layer_end_index")?;
    let end = end.and_then(|end| usize::try_from(end).ok()).unwrap_or(usize::MAX);
    for (layer, kind) in config.layers.iter_mut().enumerate() {
        let within = (start..=end).contains(&layer);
        kind.experts = within && (layer + 1).is_multiple_of(step);
    }
    Ok(config)
}

fn rotate_neighbours(
    config: &mut Config,
    fields: Fields<'_>,
    defaults: rope::Defaults,
) -> Result<()> {
    config.rope = rope::config(fields, config.head_dim, config.context_length, defaults)?;
    config.rope.interleaved = true;
    Ok(())
}
