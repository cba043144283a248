//! What outlives a reload of the page: all that was typed and chosen.

use hub::Endpoint;
use protocol::{Token, limits};
use serde::{Deserialize, Serialize};

use super::engine::BackendKind;
use super::explorer::{FIRST_PROMPT, Startup};
use super::knobs::Knobs;
use super::tree::{Node, Origin};
use super::{State, Tab};

/// The part of the state that is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    tab: Tab,
    prompt: String,
    knobs: Knobs,
    backend: BackendKind,
    native_address: String,
    /// The hub that was agreed to: a reload goes on with the same visit.
    visiting: Option<String>,
    /// The running text. The ids are what counts; the rest shows whether they still
    /// mean the same to the model that is loaded then.
    path: Vec<(Token, Option<Origin>)>,
    chat_input: String,
    chat: Vec<(String, String)>,
}

impl Draft {
    /// What is to be kept of a state.
    pub(crate) fn of(state: &State) -> Draft {
        let saved = |node: &Node| (node.token.clone(), Some(node.origin));
        let chatting = state.requests.chatting();
        let exchanges = &state.chat.exchanges;
        let ended = exchanges.len() - usize::from(chatting && !exchanges.is_empty());
        Draft {
            tab: state.tab,
            prompt: state.explorer.prompt.clone(),
            knobs: state.knobs,
            backend: state.engine.backend,
            // What follows a path can be a server's token.
            native_address: without_query(&state.engine.native_address).to_owned(),
            visiting: state.models.visiting.as_ref().map(|hub| hub.as_str().to_owned()),
            path: state.explorer.tree.nodes().map(saved).collect(),
            chat_input: match exchanges.get(ended) {
                Some(open) => format!("{}{}", open.question, state.chat.input),
                None => state.chat.input.clone(),
            },
            chat: exchanges[..ended]
                .iter()
                .map(|exchange| (exchange.question.clone(), exchange.reply().answer()))
                .collect(),
        }
    }

    /// The same without what can be long: what there is always room for.
    pub(crate) fn shortened(self) -> Draft {
        Draft { path: Vec::new(), chat: Vec::new(), ..self }
    }

    /// A first visit, which begins with a worked example.
    pub(crate) fn first_visit(state: &mut State) {
        state.explorer.prompt = FIRST_PROMPT.into();
        state.explorer.startup = Startup::Start;
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
            Node::given(token, Option::unwrap_or(origin, Origin::Prompt))
        };
        if !self.path.is_empty() {
            state.explorer.tree.restart(self.path.into_iter().map(given));
            state.explorer.tree.forget_history();
        }
        state.chat.input = self.chat_input;
        for (question, answer) in self.chat.into_iter().take(limits::MAX_MESSAGES / 2) {
            state.chat.add_answered(question, answer);
        }
    }
}

fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}
