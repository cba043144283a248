//! `{% generation %}` blocks, which transformers adds to Jinja to find the model's own
//! turns while training. They change nothing in the text.

/// The template with each such block as a plain scope, `{% with %}`.
pub(super) fn as_scopes(source: &str) -> String {
    let mut result = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let (before, tag) = rest.split_at(start);
        result.push_str(before);
        let Some(end) = tag.find("%}") else {
            rest = tag;
            break;
        };
        // The signs that keep or strip white space stay as they are.
        let content = &tag[2..end];
        let name = content.trim_matches(|c: char| c.is_whitespace() || "-+".contains(c));
        let scope = match name {
            "generation" => Some("with"),
            "endgeneration" => Some("endwith"),
            _ => None,
        };
        // Other tags are left from their second character on: what seems to be their end
        // may lie in a string.
        match scope {
            Some(scope) => {
                result.push_str("{%");
                result.push_str(&content.replacen(name, scope, 1));
                result.push_str("%}");
                rest = &tag[end + 2..];
            }
            None => {
                result.push_str("{%");
                rest = &tag[2..];
            }
        }
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
