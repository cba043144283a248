//! Requests to an engine with a tiny random model.

/// Distributions held against each other, and whole distributions.
mod comparisons;
/// Tokens that the engine draws itself, and chats.
mod generation;
/// Trees of continuations and beam search.
mod growth;
/// How predictions came about.
mod inspection;
/// Words that are looked up.
mod lookups;
/// Several requests and clients, and requests that end early.
mod queue;
/// Long texts that another device reads.
mod reader;
/// The same, when that device also continues them.
mod reader_continues;
/// The same, when that device fails.
mod reader_faults;
/// The same, of a model that the processor has in a file only.
mod reader_stored;
/// Requests that are refused before anything is computed.
mod refusals;
/// The sampler and what can be asked of it.
mod sampling;
/// Distributions and scores of texts: what is computed and what is cached.
mod stepping;
/// Several clients at once.
mod together;
/// Distributions that are computed once more.
mod verification;

use crate::common::tiny::{answer, ask, empty_engine, engine, request, run, session_of};
use engine::Engine;
use protocol::{
    Command, Distribution, ErrorCode, Event, FinishReason, Message, Phase, Role,
    SamplerSettings, TokenId, limits,
};
use random_model::{Kind, Shape};

fn settings() -> SamplerSettings {
    SamplerSettings { temperature: 1.0, seed: 5, ..Default::default() }
}

fn next_with(ids: &[TokenId], settings: SamplerSettings) -> Command {
    Command::NextToken { ids: ids.to_vec(), settings, candidates: 5, watch: vec![] }
}

fn next(ids: &[TokenId]) -> Command {
    next_with(ids, settings())
}

fn generate(ids: &[TokenId], max_new_tokens: u32) -> Command {
    let ids = ids.to_vec();
    Command::Generate { ids, settings: settings(), max_new_tokens, candidates: 3 }
}

fn say(text: &str) -> Message {
    Message { role: Role::User, content: text.into() }
}

fn chat(messages: Vec<Message>) -> Command {
    chat_or_continue(messages, false)
}

fn chat_or_continue(messages: Vec<Message>, continue_final_message: bool) -> Command {
    Command::Chat {
        messages,
        continue_final_message,
        template_variables: Default::default(),
        settings: settings(),
        max_new_tokens: 4,
        candidates: 3,
    }
}

fn distribution(engine: &mut Engine<u8>, command: Command) -> Distribution {
    match answer(engine, command) {
        Event::Distribution(distribution) => distribution,
        other => panic!("{other:?}"),
    }
}

fn failure(engine: &mut Engine<u8>, command: Command) -> ErrorCode {
    match answer(engine, command) {
        Event::Failed(failure) => {
            assert!(failure.message.ends_with('.'), "{}", failure.message);
            failure.code
        }
        other => panic!("{other:?}"),
    }
}
