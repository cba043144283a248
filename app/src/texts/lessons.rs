//! Sentences about lessons. What a lesson says stands in its own file.

pub(crate) use crate::language::table::lessons::*;

/// Whether a guess was right.
pub(crate) fn verdict(right: bool) -> &'static str {
    if right { RIGHT.get() } else { NOT_QUITE.get() }
}
