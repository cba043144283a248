//! The Token Explorer: the prompt, the text that grows from it, and the distribution in
//! view.

use super::computed::Computed;
use super::tree::{Node, NodeId, Tree};

/// The prompt of the worked example that a first visit begins with.
pub(crate) const FIRST_PROMPT: &str = "Once upon a time, there was a little";

/// The state of the Token Explorer.
#[derive(Debug, Default)]
pub(crate) struct Explorer {
    /// What is in the prompt box.
    pub(crate) prompt: String,
    pub(crate) tree: Tree,
    /// The index of the token that is looked back at.
    pub(crate) back: Option<usize>,
    /// The distribution that came last. Whether it is one of the text in view is known by
    /// its key alone.
    pub(crate) shown: Option<Computed>,
    /// What to do once there is a model.
    pub(crate) startup: Startup,
    /// Whether play goes on at a pace of its own, one request for each token.
    pub(crate) paced: bool,
    /// Whether the stream of play is to begin anew, with the knobs as they are now.
    pub(crate) replay: bool,
}

/// What waits for a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Startup {
    /// Nothing but the text at hand, if there is one.
    #[default]
    Resume,
    /// The prompt is to be started.
    Start,
}

impl Explorer {
    /// How many tokens precede the distribution in view.
    pub(crate) fn position(&self) -> usize {
        self.back.unwrap_or(self.tree.path().len())
    }

    /// The last token before the distribution in view; none at the very start.
    pub(crate) fn tail(&self) -> Option<NodeId> {
        self.position().checked_sub(1).map(|last| self.tree.path()[last])
    }

    /// The token that is looked back at.
    pub(crate) fn looked_at(&self) -> Option<&Node> {
        self.tree.at(self.back?)
    }
}
