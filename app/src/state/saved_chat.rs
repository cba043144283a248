//! A conversation as it is stored: with its tokens, so that a later visit can inspect the
//! replies, but without distributions, which are computed again on demand. All variants and
//! versions are stored with what followed them.

use std::collections::HashMap;
use std::rc::Rc;

use protocol::{FinishReason, SamplerSettings, Token, limits};
use serde::{Deserialize, Serialize};

use super::chat::Chat;
use super::exchange::{Exchange, Variant};
use super::reply::{ChatReply, ReplyToken, Writer};

/// The most prompt tokens that are stored. Each prompt repeats all earlier turns, and the
/// newest prompts are stored first.
const MAX_PROMPT_TOKENS: usize = 100_000;
/// The most exchanges that are read.
const MAX_EXCHANGES: usize = 4_000;
/// How deep versions can lie in versions, which bounds the stack that damaged data can need.
const MAX_DEPTH: usize = 200;

/// A stored conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SavedChat {
    /// Each token once. The sequences of tokens below are indices into this list.
    tokens: Vec<Token>,
    /// Each prompt once.
    prompts: Vec<Vec<usize>>,
    /// All exchanges, also those that are not shown.
    exchanges: Vec<SavedExchange>,
    /// The conversation, as indices of exchanges; none if it is all of them, in order, as
    /// earlier versions of the page stored it.
    path: Option<Vec<usize>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct SavedExchange {
    question: String,
    /// The prompt of all replies, as earlier versions of the page stored it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prompt: Vec<usize>,
    replies: Vec<SavedReply>,
    shown: usize,
    /// Other versions of the question, as indices of the exchanges of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<Vec<usize>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    later: Vec<Vec<usize>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct SavedReply {
    begun: String,
    /// The text of the tokens.
    text: String,
    /// The index of its prompt.
    prompt: Option<usize>,
    tokens: Vec<usize>,
    writer: String,
    settings: SamplerSettings,
    finish: Option<FinishReason>,
    /// The exchanges that followed it, if it is not shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rest: Vec<usize>,
}

impl SavedChat {
    /// Saves some exchanges. A reply that is still being generated is saved as a stopped one.
    pub(crate) fn of(exchanges: &[Exchange]) -> SavedChat {
        let mut writer = ChatWriter { room: MAX_PROMPT_TOKENS, ..ChatWriter::default() };
        let path = writer.exchanges(exchanges);
        SavedChat {
            tokens: writer.tokens.tokens,
            prompts: writer.prompts,
            exchanges: writer.exchanges,
            path: Some(path),
        }
    }

    /// The conversation without its tokens, which takes little room.
    pub(crate) fn shortened(mut self) -> SavedChat {
        self.tokens.clear();
        self.prompts.clear();
        for exchange in &mut self.exchanges {
            exchange.prompt.clear();
            for reply in &mut exchange.replies {
                reply.tokens.clear();
                reply.prompt = None;
            }
        }
        self
    }

    /// Adds the saved exchanges to a conversation. What was stored may be damaged: sequences
    /// with invalid indices are left out, and no exchange is read twice.
    pub(crate) fn restore(self, chat: &mut Chat) {
        let all = || (0..self.exchanges.len()).collect();
        let path: Vec<usize> = self.path.clone().unwrap_or_else(all);
        let prompts = self.prompts.iter().map(|ids| Rc::new(self.text(ids)));
        let prompts: Vec<Rc<Vec<Token>>> = prompts.collect();
        let exchanges = self.exchanges.iter().take(MAX_EXCHANGES).map(Some).collect();
        let mut reader = ChatReader { saved: &self, prompts, exchanges, chat };
        let restored = reader.exchanges(&path, 0);
        chat.exchanges.extend(restored.into_iter().take(limits::MAX_MESSAGES / 2));
    }

    /// The tokens of some indices; none of them if one is invalid.
    fn text(&self, indices: &[usize]) -> Vec<Token> {
        let tokens = indices.iter().map(|index| self.tokens.get(*index).cloned());
        tokens.collect::<Option<_>>().unwrap_or_default()
    }
}

/// Writes a conversation from its end, so that the newest prompts get room.
#[derive(Default)]
struct ChatWriter {
    tokens: TokenTable,
    prompts: Vec<Vec<usize>>,
    /// The prompts that have been written, with their indices.
    known: Vec<(Rc<Vec<Token>>, usize)>,
    /// How many prompt tokens can still be stored.
    room: usize,
    exchanges: Vec<SavedExchange>,
}

impl ChatWriter {
    fn exchanges(&mut self, exchanges: &[Exchange]) -> Vec<usize> {
        let mut path: Vec<usize> =
            exchanges.iter().rev().map(|exchange| self.exchange(exchange)).collect();
        path.reverse();
        path
    }

    fn exchange(&mut self, exchange: &Exchange) -> usize {
        let replies = exchange.all_variants().iter();
        let saved = SavedExchange {
            question: exchange.question.clone(),
            prompt: Vec::new(),
            replies: replies.map(|variant| self.variant(variant)).collect(),
            shown: exchange.variants().1,
            earlier: exchange.earlier.iter().map(|rest| self.exchanges(rest)).collect(),
            later: exchange.later.iter().map(|rest| self.exchanges(rest)).collect(),
        };
        self.exchanges.push(saved);
        self.exchanges.len() - 1
    }

    fn variant(&mut self, Variant { reply, rest }: &Variant) -> SavedReply {
        let tokens = reply.tokens.iter();
        SavedReply {
            begun: reply.begun.clone(),
            text: reply.written(),
            prompt: self.prompt(&reply.prompt),
            tokens: tokens.map(|token| self.tokens.index(&token.token)).collect(),
            writer: reply.writer.name.clone(),
            settings: reply.settings.clone(),
            finish: reply.finish,
            rest: self.exchanges(rest),
        }
    }

    fn prompt(&mut self, prompt: &Rc<Vec<Token>>) -> Option<usize> {
        let known = self.known.iter().find(|(known, _)| Rc::ptr_eq(known, prompt));
        if let Some((_, index)) = known {
            return Some(*index);
        }
        if prompt.is_empty() || prompt.len() > self.room {
            return None;
        }
        self.room -= prompt.len();
        let tokens = prompt.iter().map(|token| self.tokens.index(token)).collect();
        self.prompts.push(tokens);
        self.known.push((prompt.clone(), self.prompts.len() - 1));
        Some(self.prompts.len() - 1)
    }
}

/// Reads a stored conversation.
struct ChatReader<'a> {
    saved: &'a SavedChat,
    prompts: Vec<Rc<Vec<Token>>>,
    /// The exchanges that have not been read.
    exchanges: Vec<Option<&'a SavedExchange>>,
    chat: &'a mut Chat,
}

impl ChatReader<'_> {
    fn exchanges(&mut self, path: &[usize], depth: usize) -> Vec<Exchange> {
        if depth > MAX_DEPTH {
            return Vec::new();
        }
        path.iter().filter_map(|index| self.exchange(*index, depth + 1)).collect()
    }

    fn exchange(&mut self, index: usize, depth: usize) -> Option<Exchange> {
        let saved = self.exchanges.get_mut(index)?.take()?;
        let old_prompt = Rc::new(self.saved.text(&saved.prompt));
        let replies = saved.replies.iter();
        let variants = replies.map(|reply| self.variant(reply, &old_prompt, depth));
        let variants = variants.collect();
        let (key, question) = (self.chat.new_key(), saved.question.clone());
        let mut exchange = Exchange::new(key, question, variants, saved.shown);
        exchange.earlier = self.versions(&saved.earlier, depth);
        exchange.later = self.versions(&saved.later, depth);
        Some(exchange)
    }

    fn versions(&mut self, versions: &[Vec<usize>], depth: usize) -> Vec<Vec<Exchange>> {
        let versions = versions.iter().map(|path| self.exchanges(path, depth));
        versions.filter(|version| !version.is_empty()).collect()
    }

    fn variant(
        &mut self,
        saved: &SavedReply,
        old_prompt: &Rc<Vec<Token>>,
        depth: usize,
    ) -> Variant {
        let prompt = saved.prompt.and_then(|index| self.prompts.get(index));
        let tokens = self.saved.text(&saved.tokens).into_iter();
        let settings =
            Some(saved.settings.clone()).filter(|settings| settings.check().is_ok());
        let reply = ChatReply {
            prompt: prompt.unwrap_or(old_prompt).clone(),
            begun: saved.begun.clone(),
            tokens: tokens.map(ReplyToken::saved).collect(),
            text: saved.text.clone(),
            writer: Writer { name: saved.writer.clone(), ..Writer::default() },
            settings: settings.unwrap_or_default(),
            finish: saved.finish.or(Some(FinishReason::Cancelled)),
            ..ChatReply::default()
        };
        Variant { reply, rest: self.exchanges(&saved.rest, depth) }
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
}
