//! The tags, strings, brackets and names of a template's source.

/// Where the next tag of a block or of an expression begins.
pub(super) fn next_tag(source: &str) -> Option<usize> {
    source.find("{{").into_iter().chain(source.find("{%")).min()
}

/// Whether a tag begins a block without tags.
pub(super) fn is_raw(tag: &str) -> bool {
    tag.trim_matches(|c: char| c.is_whitespace() || "-+".contains(c)) == "raw"
}

/// The end of a tag's expression, before the closing bracket.
pub(super) fn end_of_tag(tag: &[u8]) -> usize {
    let mut at = 0;
    while at < tag.len() {
        at = match &tag[at..] {
            [b'}', b'}', ..] | [b'%', b'}', ..] => return at,
            [b'"' | b'\'', ..] => string_end(tag, at).unwrap_or(tag.len()),
            [b'(' | b'[' | b'{', ..] => group_end(tag, at).unwrap_or(tag.len()),
            _ => at + 1,
        };
    }
    tag.len()
}

/// The end of the string literal that begins here.
pub(super) fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = *bytes.get(start).filter(|byte| matches!(byte, b'"' | b'\''))?;
    let mut at = start + 1;
    while *bytes.get(at)? != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    Some(at + 1)
}

/// The end of the bracketed group that begins here.
pub(super) fn group_end(bytes: &[u8], start: usize) -> Option<usize> {
    if !matches!(bytes.get(start)?, b'(' | b'[' | b'{') {
        return None;
    }
    let mut depth = 0_usize;
    let mut at = start;
    loop {
        let next = string_end(bytes, at).unwrap_or(at + 1);
        match bytes.get(at)? {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            _ => (),
        }
        at = next;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// The end of the name or number that begins here.
pub(super) fn name_end(bytes: &[u8], start: usize) -> Option<usize> {
    let in_name =
        |byte: &u8| *byte == b'_' || *byte >= 0x80 || byte.is_ascii_alphanumeric();
    let length = bytes.get(start..)?.iter().take_while(|byte| in_name(byte)).count();
    (length > 0).then_some(start + length)
}

/// Where white space ends that begins here.
pub(super) fn after_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}
