//! StableLM 2 (arXiv:2402.17834) and StableLM-3B-4E1T.

use super::base::base;
use super::fields::Fields;
use super::rope;
use crate::config::{Block, Config, NormKind};
use crate::error::Result;
use crate::error::invalid_config;

pub(super) fn config(fields: Fields<'_>) -> Result<Config> {
    if fields.is_on("qk_layernorm")? {
        return Err(invalid_config(
            "norms of queries and keys with weights of each head's own \
                            (StableLM 2 12B) are not supported",
        ));
    }
    let mut config = base("stablelm", fields)?;
    config.norm.kind = NormKind::Layer;
    config.norm.bias = true;
    config.norm.epsilon = fields.get("layer_norm_eps")?.unwrap_or(1e-5);
    config.attention.qkv_bias = fields.is_on("use_qkv_bias")?;
    config.attention.output_bias = false;
    if fields.is_on("use_parallel_residual")? {
        config.block = Block::Parallel;
    }
    let defaults = rope::Defaults { rotated: 0.25, ..Default::default() };
    let context = config.context_length;
    config.rope = rope::config(fields, config.head_dim, context, defaults)?;
    Ok(config)
}
