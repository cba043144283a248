//! What outlives a reload of the page: all that was typed and chosen.

use hub::Endpoint;
use protocol::Token;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use super::chat::{ChatReply, Exchange, with_returned};
use super::engine_link::BackendKind;
use super::explorer::{FIRST_PROMPT, WhenReady};
use super::knobs::Knobs;
use super::saved_chat::SavedChat;
use super::tree::{Node, TokenOrigin};
use super::{State, Tab};

/// The part of the state that is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    #[serde(deserialize_with = "lenient")]
    tab: Tab,
    #[serde(deserialize_with = "lenient")]
    prompt: String,
    #[serde(deserialize_with = "lenient")]
    knobs: Knobs,
    #[serde(deserialize_with = "lenient")]
    backend: BackendKind,
    #[serde(deserialize_with = "lenient")]
    native_address: String,
    /// The hub that was agreed to: a reload goes on with the same visit.
    #[serde(deserialize_with = "lenient")]
    visiting: Option<String>,
    /// The running text. The ids are what counts; the rest shows whether they still
    /// mean the same to the model that is loaded then.
    #[serde(deserialize_with = "lenient")]
    path: Vec<(Token, Option<TokenOrigin>)>,
    #[serde(deserialize_with = "lenient")]
    chat_input: String,
    #[serde(deserialize_with = "lenient")]
    conversation: SavedChat,
    /// Questions and answers as earlier versions of the page stored them.
    #[serde(deserialize_with = "lenient", skip_serializing)]
    chat: Vec<(String, String)>,
}

/// A part that cannot be read takes nothing else with it.
fn lenient<'de, D: Deserializer<'de>, T: Default + DeserializeOwned>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

impl Draft {
    /// What is to be kept of a state.
    pub(crate) fn of(state: &State) -> Draft {
        let saved = |node: &Node| (node.token.clone(), Some(node.origin));
        let exchanges = &state.chat.exchanges;
        // A question of whose reply nothing has come returns to the box.
        let open = exchanges.last().filter(|exchange| {
            state.requests.chatting() && exchange.reply().tokens.is_empty()
        });
        let ended = exchanges.len() - usize::from(open.is_some());
        Draft {
            tab: state.tab,
            prompt: state.explorer.prompt.clone(),
            knobs: state.knobs,
            backend: state.engine.backend,
            // What follows a path can be a server's token.
            native_address: without_query(&state.engine.native_address).to_owned(),
            visiting: state.models.visiting.as_ref().map(|hub| hub.as_str().to_owned()),
            path: state.explorer.tree.nodes().map(saved).collect(),
            chat_input: match open {
                Some(open) => with_returned(&open.question, &state.chat.input),
                None => state.chat.input.clone(),
            },
            conversation: SavedChat::of(&exchanges[..ended]),
            chat: Vec::new(),
        }
    }

    /// The same without the tokens of the conversation, where there is no room for all.
    pub(crate) fn shortened(self) -> Draft {
        Draft { conversation: self.conversation.shortened(), ..self }
    }

    /// The same without what can be long: what there is always room for.
    pub(crate) fn shortest(self) -> Draft {
        Draft { path: Vec::new(), conversation: SavedChat::default(), ..self }
    }

    /// A first visit, which begins with a worked example.
    pub(crate) fn first_visit(state: &mut State) {
        state.explorer.prompt = FIRST_PROMPT.into();
        state.explorer.when_ready = WhenReady::Start;
    }

    /// Puts what was kept into a fresh state.
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
        state.chat.input = self.chat_input;
        for (question, text) in self.chat {
            let reply = ChatReply { text, ..ChatReply::default() };
            state.chat.add(Exchange::new(question, Vec::new(), vec![reply], 0));
        }
        self.conversation.restore(&mut state.chat);
    }
}

fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}
