//! The Token Explorer: the prompt, the text that grows from it, and the distribution in
//! view.

use super::text_distribution::TextDistribution;
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
    pub(crate) look_back: Option<usize>,
    /// The distribution that came last. Whether it is one of the text in view is known by
    /// its key alone.
    pub(crate) latest: Option<TextDistribution>,
    /// What to do once there is a model.
    pub(crate) when_ready: WhenReady,
    /// Whether play goes on at a pace of its own, one request for each token.
    pub(crate) paced_play: bool,
    /// Whether the stream of play is to begin anew, with the knobs as they are now.
    pub(crate) restart_play: bool,
}

/// What waits for a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum WhenReady {
    /// Nothing but the text at hand, if there is one.
    #[default]
    Resume,
    /// The prompt is to be started.
    Start,
}

impl Explorer {
    /// How many tokens precede the distribution in view.
    pub(crate) fn position(&self) -> usize {
        self.look_back.unwrap_or(self.tree.path().len())
    }

    /// The last token before the distribution in view; none at the very start.
    pub(crate) fn tail(&self) -> Option<NodeId> {
        self.position().checked_sub(1).map(|last| self.tree.path()[last])
    }

    /// The token that is looked back at.
    pub(crate) fn looked_at(&self) -> Option<&Node> {
        self.tree.at(self.look_back?)
    }
}
