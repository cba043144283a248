//! The placeholders of a text: what is in braces.

/// The names of a text's placeholders, in order.
pub fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split('{').skip(1);
    after.filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// The text with a number in place of each name: its place among `names`. Unknown names stay.
pub(crate) fn numbered(text: &str, names: &[&str]) -> String {
    let mut numbered = text.to_owned();
    for (number, name) in names.iter().enumerate() {
        numbered = numbered.replace(&format!("{{{name}}}"), &format!("{{{number}}}"));
    }
    numbered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_and_numbered_in_any_order() {
        let text = "{b} of {a}, {b}";
        assert_eq!(placeholders(text).collect::<Vec<_>>(), ["b", "a", "b"]);
        assert_eq!(numbered(text, &["a", "b"]), "{1} of {0}, {1}");
        assert_eq!(placeholders("no {brace").count(), 0);
    }
}
