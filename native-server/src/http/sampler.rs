//! The sampler's settings as routes take them.

use std::hash::{BuildHasher, RandomState};

use protocol::{InvalidSetting, SamplerSettings};

use super::error::ApiError;
use super::members::Members;

/// A random seed.
pub(crate) fn random_seed() -> u32 {
    // The randomness of the standard library is good enough to sample with.
    RandomState::new().hash_one(()) as u32
}

/// A number of the sampler, in 32 bits. A value next to a bound stays on its side of the
/// bound when it is rounded: what is a little too large is not rounded to the maximum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SamplerNumber(pub(crate) f32);

impl From<f64> for SamplerNumber {
    fn from(value: f64) -> SamplerNumber {
        let near = value as f32;
        let at_bound = near == 0.0 || near == 1.0 || near == 2.0;
        SamplerNumber(match f64::from(near) {
            exact if !at_bound || exact == value => near,
            less if less < value => near.next_up(),
            _ => near.next_down(),
        })
    }
}

/// Checks the ranges of all settings.
///
/// # Errors
/// The first that is out of its range.
pub(crate) fn checked(settings: SamplerSettings) -> Result<SamplerSettings, ApiError> {
    match settings.check() {
        Ok(()) => Ok(settings),
        Err(InvalidSetting { name, value, range }) => {
            let message = format!("{name} is {value}; it can be {range}.");
            Err(ApiError::bad_request(message).about(name))
        }
    }
}

/// Takes the sampler's settings.
///
/// # Errors
/// The first that has another type or is out of its range.
pub(crate) fn settings(members: &mut Members) -> Result<SamplerSettings, ApiError> {
    let usual = SamplerSettings::default();
    let mut number = |name, usual| -> Result<f32, ApiError> {
        Ok(members.number(name)?.map_or(usual, |SamplerNumber(value)| value))
    };
    let temperature = number("temperature", usual.temperature)?;
    let (top_p, min_p) = (number("top_p", usual.top_p)?, number("min_p", usual.min_p)?);
    let top_k = members.integer("top_k", 0..=u32::MAX)?.unwrap_or(usual.top_k);
    let seed = members.integer("seed", 0..=u32::MAX)?.unwrap_or_else(random_seed);
    checked(SamplerSettings { temperature, top_k, top_p, min_p, seed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_next_to_a_bound_stay_on_their_side_of_it() {
        assert_eq!(SamplerNumber::from(0.7).0, 0.7);
        assert_eq!(SamplerNumber::from(2.0).0, 2.0);
        assert!(SamplerNumber::from(2.000_000_000_000_000_4).0 > 2.0);
        assert!(SamplerNumber::from(5e-324).0 > 0.0);
        assert!(SamplerNumber::from(-5e-324).0 < 0.0);
        assert!(SamplerNumber::from(0.999_999_999_999_9).0 < 1.0);
    }
}
