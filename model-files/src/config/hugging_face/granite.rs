//! Granite 3: a Llama with constant factors.

use super::base::base;
use super::fields::Fields;
use crate::config::Config;
use crate::error::Result;

pub(super) fn config(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("granite", fields)?;
    let factor =
        |name: &str| Ok::<f64, crate::ModelFileError>(fields.get(name)?.unwrap_or(1.0));
    config.attention.scale = factor("attention_multiplier")?;
    config.scales.embedding = factor("embedding_multiplier")?;
    config.scales.residual = factor("residual_multiplier")?;
    config.scales.logits = 1.0 / factor("logits_scaling")?;
    Ok(config)
}
