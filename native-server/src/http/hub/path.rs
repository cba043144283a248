//! Paths of models and their files.

use percent_encoding::percent_decode_str;

/// A part of a path, decoded; none if it is not UTF-8.
pub(super) fn decoded(part: &str) -> Option<String> {
    let text = percent_decode_str(part).decode_utf8().ok()?;
    Some(text.trim_matches('/').to_owned())
}

/// The revision at the start of a path, and what follows it. Its slashes are encoded, as
/// in `refs%2Fpr%2F1`, or it begins with `refs/` and has three parts.
pub(super) fn split_revision(rest: &str) -> Option<(String, String)> {
    let slashes = if rest.starts_with("refs/") { 3 } else { 1 };
    let end = rest.match_indices('/').nth(slashes - 1);
    let (revision, path) = match end {
        Some((at, _)) => (&rest[..at], &rest[at + 1..]),
        None => (rest, ""),
    };
    Some((decoded(revision)?, decoded(path)?))
}
