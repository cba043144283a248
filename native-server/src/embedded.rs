//! The site that was put into this program when it was built, if one was.

/// Its files by their paths; in the order of those.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// A file of the site.
pub(crate) fn file(path: &str) -> Option<&'static [u8]> {
    let index = FILES.binary_search_by(|(name, _)| (*name).cmp(path)).ok()?;
    Some(FILES[index].1)
}

/// Whether there is a site at all.
pub(crate) fn is_there() -> bool {
    !FILES.is_empty()
}
