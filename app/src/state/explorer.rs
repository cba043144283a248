//! The Token Explorer: the prompt, the text that grows from it, and its distribution.

use super::node::{Node, NodeId};
use super::text_distribution::TextDistribution;
use super::tree::Tree;

/// The prompt of the worked example that a first visit begins with.
pub(crate) const FIRST_PROMPT: &str = "Once upon a time, there was a little";

/// The state of the Token Explorer.
#[derive(Debug, Default)]
pub(crate) struct Explorer {
    /// The text in the prompt box.
    pub(crate) prompt: String,
    pub(crate) tree: Tree,
    /// The index of the token that the person looks back at; none at the end of the text.
    pub(crate) look_back: Option<usize>,
    /// The latest distribution, which need not be of the current text.
    pub(crate) latest: Option<TextDistribution>,
    /// What to do once the model is ready.
    pub(crate) when_ready: WhenReady,
    /// Whether play is under way at a set pace, with one request for each token.
    pub(crate) paced_play: bool,
    /// Whether to request the stream of play again after its next token, since the person has
    /// turned a knob.
    pub(crate) restart_play: bool,
}

/// What to do once the model is ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum WhenReady {
    /// Go on with the text, if there is one.
    #[default]
    Resume,
    /// Start from the prompt.
    Start,
}

impl Explorer {
    /// How many tokens precede the distribution.
    pub(crate) fn position(&self) -> usize {
        self.look_back.unwrap_or(self.tree.path().len())
    }

    /// The last token before the distribution; none at the start of the text.
    pub(crate) fn tail(&self) -> Option<NodeId> {
        self.position().checked_sub(1).map(|last| self.tree.path()[last])
    }

    /// The token that the person looks back at.
    pub(crate) fn looked_at(&self) -> Option<&Node> {
        self.tree.at(self.look_back?)
    }

    /// The text as characters, without special tokens.
    pub(crate) fn text(&self) -> String {
        let tokens = self.tree.nodes().map(|node| &node.token);
        let bytes: Vec<u8> = tokens
            .filter(|token| !token.special)
            .flat_map(|token| token.bytes.clone())
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
