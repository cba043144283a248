//! A response as it is sent: as one object, or as a stream of chunks.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use schemars::JsonSchema;
use serde::Serialize;

use super::choice::{Delta, Finish};
use super::choices::{Choices, Usage};
use super::error::OpenAiError;
use super::logprobs::TokenLogprob;
use super::options::Delivery;
use crate::http::sampler::random_seed;

/// The format of one of the two kinds of completion.
pub(crate) trait CompletionFormat: Send + Sync + 'static {
    /// The beginning of the ids of responses.
    const ID: &'static str;
    /// The type of a whole response.
    const WHOLE: &'static str;
    /// The type of a chunk.
    const CHUNK: &'static str;

    /// A choice of a whole response.
    type Choice: Serialize;
    /// A choice of a chunk.
    type ChunkChoice: Serialize + Send;

    /// Writes a choice of a whole response.
    fn choice(
        &self,
        index: usize,
        text: String,
        tokens: Vec<TokenLogprob>,
        finish: Finish,
    ) -> Self::Choice;

    /// The first chunk of a choice, before its text; none if it has none.
    fn opening(&self, index: usize) -> Option<Self::ChunkChoice>;

    /// Writes the next part of a choice.
    fn chunk(&self, index: usize, delta: Delta) -> Self::ChunkChoice;
}

/// A response whose choices are being generated.
pub(super) struct PendingResponse<F> {
    pub(super) format: F,
    /// The model's name.
    pub(super) model: String,
    /// How many choices there are.
    pub(super) count: usize,
    pub(super) choices: Choices,
}

/// The members that chunks and whole responses have in common.
#[derive(Clone, Serialize, JsonSchema)]
struct Head {
    id: String,
    object: &'static str,
    /// When it was made, in seconds since 1970.
    created: u64,
    /// The model's name.
    model: String,
    system_fingerprint: &'static str,
}

/// A whole response.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WholeResponse<C> {
    #[serde(flatten)]
    head: Head,
    choices: Vec<C>,
    usage: Usage,
}

/// A part of a streamed response.
#[derive(Serialize)]
struct Chunk<'a, C> {
    #[serde(flatten)]
    head: &'a Head,
    choices: Vec<C>,
    /// Null until the last chunk, and left out where it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Usage>>,
}

impl Head {
    fn new(prefix: &str, object: &'static str, model: String) -> Head {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let id = format!("{prefix}-{:08x}{:08x}", random_seed(), random_seed());
        let system_fingerprint = concat!("nexttoken-", env!("CARGO_PKG_VERSION"));
        Head { id, object, created: since.as_secs(), model, system_fingerprint }
    }
}

impl<F: CompletionFormat> PendingResponse<F> {
    /// Sends the response.
    ///
    /// # Errors
    /// What goes wrong before anything was sent.
    pub(super) async fn send(self, delivery: Delivery) -> Result<Response, OpenAiError> {
        match delivery {
            Delivery::Whole => self.integer().await,
            Delivery::Streamed { usage } => self.streamed(usage).await,
        }
    }

    async fn integer(mut self) -> Result<Response, OpenAiError> {
        let mut texts = vec![(String::new(), Vec::new(), Finish::Length); self.count];
        while let Some((index, delta)) = self.choices.next().await? {
            let (text, logprobs, finish) = &mut texts[index];
            text.push_str(&delta.text);
            logprobs.extend(delta.logprobs);
            *finish = delta.finish.unwrap_or(*finish);
        }
        let choices = (0..).zip(texts).map(|(index, (text, logprobs, finish))| {
            self.format.choice(index, text, logprobs, finish)
        });
        let response = WholeResponse {
            choices: choices.collect(),
            head: Head::new(F::ID, F::WHOLE, self.model),
            usage: self.choices.usage(),
        };
        Ok(Json(response).into_response())
    }

    async fn streamed(mut self, usage: bool) -> Result<Response, OpenAiError> {
        // Until then, an error is a response of its own.
        let first = self.choices.next().await?;
        let mut stream = Stream {
            head: Head::new(F::ID, F::CHUNK, self.model),
            format: self.format,
            choices: self.choices,
            ready: VecDeque::new(),
            usage,
            ended: false,
        };
        for choice in (0..self.count).filter_map(|index| stream.format.opening(index)) {
            let opening = stream.chunk(vec![choice], None);
            stream.ready.push_back(opening);
        }
        if let Some((index, delta)) = first {
            let choice = stream.format.chunk(index, delta);
            let chunk = stream.chunk(vec![choice], None);
            stream.ready.push_back(chunk);
        }
        let events = stream::unfold(stream, async |mut stream| {
            let event = stream.next().await?;
            Some((Ok::<_, Infallible>(event), stream))
        });
        Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
    }
}

/// A response that is being streamed.
struct Stream<F> {
    format: F,
    head: Head,
    choices: Choices,
    /// What can be sent at once.
    ready: VecDeque<Event>,
    /// Whether the last chunk tells what all cost.
    usage: bool,
    ended: bool,
}

impl<F: CompletionFormat> Stream<F> {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.ended {
                return None;
            }
            match self.choices.next().await {
                // Nothing is sent as long as nothing can be shown.
                Ok(Some((_, delta))) if delta.is_empty() => (),
                Ok(Some((index, delta))) => {
                    let choice = self.format.chunk(index, delta);
                    return Some(self.chunk(vec![choice], None));
                }
                Ok(None) => self.end(),
                Err(error) => {
                    self.ended = true;
                    return Some(event(&OpenAiError(error).body()));
                }
            }
        }
    }

    fn end(&mut self) {
        self.ended = true;
        if self.usage {
            let last = self.chunk(Vec::new(), Some(self.choices.usage()));
            self.ready.push_back(last);
        }
        self.ready.push_back(Event::default().data("[DONE]"));
    }

    fn chunk(&self, choices: Vec<F::ChunkChoice>, usage: Option<Usage>) -> Event {
        let usage = self.usage.then_some(usage);
        event(&Chunk { head: &self.head, choices, usage })
    }
}

fn event(value: &impl Serialize) -> Event {
    Event::default().json_data(value).unwrap_or_default()
}
