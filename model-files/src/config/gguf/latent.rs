//! Latent attention in GGUF files (DeepSeek-V2). Files since 2025 give the sizes of heads by keys of
//! their own, and those of what is cached by the usual ones.

use super::keys::Keys;
use crate::config::Latent;
use crate::error::Result;

/// The sizes of latent attention, and the channels of a query; `None` if a model has none.
///
/// # Errors
/// If a size is missing.
pub(super) fn latent(keys: &Keys<'_>) -> Result<Option<(Latent, usize)>> {
    let Ok(rank) = keys.size("attention.kv_lora_rank") else { return Ok(None) };
    let size = |name: &str| {
        let of_heads = keys.size(&format!("attention.{name}_mla"));
        of_heads.or_else(|_| keys.size(&format!("attention.{name}")))
    };
    let latent = Latent {
        query_rank: keys.size("attention.q_lora_rank").ok().filter(|rank| *rank > 0),
        rank,
        rotated: keys.size("rope.dimension_count")?,
        value_width: size("value_length")?,
    };
    Ok(Some((latent, size("key_length")?)))
}

/// The factor by which scores grow with the context that YaRN stretches to.
pub(super) fn growth(keys: &Keys<'_>) -> f64 {
    let per_fold = keys.float("rope.scaling.yarn_log_multiplier").unwrap_or(0.0);
    let factor = keys.float("rope.scaling.factor").unwrap_or(1.0);
    let growth = if factor > 1.0 { 1.0 + per_fold * factor.ln() } else { 1.0 };
    growth * growth
}
