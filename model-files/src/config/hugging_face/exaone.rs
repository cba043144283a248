//! EXAONE 4 (arXiv:2507.11407): norms after attention and MLP, heads with norms, and, in the
//! larger models, windows in the layers with rotary embedding.

use super::base::{base, sliding};
use super::fields::Fields;
use crate::config::{Block, Config, LayerKind, QkNorm};
use crate::error::{Result, invalid_config};
use crate::family::Family;

pub(super) fn config(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("exaone4", fields)?;
    config.family = Family::Olmo2;
    config.block = Block::PostNorm;
    config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-5);
    config.attention.qk_norm = QkNorm::Heads;
    let window: Option<usize> = fields.get("sliding_window")?;
    let Some(window) = window else { return Ok(config) };
    let sliding = sliding(fields, config.num_hidden_layers)?.ok_or_else(|| {
        invalid_config("config.json has a sliding_window but no layer_types")
    })?;
    let kind = |slides: bool| LayerKind {
        rope: slides,
        window: slides.then_some(window),
        ..LayerKind::ATTENTION
    };
    config.layers = sliding.into_iter().map(kind).collect();
    Ok(config)
}
