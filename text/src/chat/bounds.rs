//! Bounds what a template builds. A value that is given a name is counted as a whole, so
//! that names cannot double it again and again: what is done with values later, such as
//! comparing them, then ends. A filter does that, which is added to every assignment.

use super::scan::{self, after_space, group_end, name_end, string_end};

/// The filter that counts a value.
pub(super) const FILTER: &str = "bounded_value";

/// The source with the filter in each `set`, and a `set` with it for each parameter of a
/// macro and each name of a `with`.
pub(super) fn counted(source: &str) -> String {
    let mut result = String::with_capacity(source.len() + 256);
    let mut rest = source;
    while let Some(open) = scan::next_tag(rest) {
        let tag = &rest[open + 2..];
        let end = scan::end_of_tag(tag.as_bytes());
        let (inside, is_block) = (&tag[..end], rest[open..].starts_with("{%"));
        result.push_str(&rest[..open + 2]);
        let (words, sign) = match inside.strip_suffix(['-', '+']) {
            Some(words) => (words, &inside[words.len()..]),
            None => (inside, ""),
        };
        rest = &tag[end..];
        match keyword(words).filter(|_| is_block) {
            Some(("set", after)) if assignment(after).is_some() => {
                let at =
                    words.len() - after.len() + assignment(after).unwrap_or_default();
                let (target, value) = words.split_at(at + 1);
                result
                    .push_str(&format!("{target} ({}) | {FILTER} {sign}", value.trim()));
            }
            Some(("macro" | "with", after)) if rest.len() >= 2 => {
                result.push_str(inside);
                result.push_str(&rest[..2]);
                rest = &rest[2..];
                for name in names(after) {
                    result.push_str(&format!(
                        "{{% set {name} = ({name}) | {FILTER} {sign}%}}"
                    ));
                }
            }
            _ => result.push_str(inside),
        }
        // There are no expressions in a raw block. The rest is copied.
        if scan::is_raw(inside) {
            break;
        }
    }
    result.push_str(rest);
    result
}

/// The first word of a tag, and what follows it.
fn keyword(tag: &str) -> Option<(&str, &str)> {
    let bytes = tag.as_bytes();
    let signed = matches!(bytes.first(), Some(b'-' | b'+'));
    let start = after_space(bytes, usize::from(signed));
    let end = name_end(bytes, start)?;
    Some((&tag[start..end], &tag[end..]))
}

/// The place of the sign `=` between a target and its value; none for a block that is
/// captured.
fn assignment(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'=' {
            return (bytes.get(at + 1) != Some(&b'=')).then_some(at);
        }
        at = string_end(bytes, at).or_else(|| group_end(bytes, at)).unwrap_or(at + 1);
    }
    None
}

/// The names of `f(a, b=1)`, and of `a = 1, b = 2`.
fn names(text: &str) -> Vec<&str> {
    let text = match text.find('(').filter(|at| !text[..*at].contains('=')) {
        Some(open) => {
            let end = group_end(text.as_bytes(), open).unwrap_or(text.len());
            text.get(open + 1..end - 1).unwrap_or_default()
        }
        None => text,
    };
    let bytes = text.as_bytes();
    let (mut names, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let start = after_space(bytes, at);
        if let Some(end) = name_end(bytes, start) {
            names.push(&text[start..end]);
        }
        // On to behind the next comma.
        at = start;
        while at < bytes.len() && bytes[at] != b',' {
            at = string_end(bytes, at).or_else(|| group_end(bytes, at)).unwrap_or(at + 1);
        }
        at += 1;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_gets_a_counted_value_and_all_else_stays() {
        for (source, expected) in [
            ("{% set x = 1 %}", "{% set x = (1) | bounded_value %}"),
            ("{%- set a, b = 1, '=' -%}", "{%- set a, b = (1, '=') | bounded_value -%}"),
            ("{% set n.x = a == b %}", "{% set n.x = (a == b) | bounded_value %}"),
            ("{% set x %}a = b{% endset %}", "{% set x %}a = b{% endset %}"),
            ("{% set x | upper %}", "{% set x | upper %}"),
            ("{% if a == b %}{{ c = d }}", "{% if a == b %}{{ c = d }}"),
            (
                "{% macro f(a, b=[1, 2]) -%} x",
                "{% macro f(a, b=[1, 2]) -%}{% set a = (a) | bounded_value -%}\
                 {% set b = (b) | bounded_value -%} x",
            ),
            (
                "{% with y = f(1, 2) %}",
                "{% with y = f(1, 2) %}{% set y = (y) | bounded_value %}",
            ),
            ("{% macro f() %}", "{% macro f() %}"),
            ("{% raw %}{% set x = 1 %}", "{% raw %}{% set x = 1 %}"),
            ("{% set x = 'a", "{% set x = 'a"),
            ("{% macro f(", "{% macro f("),
        ] {
            let found = counted(source);
            assert!(found == expected || !source.ends_with('}'), "{found}\n{expected}");
        }
    }
}
