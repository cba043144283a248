//! A response as a stream of events, each with its type and its number.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};

use super::object::{OutputMessage, OutputText, ResponseObject};
use crate::http::openai::choice::{Delta, Finish};
use crate::http::openai::choices::Choices;
use crate::http::openai::error::OpenAiError;

/// A response that is being streamed.
struct Stream {
    choices: Choices,
    response: ResponseObject,
    message: OutputMessage,
    text: String,
    finish: Finish,
    /// What can be sent at once.
    ready: VecDeque<Event>,
    /// The number of the next event.
    number: u64,
    ended: bool,
}

/// Sends the events.
///
/// # Errors
/// What goes wrong before anything was sent.
pub(super) async fn send(
    response: ResponseObject,
    mut choices: Choices,
) -> Result<Response, OpenAiError> {
    // Until then, an error is a response of its own.
    let first = choices.next().await?;
    let mut stream = Stream {
        choices,
        response,
        message: OutputMessage::begun(),
        text: String::new(),
        finish: Finish::Length,
        ready: VecDeque::new(),
        number: 0,
        ended: false,
    };
    stream.open();
    if let Some((_, delta)) = first {
        stream.add(delta);
    }
    let events = stream::unfold(stream, async |mut stream| {
        let event = stream.next().await?;
        Some((Ok::<_, Infallible>(event), stream))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

impl Stream {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.ended {
                return None;
            }
            match self.choices.next().await {
                Ok(Some((_, delta))) => self.add(delta),
                Ok(None) => self.close(),
                Err(error) => {
                    self.ended = true;
                    let mut event = json!(OpenAiError(error).body());
                    let told = event["error"].take();
                    self.push("error", told);
                }
            }
        }
    }

    fn open(&mut self) {
        let response = json!({ "response": self.response });
        self.push("response.created", response.clone());
        self.push("response.in_progress", response);
        let item = json!({ "output_index": 0, "item": self.message });
        self.push("response.output_item.added", item);
        let part = self.placed(json!({ "part": OutputText::new(String::new()) }));
        self.push("response.content_part.added", part);
    }

    fn add(&mut self, delta: Delta) {
        self.finish = delta.finish.unwrap_or(self.finish);
        if !delta.text.is_empty() {
            let event = self.placed(json!({ "delta": delta.text, "logprobs": [] }));
            self.push("response.output_text.delta", event);
            self.text.push_str(&delta.text);
        }
    }

    fn close(&mut self) {
        self.ended = true;
        let text = std::mem::take(&mut self.text);
        let done = self.placed(json!({ "text": text, "logprobs": [] }));
        self.push("response.output_text.done", done);
        let part = self.placed(json!({ "part": OutputText::new(text.clone()) }));
        self.push("response.content_part.done", part);
        let message = self.message.clone().ended(text, self.finish);
        let item = json!({ "output_index": 0, "item": message });
        self.push("response.output_item.done", item);
        let usage = self.choices.usage();
        let response = self.response.clone().with(message, self.finish, usage);
        let kind = format!("response.{}", response.status);
        self.push(&kind, json!({ "response": response }));
    }

    /// What an event tells of the text, with the place of the text.
    fn placed(&self, mut event: Value) -> Value {
        event["item_id"] = json!(self.message.id);
        event["output_index"] = json!(0);
        event["content_index"] = json!(0);
        event
    }

    fn push(&mut self, kind: &str, mut event: Value) {
        event["type"] = json!(kind);
        event["sequence_number"] = json!(self.number);
        self.number += 1;
        let event = Event::default().event(kind).json_data(event);
        self.ready.push_back(event.unwrap_or_default());
    }
}
