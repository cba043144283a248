//! A run of tokens: one element each, appended as tokens come and removed from the end. The
//! tokens themselves are compared with those shown, since an id can be another token now.

use protocol::Token;
use web_sys::Element;

use crate::dom;
use crate::elements::{Page, Template};
use crate::spelling::{REACH, Spelled, SpelledPart, spell};

/// The tokens in an element.
#[derive(Debug)]
pub(super) struct TokenRun {
    host: Element,
    /// The `data-action` of the tokens; none if they have no action.
    action: Option<&'static str>,
    /// The index of the first token that is shown.
    first: usize,
    shown: Vec<Token>,
    nodes: Vec<Element>,
}

impl TokenRun {
    pub(super) fn new(host: Element, action: Option<&'static str>) -> TokenRun {
        TokenRun { host, action, first: 0, shown: Vec::new(), nodes: Vec::new() }
    }

    /// The elements of the tokens that are shown.
    pub(super) fn nodes(&self) -> &[Element] {
        &self.nodes
    }

    /// The index of the first token that is shown.
    pub(super) fn first(&self) -> usize {
        self.first
    }

    /// Renders some tokens of a text, of which `first` are left out before them. Returns the
    /// index among those shown of the first that has changed; none if none has.
    pub(super) fn render_from<'a>(
        &mut self,
        template: &Template,
        first: usize,
        tokens: impl Iterator<Item = &'a Token> + Clone,
    ) -> Option<usize> {
        if first != self.first {
            self.first = first;
            self.shown.clear();
            self.nodes.drain(..).for_each(|node| node.remove());
        }
        self.render(template, tokens)
    }

    /// Renders some tokens. Returns the index of the first that has changed; none if none has.
    pub(super) fn render<'a>(
        &mut self,
        template: &Template,
        tokens: impl Iterator<Item = &'a Token> + Clone,
    ) -> Option<usize> {
        let shown = self.shown.iter();
        let same = tokens.clone().zip(shown).take_while(|(a, b)| a == b).count();
        if same == self.shown.len() && tokens.clone().nth(same).is_none() {
            return None;
        }
        for node in self.nodes.drain(same..) {
            node.remove();
        }
        // A new token may complete a character that earlier tokens began.
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
        self.shown.truncate(same);
        self.shown.extend(tokens.skip(same).cloned());
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
                dom::set(&node, "data-token-index", &(self.first + index).to_string());
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

/// Writes a token's text. Signs are attributes: styles show them, and copying leaves them
/// out.
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

/// The token of a run that the Tab key reaches, and the one that the person looks at.
#[derive(Debug, Default)]
pub(super) struct TokenCursor {
    reachable: Option<Element>,
    looked_at: Option<Element>,
}

impl TokenCursor {
    /// Marks the token that the person looks at, and the one that the Tab key reaches. Returns
    /// whether the person looks at another one than before.
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

    /// The element of the token that the person looks at.
    pub(super) fn looked_at(&self) -> Option<&Element> {
        self.looked_at.as_ref()
    }
}

/// The template of a token.
pub(super) fn template(page: &Page) -> Result<Template, String> {
    page.template("token-template")
}
