//! The explorer's text, token by token, with the surprisal of each token.

use protocol::TokenScore;

use super::tokens::{self, TokenCursor, TokenRun};
use crate::dom::{self, Slot};
use crate::elements::{Page, Template};
use crate::state::{ModelId, Node, State, TokenOrigin};
use crate::surprise;
use crate::texts;

/// The elements of the text.
#[derive(Debug)]
pub(super) struct Strip {
    host: Slot,
    empty: Slot,
    facts: Slot,
    earlier: Slot,
    later: Slot,
    copy: Slot,
    monospace: Slot,
    legend: Slot,
    template: Template,
    run: TokenRun,
    /// The mark of each token, as its attributes have it.
    marks: Vec<Mark>,
    cursor: TokenCursor,
}

/// What is shown about a token besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    added: bool,
    /// The level of its surprisal to the current model, 0 to 5.
    surprise: Option<u8>,
}

impl Mark {
    fn of(node: &Node, model: Option<ModelId>) -> Mark {
        let level = |score: TokenScore| surprise::level(score.surprisal_bits);
        Mark {
            added: node.origin != TokenOrigin::Prompt,
            surprise: node.score_by(model).map(level),
        }
    }
}

impl Strip {
    pub(super) fn new(page: &Page) -> Result<Strip, String> {
        let host = page.slot("strip")?;
        let run = TokenRun::new(host.element().clone().into(), Some("token"));
        Ok(Strip {
            host,
            empty: page.slot("strip-empty")?,
            facts: page.slot("text-facts")?,
            earlier: page.slot("earlier-tokens")?,
            later: page.slot("later-tokens")?,
            copy: page.slot("copy")?,
            monospace: page.slot("monospace")?,
            legend: page.slot("text-legend")?,
            template: tokens::template(page)?,
            run,
            marks: Vec::new(),
            cursor: TokenCursor::default(),
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        let tree = &state.explorer.tree;
        let path = tree.path();
        let shown = state.explorer.shown();
        let tokens = path[shown.clone()].iter().map(|id| &tree.node(*id).token);
        let changed = self.run.render_from(&self.template, shown.start, tokens);
        if let Some(from) = changed {
            self.marks.truncate(from);
        }
        self.mark(state);
        self.host.show(!path.is_empty());
        self.empty.show(path.is_empty());
        self.copy.show(!path.is_empty());
        self.legend.flag("data-idle", path.is_empty());
        self.monospace.state("aria-pressed", state.knobs.monospace);
        self.host.flag("data-monospace", state.knobs.monospace);
        self.facts.text(&facts(state));
        self.render_rest(shown.start, path.len() - shown.end);
        let place = |index: usize| index.checked_sub(shown.start);
        let back = state.explorer.look_back.and_then(place);
        let reachable = back.or(shown.len().checked_sub(1));
        let moved = self.cursor.render(self.run.nodes(), back, reachable);
        match self.cursor.looked_at() {
            Some(node) if moved => dom::scroll_to(node),
            None if changed.is_some() => {
                let host = self.host.element();
                host.set_scroll_top(host.scroll_height());
            }
            _ => {}
        }
    }

    pub(super) fn focus_token(&self, index: usize) {
        let shown = index.checked_sub(self.run.first());
        if let Some(node) = shown.and_then(|index| self.run.nodes().get(index)) {
            dom::focus(node);
        }
    }

    /// Offers the tokens before and after those that are shown.
    fn render_rest(&self, before: usize, after: usize) {
        for (button, rest, text) in [
            (&self.earlier, before, texts::explorer::earlier_tokens(before)),
            (&self.later, after, texts::explorer::later_tokens(after)),
        ] {
            button.show(rest > 0);
            button.text(&text);
        }
    }

    /// Sets the marks that have changed.
    fn mark(&mut self, state: &State) {
        let model = state.engine.model_id();
        let tree = &state.explorer.tree;
        let shown = tree.path()[state.explorer.shown()].iter().map(|id| tree.node(*id));
        let nodes = self.run.nodes().iter().zip(shown);
        for (index, (element, node)) in nodes.enumerate() {
            let mark = Mark::of(node, model);
            if self.marks.get(index) == Some(&mark) {
                continue;
            }
            dom::set(element, "data-origin", if mark.added { "added" } else { "prompt" });
            match mark.surprise {
                Some(level) => dom::set(element, "data-surprise", &level.to_string()),
                None => dom::remove(element, "data-surprise"),
            }
            match self.marks.get_mut(index) {
                Some(old) => *old = mark,
                None => self.marks.push(mark),
            }
        }
    }
}

/// The length of the text, and its surprisal and perplexity to the current model.
pub(crate) fn facts(state: &State) -> String {
    let tree = &state.explorer.tree;
    let model = state.engine.model_id();
    let count = tree.path().len();
    if count == 0 {
        return String::new();
    }
    let scores = tree.nodes().filter_map(|node| node.score_by(model));
    let scores: Vec<f32> = scores.map(|score| score.surprisal_bits).collect();
    let bits = f64::from(scores.iter().sum::<f32>()) / scores.len() as f64;
    let known = !scores.is_empty() && scores.len() + 1 >= count;
    texts::explorer::text_facts(count as u64, known.then_some(bits))
}
