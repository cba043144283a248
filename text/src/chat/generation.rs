//! `{% generation %}` blocks, which transformers adds to Jinja to find the model's own
//! turns while training. They change nothing in the text.

/// Replaces each such block by a plain scope, `{% with %}`.
pub(super) fn as_scopes(source: &str) -> String {
    let mut result = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, tag)) = rest.split_once("{%") {
        result.push_str(before);
        result.push_str("{%");
        rest = tag;
        let Some((content, after)) = tag.split_once("%}") else { continue };
        // The signs that keep or strip white space are kept.
        let name = content.trim_matches(|c: char| c.is_whitespace() || "-+".contains(c));
        let scope = match name {
            "generation" => "with",
            "endgeneration" => "endwith",
            // What seems to be the end of another tag may be inside of a string in it.
            _ => continue,
        };
        result.push_str(&content.replacen(name, scope, 1));
        result.push_str("%}");
        rest = after;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_become_scopes_with_their_white_space_control() {
        let source = "a{%- generation -%} b {% endgeneration %}{% set generation = 1 %}";
        let expected = "a{%- with -%} b {% endwith %}{% set generation = 1 %}";
        assert_eq!(as_scopes(source), expected);
        assert_eq!(as_scopes("{% generation"), "{% generation");
        assert_eq!(as_scopes("{%{% generation %}"), "{%{% with %}");
    }
}
