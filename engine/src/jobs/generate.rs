//! Generation: tokens sampled one after another, each told with its distribution.

use protocol::{
    Distribution, Event, FinishReason, Message, SamplerSettings, Timings, TokenId,
};

use super::job::{Context, Outcome, Reading};
use crate::distribution::View;
use crate::error::Result;

/// A text that is being continued.
#[derive(Debug)]
pub(super) struct Generate {
    /// The conversation to be rendered first, in a chat.
    messages: Option<Vec<Message>>,
    /// The prompt and what has been generated.
    ids: Vec<TokenId>,
    settings: SamplerSettings,
    candidates: usize,
    /// How many more tokens may be generated.
    left: u32,
    stage: Stage,
    reading: Reading,
}

#[derive(Debug, PartialEq)]
enum Stage {
    /// The prompt is being read.
    Prefill,
    /// Tokens are being sampled.
    Decode,
}

impl Generate {
    pub(super) fn new(
        ids: Vec<TokenId>,
        settings: SamplerSettings,
        max_new_tokens: u32,
        candidates: u32,
    ) -> Generate {
        Generate {
            messages: None,
            ids,
            settings,
            candidates: candidates as usize,
            left: max_new_tokens,
            stage: Stage::Prefill,
            reading: Reading::default(),
        }
    }

    pub(super) fn chat(
        messages: Vec<Message>,
        settings: SamplerSettings,
        max_new_tokens: u32,
        candidates: u32,
    ) -> Generate {
        let reply = Generate::new(Vec::new(), settings, max_new_tokens, candidates);
        Generate { messages: Some(messages), ..reply }
    }

    pub(super) fn timings(&self) -> Timings {
        self.reading.timings
    }

    pub(super) fn step(&mut self, context: &mut Context) -> Result<Outcome> {
        if let Some(messages) = self.messages.take() {
            let now = (context.clock.unix_seconds)();
            let tokens = context.session.chat_prompt(&messages, now)?;
            self.ids = tokens.iter().map(|token| token.id).collect();
            context.session.check(&self.ids)?;
            (context.emit)(Event::Prompt { tokens });
        }
        match self.stage {
            Stage::Prefill => {
                if self.reading.advance(&self.ids, context)? {
                    self.stage = Stage::Decode;
                }
                Ok(Outcome::More)
            }
            Stage::Decode => self.decode(context),
        }
    }

    /// Reads the token that was sampled last, if any, and samples the next.
    fn decode(&mut self, context: &mut Context) -> Result<Outcome> {
        let start = (context.clock.monotonic_ms)();
        let unread = self.ids.len() - context.session.known(&self.ids);
        context.session.read(&self.ids, unread)?;
        let mut distribution = self.distribution(context)?;
        let ms = (context.clock.monotonic_ms)() - start;

        let timings = &mut self.reading.timings;
        timings.decode_tokens += unread as u32;
        timings.decode_ms += ms as f32;
        timings.forward_tokens = context.session.forward_tokens();
        distribution.timings = *timings;

        let sampled = distribution.sampled.token.id;
        (context.emit)(Event::Token(distribution));
        self.left -= 1;
        let limit = context.session.description().context_length as usize;
        let reason = if context.session.ends_generation(sampled) {
            FinishReason::EndOfText
        } else if self.ids.len() >= limit {
            FinishReason::ContextFull
        } else if self.left == 0 {
            FinishReason::MaxTokens
        } else {
            self.ids.push(sampled);
            return Ok(Outcome::More);
        };
        Ok(Outcome::Done(Event::Finished { reason, timings: self.reading.timings }))
    }

    fn distribution(&self, context: &mut Context) -> Result<Distribution> {
        let view = View {
            settings: &self.settings,
            position: self.ids.len() as u32,
            candidates: self.candidates,
            watch: &[],
        };
        context.session.distribution(&self.ids, view)
    }
}
