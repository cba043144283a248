//! The conversation of a trace, put beside the one that is there.

use std::rc::Rc;

use protocol::{Event, FinishReason};
use sharing::Asked;

use crate::state::{ChatReply, ModelId, ReplyToken, State, Writer};

/// Shows questions with their replies. The conversation that is there becomes another version of
/// the first question, so nothing of it is lost.
pub(super) fn show(state: &mut State, replies: Vec<(Asked, Vec<Event>)>, model: ModelId) {
    let chat = &mut state.chat;
    (chat.focus, chat.editing) = (None, None);
    for (index, (asked, events)) in replies.into_iter().enumerate() {
        let Asked::Reply { question, begun, text, writer } = asked else { continue };
        let writer = Writer {
            model: Some(model).filter(|_| !events.is_empty()),
            not: None,
            name: writer,
        };
        let reply = ChatReply { begun, text, writer, ..ChatReply::default() };
        let reply = answered(reply, events);
        match index == 0 && !chat.exchanges.is_empty() {
            true => chat.add_version(0, question, reply),
            false => chat.add(question, reply),
        }
    }
}

/// A reply with what the engine said of it.
fn answered(mut reply: ChatReply, events: Vec<Event>) -> ChatReply {
    reply.finish = Some(FinishReason::EndOfText);
    for event in events {
        match event {
            Event::Prompt { tokens } => reply.prompt = Rc::new(tokens),
            Event::Token(distribution) => {
                reply.settings = distribution.settings.clone();
                reply.tokens.push(ReplyToken::drawn(distribution));
            }
            Event::Finished { reason, timings } => {
                (reply.finish, reply.timings) = (Some(reason), timings);
            }
            _ => {}
        }
    }
    reply
}
