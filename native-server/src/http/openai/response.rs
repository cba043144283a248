//! An answer as it is sent: as one object, or as a stream of chunks.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};

use super::choice::Delta;
use super::choices::Choices;
use super::error::OpenAiError;
use super::logprobs::TokenLogprob;
use super::options::Sending;
use crate::http::sampler::random_seed;

/// The form of the two kinds of completion.
pub(super) trait Form: Send + Sync + 'static {
    /// What the ids of answers begin with.
    const ID: &'static str;
    /// The type of a whole answer.
    const WHOLE: &'static str;
    /// The type of a chunk.
    const CHUNK: &'static str;

    /// A choice of a whole answer.
    fn whole(
        &self,
        index: usize,
        text: String,
        tokens: Vec<TokenLogprob>,
        finish: &str,
    ) -> Value;

    /// What a stream says of a choice before its text.
    fn opening(&self, index: usize) -> Option<Value>;

    /// A choice of a chunk.
    fn piece(&self, index: usize, delta: Delta) -> Value;
}

/// An answer to be sent.
pub(super) struct Answer<F> {
    pub(super) form: F,
    /// The model's name.
    pub(super) model: String,
    /// How many choices there are.
    pub(super) choices: usize,
    pub(super) run: Choices,
}

/// What all chunks and answers begin with.
#[derive(Clone)]
struct Head {
    id: String,
    created: u64,
    model: String,
}

impl Head {
    fn new(prefix: &str, model: String) -> Head {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let id = format!("{prefix}-{:08x}{:08x}", random_seed(), random_seed());
        Head { id, created: since.as_secs(), model }
    }

    fn object(&self, kind: &str, choices: Value) -> Value {
        json!({
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": concat!("nexttoken-", env!("CARGO_PKG_VERSION")),
            "choices": choices,
        })
    }
}

impl<F: Form> Answer<F> {
    /// The response.
    ///
    /// # Errors
    /// What goes wrong before anything was sent.
    pub(super) async fn send(self, sending: Sending) -> Result<Response, OpenAiError> {
        match sending {
            Sending::Whole => self.whole().await,
            Sending::Streamed { usage } => self.streamed(usage).await,
        }
    }

    async fn whole(mut self) -> Result<Response, OpenAiError> {
        let mut texts = vec![(String::new(), Vec::new(), "length"); self.choices];
        while let Some((index, delta)) = self.run.next().await? {
            let (text, logprobs, finish) = &mut texts[index];
            text.push_str(&delta.text);
            logprobs.extend(delta.logprobs);
            *finish = delta.finish.unwrap_or(finish);
        }
        let form = &self.form;
        let choices: Vec<Value> = (0..)
            .zip(texts)
            .map(|(index, (text, logprobs, finish))| {
                form.whole(index, text, logprobs, finish)
            })
            .collect();
        let head = Head::new(F::ID, self.model);
        let mut answer = head.object(F::WHOLE, choices.into());
        answer["usage"] = json!(self.run.usage());
        Ok(Json(answer).into_response())
    }

    async fn streamed(mut self, usage: bool) -> Result<Response, OpenAiError> {
        // Until then, an error is a response of its own.
        let first = self.run.next().await?;
        let head = Head::new(F::ID, self.model);
        let mut ready = VecDeque::new();
        for choice in (0..self.choices).filter_map(|index| self.form.opening(index)) {
            ready.push_back(chunk::<F>(&head, json!([choice]), usage));
        }
        if let Some((index, delta)) = first {
            let choice = self.form.piece(index, delta);
            ready.push_back(chunk::<F>(&head, json!([choice]), usage));
        }
        let stream =
            Stream { form: self.form, head, run: self.run, ready, usage, ended: false };
        let events = stream::unfold(stream, async |mut stream| {
            let event = stream.next().await?;
            Some((Ok::<_, Infallible>(event), stream))
        });
        Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
    }
}

/// A stream under way.
struct Stream<F> {
    form: F,
    head: Head,
    run: Choices,
    /// What can be sent at once.
    ready: VecDeque<Event>,
    /// Whether it is to be told what all cost.
    usage: bool,
    ended: bool,
}

impl<F: Form> Stream<F> {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.ended {
                return None;
            }
            match self.run.next().await {
                // Where nothing can be shown yet, nothing is sent.
                Ok(Some((_, delta))) if delta.is_empty() => (),
                Ok(Some((index, delta))) => {
                    let choice = self.form.piece(index, delta);
                    return Some(chunk::<F>(&self.head, json!([choice]), self.usage));
                }
                Ok(None) => self.end(),
                Err(error) => {
                    self.ended = true;
                    return Some(event(&json!(OpenAiError(error).body())));
                }
            }
        }
    }

    fn end(&mut self) {
        self.ended = true;
        if self.usage {
            let mut last = self.head.object(F::CHUNK, json!([]));
            last["usage"] = json!(self.run.usage());
            self.ready.push_back(event(&last));
        }
        self.ready.push_back(Event::default().data("[DONE]"));
    }
}

fn chunk<F: Form>(head: &Head, choices: Value, usage: bool) -> Event {
    let mut chunk = head.object(F::CHUNK, choices);
    if usage {
        chunk["usage"] = Value::Null;
    }
    event(&chunk)
}

fn event(value: &Value) -> Event {
    Event::default().data(value.to_string())
}
