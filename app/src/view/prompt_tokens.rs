//! The tokens of the prompt while it is typed.

use super::tokens::{self, TokenRun};
use crate::dom::Slot;
use crate::elements::{Page, Template};
use crate::state::State;
use crate::texts;

/// The most tokens that are shown: the line has room for no more.
const MAX_TOKENS: usize = 64;

/// The line beneath the prompt.
#[derive(Debug)]
pub(super) struct PromptTokens {
    special: Slot,
    count: Slot,
    host: Slot,
    template: Template,
    run: TokenRun,
}

impl PromptTokens {
    pub(super) fn new(page: &Page) -> Result<PromptTokens, String> {
        let host = page.slot("prompt-tokens")?;
        Ok(PromptTokens {
            special: page.slot("special-tokens")?,
            count: page.slot("prompt-count")?,
            run: TokenRun::new(host.element().clone().into(), None),
            template: tokens::template(page)?,
            host,
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        self.special.state("aria-pressed", state.knobs.special_tokens);
        let tokens = state.explorer.prompt_tokens(state.engine.model_id());
        self.count.text(&match tokens {
            _ if state.explorer.is_from_chat() => texts::explorer::FROM_CHAT.into(),
            Some(tokens) => texts::explorer::prompt_tokens(tokens.len()),
            None => String::new(),
        });
        let tokens = tokens.unwrap_or_default();
        let first = tokens.len().saturating_sub(MAX_TOKENS);
        let shown = tokens[first..].iter();
        if self.run.render_from(&self.template, first, shown).is_some() {
            let host = self.host.element();
            host.set_scroll_left(host.scroll_width());
        }
    }
}
