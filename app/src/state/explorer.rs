//! The Token Explorer: the prompt, the text that grows from it, and its distribution.

use std::ops::Range;

use protocol::Token;

use super::known_models::ModelId;
use super::node::{Node, NodeId, TokenOrigin};
use super::text_distribution::TextDistribution;
use super::tree::Tree;

/// The prompt of the worked example that a first visit begins with.
pub(crate) const FIRST_PROMPT: &str = "Once upon a time, there was a little";

/// The most tokens of the text that are shown at once, so that a text of any length scrolls
/// and grows as smoothly as a short one.
pub(crate) const MAX_TOKENS_SHOWN: usize = 2048;

/// The state of the Token Explorer.
#[derive(Debug, Default)]
pub(crate) struct Explorer {
    /// The text in the prompt box.
    pub(crate) prompt: String,
    /// How often the prompt was edited.
    pub(crate) edits: u32,
    /// The tokens of a prompt that was typed, which need not be the current one.
    pub(crate) typed: Option<TypedPrompt>,
    pub(crate) tree: Tree,
    /// The first token that the person wants to see; none for the end of the text.
    pub(crate) first_shown: Option<usize>,
    /// The index of the token that the person looks back at; none at the end of the text.
    pub(crate) look_back: Option<usize>,
    /// The last token of the text that was opened from the chat last.
    pub(crate) opened_from_chat: Option<NodeId>,
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

/// A prompt with its tokens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TypedPrompt {
    pub(crate) prompt: String,
    /// The model that tokenized it.
    pub(crate) model: ModelId,
    pub(crate) tokens: Vec<Token>,
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
    /// Whether the text is one of the chat or goes on from it, and not the prompt's.
    pub(crate) fn is_from_chat(&self) -> bool {
        self.opened_from_chat.is_some_and(|end| self.tree.path().contains(&end))
    }

    /// How many tokens precede the distribution.
    pub(crate) fn position(&self) -> usize {
        self.look_back.unwrap_or(self.tree.path().len())
    }

    /// The last token before the distribution; none at the start of the text.
    pub(crate) fn tail(&self) -> Option<NodeId> {
        self.position().checked_sub(1).map(|last| self.tree.path()[last])
    }

    /// The tokens of the text that are shown: its end, what the person asked for, or what is
    /// around the token that the person looks back at.
    pub(crate) fn shown(&self) -> Range<usize> {
        let length = self.tree.path().len();
        let last_start = length.saturating_sub(MAX_TOKENS_SHOWN);
        let start = self.first_shown.unwrap_or(last_start).min(last_start);
        let start = match self.look_back {
            Some(index) if !(start..start + MAX_TOKENS_SHOWN).contains(&index) => {
                index.saturating_sub(MAX_TOKENS_SHOWN / 2).min(last_start)
            }
            _ => start,
        };
        start..length.min(start + MAX_TOKENS_SHOWN)
    }

    /// The token that the person looks back at.
    pub(crate) fn looked_at(&self) -> Option<&Node> {
        self.tree.at(self.look_back?)
    }

    /// The tokens of the current prompt to a model, if they are known.
    pub(crate) fn prompt_tokens(&self, model: Option<ModelId>) -> Option<&[Token]> {
        let typed = self.typed.as_ref()?;
        let same = typed.prompt == self.prompt && Some(typed.model) == model;
        same.then_some(&typed.tokens)
    }

    /// The prompt that the text began with, as far as its tokens tell.
    pub(crate) fn prompt_of_text(&self) -> String {
        let tokens = self.tree.nodes();
        let tokens = tokens.take_while(|node| node.origin == TokenOrigin::Prompt);
        text_of(tokens.map(|node| &node.token))
    }

    /// The text as characters, without special tokens.
    pub(crate) fn text(&self) -> String {
        text_of(self.tree.nodes().map(|node| &node.token))
    }
}

fn text_of<'a>(tokens: impl Iterator<Item = &'a Token>) -> String {
    let bytes: Vec<u8> = tokens
        .filter(|token| !token.special)
        .flat_map(|token| token.bytes.clone())
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_length(length: usize) -> Explorer {
        let mut explorer = Explorer::default();
        let token = |id| Token::new(id as u32, vec![b'a'], false);
        let node = |id| Node::given(token(id), TokenOrigin::Prompt, None);
        explorer.tree.restart((0..length).map(node));
        explorer
    }

    #[test]
    fn a_short_text_is_shown_as_a_whole_and_of_a_long_one_its_end() {
        assert_eq!(of_length(7).shown(), 0..7);
        assert_eq!(of_length(8000).shown(), 5952..8000);
    }

    #[test]
    fn the_token_that_the_person_looks_back_at_is_always_shown() {
        let mut explorer = of_length(8000);
        for index in [0, 1, 3000, 5951, 5952, 7999] {
            explorer.look_back = Some(index);
            assert!(explorer.shown().contains(&index), "{index}");
            assert_eq!(explorer.shown().len(), MAX_TOKENS_SHOWN);
        }
        explorer.look_back = None;
        explorer.first_shown = Some(100);
        assert_eq!(explorer.shown(), 100..100 + MAX_TOKENS_SHOWN);
        explorer.first_shown = Some(9000);
        assert_eq!(explorer.shown(), 5952..8000);
    }
}
