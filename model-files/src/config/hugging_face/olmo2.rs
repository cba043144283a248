//! OLMo 2 (arXiv:2501.00656).

use super::base::base;
use super::fields::Fields;
use crate::config::{Block, Config, QkNorm};
use crate::error::Result;
use crate::family::Family;

pub(super) fn config(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("olmo2", fields)?;
    config.family = Family::Olmo2;
    config.block = Block::PostNorm;
    config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-5);
    config.attention.qk_norm = QkNorm::Whole;
    Ok(config)
}
