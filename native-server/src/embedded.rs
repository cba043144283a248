//! The site that was built into this program, if one was.

/// Its files with their paths, sorted by these.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/site.rs"));

/// A file of the site.
pub(crate) fn file(path: &str) -> Option<&'static [u8]> {
    let index = FILES.binary_search_by(|(name, _)| (*name).cmp(path)).ok()?;
    Some(FILES[index].1)
}

/// Whether this program has a site.
pub(crate) fn is_built_in() -> bool {
    !FILES.is_empty()
}
