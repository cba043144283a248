//! A run of tokens: one light element each, appended as they come, taken away from the
//! end.

use protocol::Token;
use web_sys::Element;

use crate::dom;
use crate::elements::{Page, Template};
use crate::spelling::{REACH, Spelled, spell};
use crate::words;

/// Tokens in an element, each known by a key.
#[derive(Debug)]
pub(super) struct Run<K> {
    host: Element,
    /// The `data-action` of the tokens; none if they do nothing.
    action: Option<&'static str>,
    keys: Vec<K>,
    nodes: Vec<Element>,
}

impl<K: Copy + PartialEq> Run<K> {
    pub(super) fn new(host: Element, action: Option<&'static str>) -> Run<K> {
        Run { host, action, keys: Vec::new(), nodes: Vec::new() }
    }

    /// The tokens' elements.
    pub(super) fn nodes(&self) -> &[Element] {
        &self.nodes
    }

    /// Makes the elements those of some tokens. Returns the index of the first that is
    /// new, if anything changed.
    pub(super) fn draw<'a>(
        &mut self,
        template: &Template,
        keys: &[K],
        token: impl Fn(usize) -> &'a Token,
    ) -> Option<usize> {
        if keys == self.keys {
            return None;
        }
        let same = keys.iter().zip(&self.keys).take_while(|(a, b)| a == b).count();
        for node in self.nodes.drain(same..) {
            node.remove();
        }
        // A new token may complete a character that earlier ones began.
        let start = same.saturating_sub(REACH);
        let window = start.saturating_sub(REACH);
        let tokens: Vec<&Token> = (window..keys.len()).map(token).collect();
        let spelled = spell(&tokens, start - window);
        for ((index, spelled), token) in
            (start..).zip(spelled).zip(&tokens[start - window..])
        {
            match self.nodes.get(index) {
                Some(node) => write(node, &spelled, token),
                None => self.append(template, index, &spelled, token),
            }
        }
        self.keys = keys.to_vec();
        Some(same)
    }

    fn append(
        &mut self,
        template: &Template,
        index: usize,
        spelled: &Spelled,
        token: &Token,
    ) {
        let node = template.copy();
        match self.action {
            Some(action) => {
                dom::set(&node, "data-action", action);
                dom::set(&node, "data-token-index", &index.to_string());
            }
            None => {
                let removed =
                    node.remove_attribute("role").and(node.remove_attribute("tabindex"));
                debug_assert!(removed.is_ok(), "attributes can be removed");
            }
        }
        dom::set(&node, "data-id", &token.id.to_string());
        write(&node, spelled, token);
        let appended = self.host.append_child(&node);
        debug_assert!(appended.is_ok(), "a copy has no other place");
        self.nodes.push(node);
    }
}

fn write(node: &Element, spelled: &Spelled, token: &Token) {
    node.set_text_content(Some(&spelled.text));
    let class = match (token.special, spelled.signs) {
        (true, _) => "tok special",
        (_, true) => "tok signs",
        _ => "tok",
    };
    node.set_class_name(class);
    if spelled.signs {
        dom::set(node, "aria-label", &words::spoken(token));
    }
}

/// The template of a token.
pub(super) fn template(page: &Page) -> Result<Template, String> {
    page.template("token-template")
}
