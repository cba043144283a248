//! A conversation as it is stored: with its tokens, so that a later visit can inspect the
//! replies, but without distributions, which are computed again on demand.

use std::collections::HashMap;

use protocol::{FinishReason, SamplerSettings, Token, limits};
use serde::{Deserialize, Serialize};

use super::chat::{Chat, Exchange};
use super::reply::{ChatReply, ReplyToken, Writer};

/// The most prompt tokens that are stored. Each prompt repeats all earlier turns, and the
/// newest prompts are stored first.
const MAX_PROMPT_TOKENS: usize = 100_000;

/// A stored conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SavedChat {
    /// Each token once. The sequences below are indices into this list.
    tokens: Vec<Token>,
    exchanges: Vec<SavedExchange>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct SavedExchange {
    question: String,
    prompt: Vec<usize>,
    replies: Vec<SavedReply>,
    shown: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct SavedReply {
    text: String,
    tokens: Vec<usize>,
    writer: String,
    settings: SamplerSettings,
    finish: Option<FinishReason>,
}

impl SavedChat {
    /// Saves some exchanges. A reply that is still being generated is saved as a stopped one.
    pub(crate) fn of(exchanges: &[Exchange]) -> SavedChat {
        let mut table = TokenTable::default();
        let mut room = MAX_PROMPT_TOKENS;
        let mut saved: Vec<SavedExchange> = Vec::new();
        for exchange in exchanges.iter().rev() {
            let kept = exchange.prompt.len() <= room;
            room = if kept { room - exchange.prompt.len() } else { 0 };
            let (variants, shown) = exchange.variants();
            let prompt = if kept { &exchange.prompt[..] } else { &[] };
            saved.push(SavedExchange {
                question: exchange.question.clone(),
                prompt: prompt.iter().map(|token| table.index(token)).collect(),
                replies: variants.iter().map(|reply| table.save(reply)).collect(),
                shown,
            });
        }
        saved.reverse();
        SavedChat { tokens: table.tokens, exchanges: saved }
    }

    /// The conversation without its tokens, which takes little room.
    pub(crate) fn shortened(mut self) -> SavedChat {
        self.tokens.clear();
        for exchange in &mut self.exchanges {
            exchange.prompt.clear();
            exchange.replies.iter_mut().for_each(|reply| reply.tokens.clear());
        }
        self
    }

    /// Adds the saved exchanges to a conversation. What was stored may be damaged: sequences
    /// with invalid indices are left out.
    pub(crate) fn restore(self, chat: &mut Chat) {
        let tokens = |indices: &[usize]| -> Option<Vec<Token>> {
            indices.iter().map(|index| self.tokens.get(*index).cloned()).collect()
        };
        for exchange in self.exchanges.iter().take(limits::MAX_MESSAGES / 2) {
            let reply = |saved: &SavedReply| ChatReply {
                tokens: tokens(&saved.tokens)
                    .unwrap_or_default()
                    .into_iter()
                    .map(|token| ReplyToken { token, distribution: None })
                    .collect(),
                text: saved.text.clone(),
                writer: Writer { name: saved.writer.clone(), ..Writer::default() },
                settings: Some(saved.settings.clone())
                    .filter(|settings| settings.check().is_ok())
                    .unwrap_or_default(),
                finish: saved.finish.or(Some(FinishReason::Cancelled)),
                ..ChatReply::default()
            };
            chat.add(Exchange::new(
                exchange.question.clone(),
                tokens(&exchange.prompt).unwrap_or_default(),
                exchange.replies.iter().map(reply).collect(),
                exchange.shown,
            ));
        }
    }
}

/// Collects tokens, each once.
#[derive(Default)]
struct TokenTable {
    tokens: Vec<Token>,
    /// Indices by token id. To several models, an id can be different tokens.
    known: HashMap<u32, Vec<usize>>,
}

impl TokenTable {
    fn index(&mut self, token: &Token) -> usize {
        let known = self.known.entry(token.id).or_default();
        let found = known.iter().find(|index| self.tokens[**index] == *token);
        if let Some(index) = found {
            return *index;
        }
        self.tokens.push(token.clone());
        known.push(self.tokens.len() - 1);
        self.tokens.len() - 1
    }

    fn save(&mut self, reply: &ChatReply) -> SavedReply {
        SavedReply {
            text: reply.answer(),
            tokens: reply.tokens.iter().map(|token| self.index(&token.token)).collect(),
            writer: reply.writer.name.clone(),
            settings: reply.settings.clone(),
            finish: reply.finish,
        }
    }
}
