//! A run of tokens: one light element each, appended as they come, taken away from the
//! end. What is drawn is compared with the tokens themselves: ids of places can mean other
//! tokens by now.

use protocol::Token;
use web_sys::Element;

use crate::dom;
use crate::elements::{Page, Template};
use crate::spelling::{REACH, Spelled, SpelledPart, spell};

/// Tokens in an element.
#[derive(Debug)]
pub(super) struct TokenRun {
    host: Element,
    /// The `data-action` of the tokens; none if they do nothing.
    action: Option<&'static str>,
    drawn: Vec<Token>,
    nodes: Vec<Element>,
}

impl TokenRun {
    pub(super) fn new(host: Element, action: Option<&'static str>) -> TokenRun {
        TokenRun { host, action, drawn: Vec::new(), nodes: Vec::new() }
    }

    /// The tokens' elements.
    pub(super) fn nodes(&self) -> &[Element] {
        &self.nodes
    }

    /// Makes the elements those of some tokens. Returns the index of the first that is
    /// new, if anything changed.
    pub(super) fn render<'a>(
        &mut self,
        template: &Template,
        tokens: impl Iterator<Item = &'a Token> + Clone,
    ) -> Option<usize> {
        let drawn = self.drawn.iter();
        let same = tokens.clone().zip(drawn).take_while(|(a, b)| a == b).count();
        if same == self.drawn.len() && tokens.clone().nth(same).is_none() {
            return None;
        }
        for node in self.nodes.drain(same..) {
            node.remove();
        }
        // A new token may complete a character that earlier ones began.
        let start = same.saturating_sub(REACH);
        let window = start.saturating_sub(REACH);
        let read: Vec<&Token> = tokens.clone().skip(window).collect();
        let spelled = spell(&read, start - window);
        for ((index, spelled), token) in
            (start..).zip(spelled).zip(&read[start - window..])
        {
            match self.nodes.get(index) {
                Some(node) => write(node, &spelled, token),
                None => self.append(template, index, &spelled, token),
            }
        }
        self.drawn.truncate(same);
        self.drawn.extend(tokens.skip(same).cloned());
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
                let removed = node.remove_attribute("tabindex");
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

/// Writes a token's text. Signs are attributes, which styles show and no one copies.
fn write(node: &Element, spelled: &Spelled, token: &Token) {
    node.set_class_name(match (token.special, spelled.signs) {
        (true, _) => "tok special",
        (_, true) => "tok signs",
        _ => "tok",
    });
    if let [SpelledPart::Text(text)] = &spelled.parts[..] {
        node.set_text_content(Some(text));
        return;
    }
    node.set_text_content(None);
    let Some(document) = node.owner_document() else { return };
    for part in &spelled.parts {
        let child = match part {
            SpelledPart::Text(text) => document.create_text_node(text).into(),
            SpelledPart::Sign { sign, text } => {
                let Ok(element) = document.create_element("i") else { continue };
                element.set_class_name(match text.as_str() {
                    " " => "sign space",
                    "\n" | "\t" => "sign white",
                    _ => "sign",
                });
                dom::set(&element, "data-sign", sign);
                element.set_text_content(Some(text));
                web_sys::Node::from(element)
            }
        };
        let appended = node.append_child(&child);
        debug_assert!(appended.is_ok(), "a new node has no other place");
    }
}

/// The place among a run's tokens that Tab reaches, and the token that is looked at.
#[derive(Debug, Default)]
pub(super) struct TokenCursor {
    reachable: Option<Element>,
    looked_at: Option<Element>,
}

impl TokenCursor {
    /// Marks the token that is looked at, and makes one the stop of Tab. True if another
    /// one is looked at than before.
    pub(super) fn render(
        &mut self,
        nodes: &[Element],
        looked_at: Option<usize>,
        reachable: Option<usize>,
    ) -> bool {
        let get =
            |index: Option<usize>| index.and_then(|index| nodes.get(index)).cloned();
        let (looked_at, reachable) = (get(looked_at), get(reachable));
        if reachable != self.reachable {
            self.reachable.iter().for_each(|node| dom::set(node, "tabindex", "-1"));
            reachable.iter().for_each(|node| dom::set(node, "tabindex", "0"));
            self.reachable = reachable;
        }
        let moved = looked_at != self.looked_at;
        if moved {
            if let Some(node) = &self.looked_at {
                let removed = node.remove_attribute("aria-current");
                debug_assert!(removed.is_ok(), "attributes can be removed");
            }
            looked_at.iter().for_each(|node| dom::set(node, "aria-current", "true"));
            self.looked_at = looked_at;
        }
        moved
    }

    /// The element of the token that is looked at.
    pub(super) fn looked_at(&self) -> Option<&Element> {
        self.looked_at.as_ref()
    }
}

/// The template of a token.
pub(super) fn template(page: &Page) -> Result<Template, String> {
    page.template("token-template")
}
