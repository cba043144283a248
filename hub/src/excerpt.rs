//! Texts that came from a person, as an error may repeat them.

/// A text as it can be repeated to a person: short, and without what stands before the
/// host of an address, which may be a token.
pub(crate) fn excerpt(text: &str) -> String {
    let text = text.trim();
    let secret = text.find("://").and_then(|scheme| {
        let authority = &text[scheme + 3..];
        let end = authority.find('/').unwrap_or(authority.len());
        let at = authority[..end].rfind('@')?;
        Some((scheme + 3, scheme + 3 + at))
    });
    let text = match secret {
        Some((start, end)) => format!("{}…{}", &text[..start], &text[end..]),
        None => text.to_owned(),
    };
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
