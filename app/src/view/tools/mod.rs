//! The tools beneath the text: their buttons, and the one that is open.

mod branches;
mod comparison;
mod comparison_form;
pub(super) mod copies;
mod draws;
mod guess;
mod inside;
mod scores;
pub(crate) mod verification;
pub(crate) mod words;

use crate::dom::{self, Slot};
use crate::elements::Page;
use crate::state::{State, Tab, Tool};

/// The region of the tools.
#[derive(Debug)]
pub(super) struct Tools {
    /// Each tool with its button and its pane.
    panes: Vec<(Tool, Slot, Slot)>,
    size: Slot,
    /// The line between the text and the open tool.
    divider: Slot,
    main: Slot,
    /// The tool that was open when this was rendered last.
    was_open: Option<Tool>,
    words: words::WordsView,
    scores: scores::ScoresView,
    branches: branches::BranchesView,
    comparison: comparison::ComparisonView,
    draws: draws::DrawsView,
    inside: inside::InsideElements,
    guess: guess::GuessView,
    verification: verification::VerificationView,
}

impl Tools {
    pub(super) fn new(page: &Page) -> Result<Tools, String> {
        let pane = |tool: Tool| {
            let name = tool.name();
            let button = page.slot(&format!("tool-open-{name}"))?;
            Ok((tool, button, page.slot(&format!("tool-{name}"))?))
        };
        Ok(Tools {
            panes: Tool::ALL.into_iter().map(pane).collect::<Result<_, String>>()?,
            size: page.slot("tool-size")?,
            divider: page.slot("text-divider")?,
            main: page.slot("main")?,
            was_open: None,
            words: words::WordsView::new(page)?,
            scores: scores::ScoresView::new(page)?,
            branches: branches::BranchesView::new(page)?,
            comparison: comparison::ComparisonView::new(page)?,
            draws: draws::DrawsView::new(page)?,
            inside: inside::InsideElements::new(page)?,
            guess: guess::GuessView::new(page)?,
            verification: verification::VerificationView::new(page)?,
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        let open = state.open_tool();
        for (tool, button, pane) in &self.panes {
            button.show(tool.in_tab(state.tab));
            button.state("aria-expanded", open == Some(*tool));
            pane.show(open == Some(*tool));
        }
        let shares = open.is_some() && state.tab == Tab::Explorer && !state.tool_large;
        self.divider.show(shares);
        let part = state.room.text_part();
        let percent = format!("{:.0}", part * 100.0);
        self.divider.attribute("aria-valuenow", Some(&percent));
        self.main.flag("data-text-room", shares && state.room.text.is_some());
        self.main.property("--text-room", part.into());
        if open != std::mem::replace(&mut self.was_open, open) {
            // On a narrow screen it opens below what is in view.
            let opened = self.panes.iter().find(|(tool, ..)| Some(*tool) == open);
            opened.iter().for_each(|(_, _, pane)| dom::scroll_to(pane.element()));
        }
        self.size.show(open.is_some());
        self.size.state("aria-pressed", state.tool_large);
        self.branches.render_fork(state);
        self.guess.render_cover(state);
        match open {
            Some(Tool::Words) => self.words.render(state),
            Some(Tool::Score) => self.scores.render(state),
            Some(Tool::Branches) => self.branches.render(state),
            Some(Tool::Compare) => self.comparison.render(state),
            Some(Tool::Draws) => self.draws.render(state),
            Some(Tool::Inside) => self.inside.render(state),
            Some(Tool::Guess) => self.guess.render(state),
            Some(Tool::Verify) | None => {}
        }
        self.verification.render(state);
    }

    pub(super) fn focus_words(&self) {
        self.words.focus();
    }

    pub(super) fn focus_button(&self, tool: Tool) {
        let pane = self.panes.iter().find(|(other, ..)| *other == tool);
        pane.iter().for_each(|(_, button, _)| dom::focus(button.element()));
    }
}
