//! OPT (arXiv:2205.01068).

use super::base::{activation, base};
use super::fields::Fields;
use super::gpt::set_gpt_defaults;
use crate::config::{Block, Config, LayerKind};
use crate::error::{Result, invalid_config};
use crate::family::Family;

pub(super) fn config(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("opt", fields)?;
    let projected: Option<usize> = fields.get("word_embed_proj_dim")?;
    let refusals = [
        (fields.is_on("_remove_final_layer_norm")?, "no final norm"),
        (
            !fields.get("layer_norm_elementwise_affine")?.unwrap_or(true),
            "norms without weights",
        ),
    ];
    if let Some((_, what)) = refusals.iter().find(|(found, _)| *found) {
        return Err(invalid_config(format!("{what}: not supported")));
    }
    config.family = Family::Opt;
    config.embedding_width = projected.filter(|width| *width != config.hidden_size);
    if !fields.get("do_layer_norm_before")?.unwrap_or(true) {
        config.block = Block::NormAfterSum;
    }
    set_gpt_defaults(&mut config, fields, "layer_norm_eps")?;
    config.intermediate_size = fields.get("ffn_dim")?.unwrap_or(config.intermediate_size);
    let bias = fields.get("enable_bias")?.unwrap_or(true);
    config.mlp.bias = bias;
    config.attention.qkv_bias = bias;
    config.attention.output_bias = bias;
    let act: Option<String> = fields.get("activation_function")?;
    config.mlp.activation = activation(act.as_deref().unwrap_or("relu"))?;
    config.learned_positions = true;
    config.layers.fill(LayerKind { rope: false, ..LayerKind::ATTENTION });
    config.tie_word_embeddings.get_or_insert(true);
    Ok(config)
}
