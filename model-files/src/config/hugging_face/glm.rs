//! Models whose rotated pairs are neighbours: GLM and GLM-4 (arXiv:2406.12793), Helium and
//! ERNIE 4.5.

use super::base::base;
use super::fields::Fields;
use super::rope;
use crate::config::{Block, Config};
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

fn rotate_neighbours(
    config: &mut Config,
    fields: Fields<'_>,
    defaults: rope::Defaults,
) -> Result<()> {
    config.rope = rope::config(fields, config.head_dim, config.context_length, defaults)?;
    config.rope.interleaved = true;
    Ok(())
}
