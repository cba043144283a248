//! A reply of the chat: its tokens, what each was drawn from, and who wrote it.

use std::rc::Rc;

use protocol::{Distribution, FinishReason, SamplerSettings, Timings, Token, TokenId};

use super::known_models::ModelId;

/// One variant of the answer to a question.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChatReply {
    /// The prompt that the model read: the rendered chat template, with what was begun.
    pub(crate) prompt: Rc<Vec<Token>>,
    /// What precedes the tokens and is not the model's: the beginning that the person wrote,
    /// or the whole reply if they edited it.
    pub(crate) begun: String,
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
    /// Its surprisal to the writer in bits, where it is known without the distribution.
    pub(crate) scored_bits: Option<f32>,
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
        let distribution = Some(Rc::new(distribution));
        ReplyToken { token, distribution, scored_bits: None }
    }

    /// A token of an earlier visit.
    pub(crate) fn saved(token: Token) -> ReplyToken {
        ReplyToken { token, distribution: None, scored_bits: None }
    }

    /// How surprising it was to its writer, -log2 p in bits; none if that is not known.
    pub(crate) fn surprisal_bits(&self) -> Option<f32> {
        let of_choice = self.distribution.as_ref();
        let of_choice = of_choice.map(|choice| -choice.sampled.probability.log2());
        of_choice.or(self.scored_bits)
    }
}

impl ChatReply {
    /// The text of the reply with its beginning, without special tokens.
    pub(crate) fn answer(&self) -> String {
        self.begun.clone() + &self.written()
    }

    /// The text of the tokens, without special ones.
    pub(crate) fn written(&self) -> String {
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

    /// Whether the person wrote all of it.
    pub(crate) fn is_edited(&self) -> bool {
        self.tokens.is_empty() && self.text.is_empty() && !self.begun.is_empty()
    }

    /// The ids of the prompt and of the first `tokens` tokens of the reply.
    pub(crate) fn ids(&self, tokens: usize) -> Vec<TokenId> {
        let written = self.tokens.iter().take(tokens).map(|token| token.token.id);
        self.prompt.iter().map(|token| token.id).chain(written).collect()
    }

    /// Whether the tokens of the prompt and of the reply are known.
    pub(crate) fn has_tokens(&self) -> bool {
        !self.prompt.is_empty() && !self.tokens.is_empty()
    }
}
