//! Checks that a request's fields are in range.

use protocol::{SamplerSettings, limits};

use crate::error::{EngineError, Result};

/// Checks the sampler settings and the number of candidates.
pub(super) fn check_sampling(settings: &SamplerSettings, candidates: u32) -> Result<()> {
    settings.check().map_err(EngineError::InvalidSetting)?;
    check_candidates(candidates)
}

/// Checks the number of candidates.
pub(super) fn check_candidates(candidates: u32) -> Result<()> {
    check_limit("candidates", candidates as usize, 1, limits::MAX_CANDIDATES as usize)
}

/// Checks the fields that [`check_sampling`] checks, and the number of new tokens.
pub(super) fn check_generation(
    settings: &SamplerSettings,
    candidates: u32,
    max_new_tokens: u32,
) -> Result<()> {
    check_sampling(settings, candidates)?;
    let most = limits::MAX_NEW_TOKENS as usize;
    check_limit("max_new_tokens", max_new_tokens as usize, 1, most)
}

/// Checks that `value` is in `least..=most`; `name` is the field's name.
pub(super) fn check_limit(
    name: &'static str,
    value: usize,
    least: usize,
    most: usize,
) -> Result<()> {
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(EngineError::InvalidLimit { name, value, least, most }),
    }
}
