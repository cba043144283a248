//! Checks that a request's fields are in range.

use protocol::{GrowSettings, InvalidSetting, SamplerSettings, TokenId, limits};

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

/// Checks the limits of a tree of continuations.
pub(super) fn check_growth(growth: &GrowSettings) -> Result<()> {
    let GrowSettings { depth, width, mass, min_probability, nodes, .. } = *growth;
    check_limit("depth", depth as usize, 1, limits::MAX_GROW_DEPTH as usize)?;
    check_limit("width", width as usize, 1, limits::MAX_GROW_WIDTH as usize)?;
    check_limit("nodes", nodes as usize, 1, limits::MAX_GROW_NODES as usize)?;
    let invalid = |name, value, range| {
        Err(EngineError::InvalidSetting(InvalidSetting { name, value, range }))
    };
    // NaN is in no range.
    if !(mass > 0.0 && mass <= 1.0) {
        return invalid("mass", mass, "above 0, up to 1");
    }
    match (0.0..=1.0).contains(&min_probability) {
        true => Ok(()),
        false => invalid("min_probability", min_probability, "0 to 1"),
    }
}
