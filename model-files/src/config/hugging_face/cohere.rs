//! Command R and R7B (Cohere): attention and MLP side by side after one norm without a bias.

use super::base::{base, sliding};
use super::fields::Fields;
use super::rope;
use crate::config::{Block, Config, LayerKind, NormKind, QkNorm};
use crate::error::Result;

/// The last of each group of this many layers of `cohere2` sees everything.
const PATTERN: usize = 4;

pub(super) fn config(architecture: &str, fields: Fields<'_>) -> Result<Config> {
    let mut config = base(architecture, fields)?;
    config.norm.kind = NormKind::Layer;
    config.norm.epsilon = fields.get("layer_norm_eps")?.unwrap_or(1e-5);
    config.block = Block::Parallel;
    // Command R+.
    if fields.is_on("use_qk_norm")? {
        config.attention.qk_norm = QkNorm::EachHead;
    }
    config.scales.logits = fields.get("logit_scale")?.unwrap_or(0.0625);
    config.tie_word_embeddings.get_or_insert(true);
    let theta = if architecture == "cohere" { 500_000.0 } else { 10_000.0 };
    let defaults = rope::Defaults { theta, ..Default::default() };
    let context = config.context_length;
    config.rope = rope::config(fields, config.head_dim, context, defaults)?;
    config.rope.interleaved = true;
    if architecture == "cohere2" {
        config.layers = layers(fields, config.num_hidden_layers)?;
    }
    Ok(config)
}

/// Layers with a window are rotated, those without are not.
fn layers(fields: Fields<'_>, count: usize) -> Result<Vec<LayerKind>> {
    let window = fields.get("sliding_window")?.unwrap_or(4096);
    let pattern: usize = fields.get("sliding_window_pattern")?.unwrap_or(PATTERN);
    let sliding = sliding(fields, count)?.unwrap_or_else(|| {
        (1..=count).map(|i| pattern == 0 || !i.is_multiple_of(pattern)).collect()
    });
    let kind = |slides: bool| LayerKind {
        rope: slides,
        window: slides.then_some(window),
        ..LayerKind::ATTENTION
    };
    Ok(sliding.into_iter().map(kind).collect())
}
