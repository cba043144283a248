//! Falcon 7B, 40B and 11B (arXiv:2311.16867).

use super::base::{activation, base};
use super::fields::Fields;
use crate::config::{Alibi, Block, Config, LayerKind, NormKind};
use crate::error::Result;
use crate::family::Family;

pub(super) fn config(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("falcon", fields)?;
    config.family = Family::Falcon;
    let newer = fields.is_on("new_decoder_architecture")?;
    let parallel = fields.get("parallel_attn")?.unwrap_or(true);
    let norms = fields.get("num_ln_in_parallel_attn")?.unwrap_or(1 + u8::from(newer));
    config.block = match (parallel || newer, newer && norms == 2) {
        (false, _) => Block::PreNorm,
        (true, false) => Block::Parallel,
        (true, true) => Block::ParallelTwoNorms,
    };
    let heads = config.num_attention_heads;
    config.num_key_value_heads = match fields.get("multi_query")?.unwrap_or(true) {
        true if !newer => 1,
        _ => fields.first(&["num_kv_heads", "n_head_kv"])?.unwrap_or(heads),
    };
    config.norm.kind = NormKind::Layer;
    config.norm.bias = true;
    config.norm.epsilon = fields.get("layer_norm_epsilon")?.unwrap_or(1e-5);
    let bias = fields.is_on("bias")?;
    config.attention.qkv_bias = bias;
    config.attention.output_bias = bias;
    config.mlp.gated = false;
    config.mlp.bias = bias;
    let act: Option<String> = fields.get("activation")?;
    config.mlp.activation = activation(act.as_deref().unwrap_or("gelu"))?;
    config.intermediate_size =
        fields.get("ffn_hidden_size")?.unwrap_or(config.hidden_size.saturating_mul(4));
    if fields.is_on("alibi")? {
        config.alibi = Some(Alibi::geometric(heads)?.rounded());
        config.layers.fill(LayerKind { rope: false, ..LayerKind::ATTENTION });
    }
    config.tie_word_embeddings.get_or_insert(true);
    Ok(config)
}
