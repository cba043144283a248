//! OLMo (arXiv:2402.00838), whose norms have no weights; OLMo 2 (arXiv:2501.00656), and OLMo 3,
//! which has windows.

use super::base::{base, sliding};
use super::fields::Fields;
use super::rope;
use crate::config::{Block, Config, LayerKind, NormKind, QkNorm};
use crate::error::Result;
use crate::family::Family;

/// The last of each group of this many layers of OLMo 3 sees everything.
const PATTERN: usize = 4;

pub(super) fn olmo(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("olmo", fields)?;
    config.norm.kind = NormKind::Layer;
    config.norm.weights = false;
    config.norm.epsilon = 1e-5;
    config.attention.clip = fields.get("clip_qkv")?;
    Ok(config)
}

pub(super) fn olmo2(fields: Fields<'_>) -> Result<Config> {
    post_norm("olmo2", fields)
}

pub(super) fn olmo3(fields: Fields<'_>) -> Result<Config> {
    let mut config = post_norm("olmo3", fields)?;
    let count = config.num_hidden_layers;
    let window = fields.get("sliding_window")?.unwrap_or(4096);
    let sliding = sliding(fields, count)?
        .unwrap_or_else(|| (1..=count).map(|i| !i.is_multiple_of(PATTERN)).collect());
    let kind = |slides: bool| LayerKind {
        window: slides.then_some(window),
        ..LayerKind::ATTENTION
    };
    config.layers = sliding.into_iter().map(kind).collect();
    // Only layers that see everything have scaled angles.
    let (head_dim, context) = (config.head_dim, config.context_length);
    config.rope =
        rope::of_layers(fields, "full_attention", head_dim, context, 500_000.0)?;
    let local =
        rope::of_layers(fields, "sliding_attention", head_dim, context, 500_000.0)?;
    config.local_rope = Some(local);
    Ok(config)
}

fn post_norm(architecture: &str, fields: Fields<'_>) -> Result<Config> {
    let mut config = base(architecture, fields)?;
    config.family = Family::Olmo2;
    config.block = Block::PostNorm;
    config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-5);
    config.attention.qk_norm = QkNorm::Whole;
    Ok(config)
}
