//! Sentences about lessons. What a lesson says stands in its own file.

/// The file is missing or is no lesson.
pub(crate) const NOT_FOUND: &str = "This lesson could not be opened.";

/// Whether a guess was right.
pub(crate) fn verdict(right: bool) -> &'static str {
    if right { "Right." } else { "Not quite." }
}
