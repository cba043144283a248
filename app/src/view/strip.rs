//! The running text, token by token, and what can be done with it.

use protocol::TokenScore;
use web_sys::Element;

use super::tokens::{self, Run};
use crate::dom::{self, Slot};
use crate::elements::{Page, Template};
use crate::format;
use crate::state::{NodeId, Origin, State};

/// The surprisal that is drawn strongest, in bits.
const MOST_BITS: f32 = 12.0;

/// The region of the running text.
#[derive(Debug)]
pub(super) struct Strip {
    host: Slot,
    empty: Slot,
    facts: Slot,
    copy: Slot,
    template: Template,
    run: Run<NodeId>,
    revision: u32,
    /// The token that can be reached by Tab.
    reachable: Option<Element>,
    looked_at: Option<Element>,
}

impl Strip {
    pub(super) fn new(page: &Page) -> Result<Strip, String> {
        let host = page.slot("strip")?;
        let run = Run::new(host.element().clone().into(), Some("token"));
        Ok(Strip {
            host,
            empty: page.slot("strip-empty")?,
            facts: page.slot("text-facts")?,
            copy: page.slot("copy")?,
            template: tokens::template(page)?,
            run,
            revision: 0,
            reachable: None,
            looked_at: None,
        })
    }

    pub(super) fn draw(&mut self, state: &State) {
        let tree = &state.explorer.tree;
        let path = tree.path();
        let changed =
            self.run.draw(&self.template, path, |index| &tree.node(path[index]).token);
        let rescored =
            std::mem::replace(&mut self.revision, tree.revision()) != tree.revision();
        let from = if rescored { Some(0) } else { changed };
        if let Some(from) = from {
            self.mark(state, from);
        }
        self.host.show(!path.is_empty());
        self.empty.show(path.is_empty());
        self.copy.show(!path.is_empty());
        self.facts.text(&facts(state));
        self.point_at(state, changed.is_some());
    }

    pub(super) fn focus_token(&self, index: usize) {
        if let Some(node) = self.run.nodes().get(index) {
            super::panel::focus(node);
        }
    }

    /// Sets what is known of each token beside its text.
    fn mark(&self, state: &State, from: usize) {
        let nodes = state.explorer.tree.nodes().skip(from);
        for (element, node) in self.run.nodes()[from..].iter().zip(nodes) {
            let added = if node.origin == Origin::Prompt { "prompt" } else { "added" };
            dom::set(element, "data-origin", added);
            if let Some(TokenScore { surprisal_bits, .. }) = node.score {
                let level = (surprisal_bits / MOST_BITS * 5.0).ceil().clamp(0.0, 5.0);
                dom::set(element, "data-surprise", &format!("{level:.0}"));
            }
        }
    }

    /// Moves the marks of the token that is looked at and of the one for Tab.
    fn point_at(&mut self, state: &State, changed: bool) {
        let nodes = self.run.nodes();
        let looked_at = state.explorer.back.and_then(|index| nodes.get(index)).cloned();
        let reachable = looked_at.clone().or_else(|| nodes.last().cloned());
        if reachable != self.reachable {
            move_attribute("tabindex", &self.reachable, "-1", &reachable, "0");
            self.reachable = reachable;
        }
        if looked_at != self.looked_at {
            move_attribute("aria-pressed", &self.looked_at, "false", &looked_at, "true");
            if let Some(node) = &looked_at {
                super::panel::scroll_to(node);
            }
            self.looked_at = looked_at;
        } else if changed {
            let host = self.host.element();
            host.set_scroll_top(host.scroll_height());
        }
    }
}

fn move_attribute(
    name: &str,
    from: &Option<Element>,
    off: &str,
    to: &Option<Element>,
    on: &str,
) {
    if let Some(element) = from {
        dom::set(element, name, off);
    }
    if let Some(element) = to {
        dom::set(element, name, on);
    }
}

/// How long and how surprising the text is.
fn facts(state: &State) -> String {
    let tree = &state.explorer.tree;
    let count = tree.path().len();
    if count == 0 {
        return String::new();
    }
    let scores: Vec<f32> =
        tree.nodes().filter_map(|node| Some(node.score?.surprisal_bits)).collect();
    let text = format::counted(count as u64, "token");
    if scores.is_empty() || scores.len() + 1 < count {
        return text;
    }
    let bits = f64::from(scores.iter().sum::<f32>()) / scores.len() as f64;
    format!(
        "{text} · {} bits per token · perplexity {}",
        format::digits(bits),
        format::digits(bits.exp2())
    )
}
