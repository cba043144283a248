//! Normalizes a text.

use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::{NormalizedString, Normalizer};

use super::error::TokenizerError;

/// The normalized text.
///
/// # Errors
/// If the library cannot normalize it.
pub(super) fn normalize(
    normalizer: &Option<NormalizerWrapper>,
    text: &str,
) -> Result<String, TokenizerError> {
    let Some(normalizer) = normalizer else { return Ok(text.to_owned()) };
    let mut normalized = NormalizedString::from(text);
    normalizer.normalize(&mut normalized)?;
    Ok(normalized.get().to_owned())
}
