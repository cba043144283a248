//! The draft: the part of the state that outlives a reload, which is all that the person
//! typed and chose.

use std::borrow::Cow;

use hub::Endpoint;
use protocol::Token;
use serde::{Deserialize, Serialize};

use super::chat::{Chat, Editing, Part};
use super::exchange::Exchange;
use super::explorer::{FIRST_PROMPT, WhenReady};
use super::knobs::Knobs;
use super::node::{Node, TokenOrigin};
use super::page::State;
use super::reply::ChatReply;
use super::saved_chat::SavedChat;
use super::tab::Tab;
use super::target::BackendKind;
use crate::json;

/// The part of the state that is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    #[serde(deserialize_with = "json::lenient")]
    tab: Tab,
    #[serde(deserialize_with = "json::lenient")]
    prompt: String,
    #[serde(deserialize_with = "json::lenient")]
    knobs: Knobs,
    #[serde(deserialize_with = "json::lenient")]
    backend: BackendKind,
    #[serde(deserialize_with = "json::lenient")]
    native_address: String,
    /// The hub that the person agreed to for this visit, which a reload continues.
    #[serde(deserialize_with = "json::lenient")]
    visiting: Option<String>,
    /// The text. Its ids are used again, if they are still the same tokens to the model.
    #[serde(deserialize_with = "json::lenient")]
    path: Vec<(Token, Option<TokenOrigin>)>,
    #[serde(deserialize_with = "json::lenient")]
    chat_input: String,
    #[serde(deserialize_with = "json::lenient")]
    chat_system: String,
    #[serde(deserialize_with = "json::lenient")]
    chat_begun: String,
    #[serde(deserialize_with = "json::lenient")]
    chat_shows_tokens: bool,
    /// The message that is being edited: the index of its exchange, and the text.
    #[serde(deserialize_with = "json::lenient")]
    chat_editing: Option<(usize, Part, String)>,
    #[serde(deserialize_with = "json::lenient")]
    conversation: SavedChat,
    /// The conversation as earlier versions of the page stored it: questions and answers.
    #[serde(deserialize_with = "json::lenient", skip_serializing)]
    chat: Vec<(String, String)>,
}

impl Draft {
    /// The draft of a state.
    pub(crate) fn of(state: &State) -> Draft {
        let saved = |node: &Node| (node.token.clone(), Some(node.origin));
        let chat = chat_to_save(state);
        let editing = chat.edited().map(|(index, editing)| {
            let Editing { part, text, .. } = editing.clone();
            (index, part, text)
        });
        Draft {
            tab: state.tab,
            prompt: state.explorer.prompt.clone(),
            knobs: state.knobs.clone(),
            backend: state.engine.backend,
            // The query can hold a server's access token.
            native_address: without_query(&state.engine.native_address).to_owned(),
            visiting: state.models.visiting.as_ref().map(|hub| hub.as_str().to_owned()),
            path: state.explorer.tree.nodes().map(saved).collect(),
            chat_input: chat.input.clone(),
            chat_system: chat.system.clone(),
            chat_begun: chat.begun.clone(),
            chat_shows_tokens: chat.shows_tokens,
            chat_editing: editing,
            conversation: SavedChat::of(&chat.exchanges),
            chat: Vec::new(),
        }
    }

    /// The draft without the tokens of the conversation, which takes less room.
    pub(crate) fn shortened(self) -> Draft {
        Draft { conversation: self.conversation.shortened(), ..self }
    }

    /// The draft without the text and the conversation, which takes the least room.
    pub(crate) fn shortest(self) -> Draft {
        Draft { path: Vec::new(), conversation: SavedChat::default(), ..self }
    }

    /// Fills in the state of a first visit, which begins with an example.
    pub(crate) fn first_visit(state: &mut State) {
        state.explorer.prompt = FIRST_PROMPT.into();
        state.explorer.when_ready = WhenReady::Start;
    }

    /// Restores the draft into a new state.
    pub(crate) fn restore(self, state: &mut State) {
        state.tab = self.tab;
        state.knobs = self.knobs.checked();
        state.engine.backend = self.backend;
        state.engine.native_address = self.native_address;
        state.models.visiting = self.visiting.and_then(|hub| Endpoint::new(&hub).ok());
        state.explorer.prompt = self.prompt;
        let given = |(token, origin)| {
            Node::given(token, Option::unwrap_or(origin, TokenOrigin::Prompt), None)
        };
        if !self.path.is_empty() {
            state.explorer.tree.restart(self.path.into_iter().map(given));
            state.explorer.tree.forget_history();
        }
        let chat = &mut state.chat;
        chat.input = self.chat_input;
        chat.system = self.chat_system;
        chat.begun = self.chat_begun;
        chat.shows_tokens = self.chat_shows_tokens;
        for (question, text) in self.chat {
            chat.add(question, ChatReply { text, ..ChatReply::default() });
        }
        self.conversation.restore(chat);
        chat.editing = self.chat_editing.and_then(|(index, part, text)| {
            let exchange = chat.exchanges.get(index)?.key;
            Some(Editing { exchange, part, text })
        });
    }
}

/// The conversation as it is stored. A question whose reply has no token yet returns to where
/// it was typed.
fn chat_to_save(state: &State) -> Cow<'_, Chat> {
    let chat = &state.chat;
    let is_open = |exchange: &Exchange| exchange.reply().tokens.is_empty();
    if !state.requests.chatting() || !chat.exchanges.last().is_some_and(is_open) {
        return Cow::Borrowed(chat);
    }
    let mut chat = chat.clone();
    chat.take_back();
    Cow::Owned(chat)
}

fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}
