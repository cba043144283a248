//! Which distribution is in view, and what it is about: decided here alone, so that the
//! keys walk the rows that are drawn.

use std::rc::Rc;

use protocol::{Candidate, Distribution};

use super::{ChatToken, State, Tab};

/// A distribution with what it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InView<'a> {
    pub(crate) about: About,
    pub(crate) distribution: &'a Rc<Distribution>,
    /// The token that was chosen from it, if one was.
    pub(crate) chosen: Option<&'a Candidate>,
    /// Whether the sampler's draw decided, or would.
    pub(crate) drawn: bool,
}

/// What a distribution is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// The token that follows the text.
    Next,
    /// A token of the text, from 0, that is looked back at.
    LookedBack(usize),
    /// The last token of the text, from 0, while what follows it is being computed.
    Taken(usize),
    /// A token of a reply.
    Reply(ChatToken),
}

impl State {
    /// The distribution in view; none where it is not computed.
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
                    drawn: true,
                })
            }
        }
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
            // Only what was drawn there has a draw, and with other knobs it is another.
            let drawn = choice.is_some_and(|choice| {
                Rc::ptr_eq(&choice.distribution, distribution)
                    && node.origin == super::TokenOrigin::Sampled
            });
            let about = About::LookedBack(index);
            return Some(InView { about, distribution, chosen, drawn });
        }
        if let Some(distribution) = self.current() {
            let (about, chosen) = (About::Next, None);
            return Some(InView { about, distribution, chosen, drawn: true });
        }
        // Until what follows has come, the newest token shows what it was chosen from.
        let last = explorer.tree.path().len().checked_sub(1)?;
        let node =
            explorer.tree.at(last).filter(|_| self.playing() || self.computing())?;
        let choice = node.choice_by(model)?;
        Some(InView {
            about: About::Taken(last),
            distribution: &choice.distribution,
            chosen: Some(&choice.candidate),
            drawn: node.origin == super::TokenOrigin::Sampled,
        })
    }
}
