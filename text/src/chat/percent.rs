//! Python's operator `"…" % values`, which does what Jinja's filter `format` does.
//! Minijinja only has the filter.

use super::scan::{
    after_space, end_of_tag, group_end, is_raw, name_end, next_tag, string_end,
};

/// Replaces each string literal that is followed by `%` by a call of the filter.
pub(super) fn as_filter(source: &str) -> String {
    let mut result = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(open) = next_tag(rest) {
        let tag = &rest[open + 2..];
        let end = end_of_tag(tag.as_bytes());
        result.push_str(&rest[..open + 2]);
        convert_expression(&tag[..end], &mut result);
        rest = &tag[end..];
        // There are no expressions in a raw block. The rest is copied.
        if is_raw(&tag[..end]) {
            break;
        }
    }
    result.push_str(rest);
    result
}

/// Appends an expression with its `%` operators replaced.
fn convert_expression(source: &str, result: &mut String) {
    let bytes = source.as_bytes();
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        let Some(end) = string_end(bytes, at) else {
            at += 1;
            continue;
        };
        at = end;
        let sign = after_space(bytes, end);
        let operand = after_space(bytes, sign + 1);
        if bytes.get(sign) != Some(&b'%') {
            continue;
        }
        if let Some(after) = operand_end(bytes, operand) {
            result.push_str(&source[copied..end]);
            result.push_str("|format(");
            convert_operand(&source[operand..after], result);
            result.push(')');
            (copied, at) = (after, after);
        }
    }
    result.push_str(&source[copied..]);
}

/// Appends an operand as arguments: the items of a tuple or of a map become arguments of
/// their own.
fn convert_operand(operand: &str, result: &mut String) {
    let bytes = operand.as_bytes();
    if group_end(bytes, 0) == Some(bytes.len()) {
        let inner = operand[1..bytes.len() - 1].trim();
        if bytes[0] == b'{' {
            result.push_str("**");
        } else if bytes[0] == b'(' && (inner.is_empty() || has_comma(inner.as_bytes())) {
            return convert_expression(inner.trim_end_matches(','), result);
        }
    }
    convert_expression(operand, result);
}

/// Whether there is a comma outside of strings and brackets.
fn has_comma(bytes: &[u8]) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b',' {
            return true;
        }
        at = string_end(bytes, at).or_else(|| group_end(bytes, at)).unwrap_or(at + 1);
    }
    false
}

/// The end of a value with its attributes, items, calls and filters.
fn operand_end(bytes: &[u8], at: usize) -> Option<usize> {
    let signed = matches!(bytes.get(at), Some(b'-' | b'+'));
    let at = if signed { after_space(bytes, at + 1) } else { at };
    let mut end = string_end(bytes, at)
        .or_else(|| group_end(bytes, at))
        .or_else(|| name_end(bytes, at))?;
    loop {
        let next = after_space(bytes, end);
        end = match bytes.get(next) {
            Some(b'.' | b'|') => name_end(bytes, after_space(bytes, next + 1))?,
            Some(b'(' | b'[') => group_end(bytes, next)?,
            _ => return Some(end),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_operators_become_filters_and_all_else_stays() {
        for (source, expected) in [
            ("{{ '%s' % x }}", "{{ '%s'|format(x) }}"),
            ("{{ '%s' % (a, b) }}", "{{ '%s'|format(a, b) }}"),
            ("{{ '%s' % (a,) ~ 'x' }}", "{{ '%s'|format(a) ~ 'x' }}"),
            ("{{ '%s' % (a + b) }}", "{{ '%s'|format((a + b)) }}"),
            ("{{ '%s' % -a.b['c'](1)|f + 2 }}", "{{ '%s'|format(-a.b['c'](1)|f) + 2 }}"),
            ("{{ '%(a)s' % {'a': 1} }}", "{{ '%(a)s'|format(**{'a': 1}) }}"),
            ("{% set x = '%s' % '%d' %}", "{% set x = '%s'|format('%d') %}"),
            ("{% if x == 'a' %}'b' % c", "{% if x == 'a' %}'b' % c"),
            ("{{ 'a' }} 'b' % c {{ 5 % 2 }}", "{{ 'a' }} 'b' % c {{ 5 % 2 }}"),
            ("{% raw %}{{ 'a' % 1 }}{% endraw %}", "{% raw %}{{ 'a' % 1 }}{% endraw %}"),
            ("{{ 'a' %", "{{ 'a' %"),
            ("{{ 'a", "{{ 'a"),
            ("{{ 'a' % (b", "{{ 'a' % (b"),
            ("{{ {'é': {'}}': 1}} }}'x' % y", "{{ {'é': {'}}': 1}} }}'x' % y"),
        ] {
            assert_eq!(as_filter(source), expected);
        }
    }
}
