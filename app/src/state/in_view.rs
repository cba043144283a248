//! Which distribution is in view, and what it is about. Only this file decides it, so that
//! the arrow keys move along the rows that are shown.

use std::rc::Rc;

use protocol::{Candidate, Distribution};

use super::node::TokenOrigin;
use super::page::State;
use super::reply::ChatToken;
use super::tab::Tab;
use super::text_distribution::{TextDistribution, TextKey};

/// A distribution with what it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InView<'a> {
    pub(crate) about: About,
    pub(crate) distribution: &'a Rc<Distribution>,
    /// The token that was chosen from it; none if none was.
    pub(crate) chosen: Option<&'a Candidate>,
    /// Whether the sampler's draw is shown: it decided, or will.
    pub(crate) shows_draw: bool,
}

/// What a distribution is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// The token that follows the text.
    Next,
    /// A token of the text, from 0, that the person looks back at.
    LookedBack(usize),
    /// The last token of the text, from 0, while the distribution after it is computed.
    LastToken(usize),
    /// A token of a reply.
    Reply(ChatToken),
}

impl State {
    /// The distribution in view; none if it is not computed.
    pub(crate) fn in_view(&self) -> Option<InView<'_>> {
        match self.tab {
            Tab::Explorer => self.explorer_in_view(),
            Tab::Chat => {
                let (at, token) = self.chat.in_view()?;
                let distribution = token.distribution.as_ref()?;
                let chosen = Some(&distribution.sampled);
                Some(InView {
                    about: About::Reply(at),
                    distribution,
                    chosen,
                    shows_draw: true,
                })
            }
        }
    }

    /// Puts the explorer's distribution of a text in view.
    pub(crate) fn show_distribution(
        &mut self,
        text: TextKey,
        distribution: Rc<Distribution>,
    ) {
        self.count_distribution(&distribution);
        self.explorer.latest = Some(TextDistribution::new(text, distribution));
    }

    /// Counts a distribution that comes into view. The selected row stays within its rows.
    pub(crate) fn count_distribution(&mut self, distribution: &Distribution) {
        let last = distribution.candidates.len().saturating_sub(1);
        self.selected_row = self.selected_row.min(last);
        self.distributions_shown = self.distributions_shown.wrapping_add(1);
    }

    fn explorer_in_view(&self) -> Option<InView<'_>> {
        let model = self.engine.model_id();
        let explorer = &self.explorer;
        if let (Some(index), Some(node)) = (explorer.look_back, explorer.looked_at()) {
            let distribution = self.current()?;
            let id = node.token.id;
            let mut listed = distribution.candidates.iter().chain(&distribution.watched);
            let choice = node.choice_by(model);
            let chosen = listed
                .find(|candidate| candidate.token.id == id)
                .or(choice.map(|choice| &choice.candidate));
            // Only a sampled token has a draw, and only in the distribution of that time.
            let shows_draw = choice.is_some_and(|choice| {
                Rc::ptr_eq(&choice.distribution, distribution)
                    && node.origin == TokenOrigin::Sampled
            });
            let about = About::LookedBack(index);
            return Some(InView { about, distribution, chosen, shows_draw });
        }
        if let Some(distribution) = self.current() {
            let (about, chosen) = (About::Next, None);
            return Some(InView { about, distribution, chosen, shows_draw: true });
        }
        // Until the next distribution comes, the one of the last token is shown.
        let last = explorer.tree.path().len().checked_sub(1)?;
        let node =
            explorer.tree.at(last).filter(|_| self.playing() || self.computing())?;
        let choice = node.choice_by(model)?;
        Some(InView {
            about: About::LastToken(last),
            distribution: &choice.distribution,
            chosen: Some(&choice.candidate),
            shows_draw: node.origin == TokenOrigin::Sampled,
        })
    }
}
