//! A reply of the chat: its tokens, what each was drawn from, and who wrote it.

use std::rc::Rc;

use protocol::{Distribution, FinishReason, SamplerSettings, Timings, Token};

use super::known_models::ModelId;

/// One variant of the answer to a question.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChatReply {
    pub(crate) tokens: Vec<ReplyToken>,
    /// The text, if the tokens are not known.
    pub(crate) text: String,
    pub(crate) writer: Writer,
    /// The sampler that drew the tokens.
    pub(crate) settings: SamplerSettings,
    pub(crate) finish: Option<FinishReason>,
    pub(crate) timings: Timings,
}

/// One token of a reply.
#[derive(Clone, Debug)]
pub(crate) struct ReplyToken {
    pub(crate) token: Token,
    /// The distribution that it was drawn from, in which it is `sampled`. None for a reply of
    /// an earlier visit before it is computed again.
    pub(crate) distribution: Option<Rc<Distribution>>,
}

/// The model that wrote a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Writer {
    /// None for a reply of an earlier visit that no model has confirmed yet.
    pub(crate) model: Option<ModelId>,
    /// A model to which the reply's ids are other tokens, so it is not the writer.
    pub(crate) not: Option<ModelId>,
    pub(crate) name: String,
}

/// A token of a reply, by the indices of the exchange and of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChatToken {
    pub(crate) exchange: usize,
    pub(crate) token: usize,
}

/// Identifies a reply, also after its index has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReplyId {
    /// The key of its exchange.
    pub(crate) exchange: u32,
    pub(crate) variant: usize,
}

impl ReplyToken {
    /// The token that was drawn from a distribution, or that the person chose instead.
    pub(crate) fn drawn(distribution: Distribution) -> ReplyToken {
        let token = distribution.sampled.token.clone();
        ReplyToken { token, distribution: Some(Rc::new(distribution)) }
    }
}

impl ChatReply {
    /// The text of the reply, without special tokens.
    pub(crate) fn answer(&self) -> String {
        if self.tokens.is_empty() {
            return self.text.clone();
        }
        let text = self.tokens.iter().map(|token| &token.token);
        let bytes: Vec<u8> = text
            .filter(|token| !token.special)
            .flat_map(|token| token.bytes.clone())
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
