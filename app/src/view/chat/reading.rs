//! A reply as text to read: without token marks or special tokens. Markup stays as it was
//! written; only blocks of code between fences are set in a monospaced font.

use web_sys::Element;

use crate::dom::{self, Slot};

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    /// The lines between two fences, or after the last one.
    Code(&'a str),
}

/// The text in an element.
#[derive(Debug)]
pub(super) struct Reading {
    host: Element,
    /// Whether each part is code, and its element.
    parts: Vec<(bool, Slot)>,
}

impl Reading {
    pub(super) fn new(host: Element) -> Reading {
        Reading { host, parts: Vec::new() }
    }

    /// Renders a text. Only the parts that have changed are written.
    pub(super) fn render(&mut self, text: &str) {
        let parts = parts(text);
        for (index, part) in parts.iter().enumerate() {
            let (is_code, text) = match part {
                Part::Text(text) => (false, *text),
                Part::Code(text) => (true, *text),
            };
            if self.parts.get(index).is_none_or(|(code, _)| *code != is_code) {
                self.remove_from(index);
                let name = if is_code { "pre" } else { "p" };
                let Ok(slot) = dom::append(&self.host, name) else { return };
                self.parts.push((is_code, slot));
            }
            self.parts[index].1.text(text);
        }
        self.remove_from(parts.len());
    }

    fn remove_from(&mut self, index: usize) {
        for (_, slot) in self.parts.drain(index.min(self.parts.len())..) {
            slot.element().remove();
        }
    }
}

/// Divides a text at its lines of three backticks.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut in_code, mut at) = (0, false, 0);
    let mut push = |from: usize, to: usize, code: bool| {
        let part = text[from..to].strip_suffix('\n').unwrap_or(&text[from..to]);
        match code {
            true => parts.push(Part::Code(part)),
            false if part.trim().is_empty() => {}
            false => parts.push(Part::Text(part)),
        }
    };
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("```") {
            push(start, at, in_code);
            in_code = !in_code;
            start = at + line.len();
        }
        at += line.len();
    }
    if start < text.len() || in_code {
        push(start, text.len(), in_code);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::Part::{Code, Text};
    use super::*;

    #[test]
    fn text_stays_as_it_is_and_fences_make_code() {
        assert_eq!(parts("a **b**\n\n<b>c</b>"), [Text("a **b**\n\n<b>c</b>")]);
        let fenced = "Here:\n```rust\n    fn f() {}\n\n    g()\n```\nDone.\n";
        let expected = [Text("Here:"), Code("    fn f() {}\n\n    g()"), Text("Done.")];
        assert_eq!(parts(fenced), expected);
    }

    #[test]
    fn a_block_that_is_still_being_written_is_code_already() {
        assert_eq!(parts("a\n```\nlet x"), [Text("a"), Code("let x")]);
        assert_eq!(parts("a\n```py"), [Text("a"), Code("")]);
        assert_eq!(parts(""), []);
        assert_eq!(parts("```\n```"), [Code("")]);
    }
}
