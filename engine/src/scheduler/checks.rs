//! Checks that a request's fields are in range.

use protocol::{SamplerSettings, TokenId, limits};

use crate::error::{EngineError, Result};
use crate::session::Session;

/// Checks the sampler settings, with the tokens and the pattern that they name, and the
/// number of candidates.
pub(super) fn check_sampling(
    settings: &SamplerSettings,
    candidates: u32,
    session: &mut Session,
) -> Result<()> {
    settings.check().map_err(EngineError::InvalidSetting)?;
    let named: Vec<TokenId> = settings.named_tokens().collect();
    session.check_ids(&named)?;
    session.check_allowed(settings)?;
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
    session: &mut Session,
) -> Result<()> {
    check_sampling(settings, candidates, session)?;
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
