//! StableLM 2 (arXiv:2402.17834) and StableLM-3B-4E1T.

use super::base::base;
use super::fields::Fields;
use super::rope;
use crate::config::{Block, Config, NormKind, QkNorm};
use crate::error::Result;

pub(super) fn config(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("stablelm", fields)?;
    config.norm.kind = NormKind::Layer;
    config.norm.bias = true;
    config.norm.epsilon = fields.get("layer_norm_eps")?.unwrap_or(1e-5);
    config.attention.qkv_bias = fields.is_on("use_qkv_bias")?;
    config.attention.output_bias = false;
    // StableLM 2 12B.
    if fields.is_on("qk_layernorm")? {
        config.attention.qk_norm = QkNorm::EachHead;
    }
    if fields.is_on("use_parallel_residual")? {
        config.block = Block::Parallel;
    }
    let defaults = rope::Defaults { rotated: 0.25, ..Default::default() };
    let context = config.context_length;
    config.rope = rope::config(fields, config.head_dim, context, defaults)?;
    Ok(config)
}
