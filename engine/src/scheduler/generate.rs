//! Generation: tokens sampled one after another, each emitted with its distribution.

use inference::distribution::{Outlook, SamplerContext, View};
use protocol::{Distribution, Event, FinishReason, SamplerSettings, Timings, TokenId};

use super::clock::Clock;
use super::context::{Context, Outcome};
use super::prefill::PrefillProgress;
use super::token_source::Conversation;
use crate::error::{EngineError, Result};
use crate::session::Session;

/// The most tokens whose draws are told before they are due.
const MOST_FORESEEN: usize = 8;

/// A text that is being continued.
#[derive(Debug)]
pub(super) struct Generate {
    /// The conversation, until it is rendered; `None` if the request is no chat.
    conversation: Option<Conversation>,
    /// The prompt and what has been generated.
    ids: Vec<TokenId>,
    settings: SamplerSettings,
    candidates: usize,
    /// The number of tokens that may still be generated.
    tokens_left: u32,
    stage: Stage,
    prefill: PrefillProgress,
}

#[derive(Debug, PartialEq)]
enum Stage {
    /// The prompt is being read.
    Prefill,
    /// Tokens are being sampled.
    Decode,
}

impl Generate {
    /// Continues a text.
    pub(super) fn new(
        ids: Vec<TokenId>,
        settings: SamplerSettings,
        max_new_tokens: u32,
        candidates: u32,
    ) -> Generate {
        let mut generate = Generate {
            conversation: None,
            ids,
            settings,
            candidates: candidates as usize,
            tokens_left: max_new_tokens,
            stage: Stage::Prefill,
            prefill: PrefillProgress::default(),
        };
        generate.begin_after_prompt();
        generate
    }

    /// Replies to a conversation, or continues its last message if that has begun.
    pub(super) fn chat(
        conversation: Conversation,
        settings: SamplerSettings,
        max_new_tokens: u32,
        candidates: u32,
    ) -> Generate {
        // Where the prompt ends is known when it is rendered.
        let given = settings.clone();
        let reply = Generate::new(Vec::new(), settings, max_new_tokens, candidates);
        Generate { conversation: Some(conversation), settings: given, ..reply }
    }

    /// Tells the sampler where the prompt ends.
    fn begin_after_prompt(&mut self) {
        self.settings = std::mem::take(&mut self.settings).after_prompt(self.ids.len());
    }

    pub(super) fn timings(&self) -> Timings {
        self.prefill.timings
    }

    pub(super) fn ids(&self) -> &[TokenId] {
        &self.ids
    }

    /// How the next tokens will be drawn, as far as others follow them.
    pub(super) fn outlook(&self) -> Option<Outlook> {
        let more = (self.tokens_left as usize).saturating_sub(1).min(MOST_FORESEEN);
        let outlook = Outlook::new(&self.settings, self.ids.len(), more);
        outlook.filter(|outlook| !outlook.points.is_empty())
    }

    /// The most tokens that its sequence may come to hold.
    pub(super) fn max_tokens_held(&self) -> usize {
        self.ids.len() + self.tokens_left as usize
    }

    /// Renders the conversation of a chat and emits its tokens.
    pub(super) fn render(
        &mut self,
        session: &Session,
        clock: Clock,
        emit: &mut dyn FnMut(Event),
    ) -> Result<()> {
        if let Some(conversation) = self.conversation.take() {
            let tokens = conversation.tokens(session, clock)?;
            self.ids = tokens.iter().map(|token| token.id).collect();
            session.check(&self.ids)?;
            self.begin_after_prompt();
            emit(Event::Prompt { tokens });
        }
        Ok(())
    }

    /// The number of tokens that must be read before the next one can be sampled.
    pub(super) fn tokens_to_read(&mut self, session: &Session, slot: usize) -> usize {
        self.prefill.tokens_to_read(&self.ids, session, slot)
    }

    /// Records that `count` tokens were read in `ms` milliseconds.
    pub(super) fn record_read(&mut self, count: usize, ms: f64, context: &mut Context) {
        match self.stage {
            Stage::Prefill => self.prefill.record_read(&self.ids, count, ms, context),
            Stage::Decode => {
                self.prefill.timings.decode_tokens += count as u32;
                self.prefill.timings.decode_ms += ms as f32;
            }
        }
    }

    /// Records that it has waited for an engine elsewhere for so many milliseconds.
    pub(super) fn record_wait(&mut self, ms: f64) {
        let timings = &mut self.prefill.timings;
        match self.stage {
            Stage::Prefill => timings.prefill_ms += ms as f32,
            Stage::Decode => timings.decode_ms += ms as f32,
        }
    }

    /// Samples the next token. All others must have been read.
    pub(super) fn decode(&mut self, context: &mut Context) -> Result<Outcome> {
        let start = (context.clock.monotonic_ms)();
        let mut distribution = self.distribution(context)?;
        if distribution.stages.last().is_some_and(|stage| stage.kept == 0) {
            return Err(EngineError::NothingToDraw);
        }
        let ms = (context.clock.monotonic_ms)() - start;

        let timings = &mut self.prefill.timings;
        // The first token belongs to the prefill of the prompt.
        match self.stage {
            Stage::Prefill => timings.prefill_ms += ms as f32,
            Stage::Decode => timings.decode_ms += ms as f32,
        }
        self.stage = Stage::Decode;
        timings.forward_tokens = context.session.forward_tokens();
        distribution.timings = *timings;

        let sampled = distribution.sampled.token.id;
        (context.emit)(Event::Token(distribution));
        self.tokens_left -= 1;
        let limit = context.session.description().context_length as usize;
        let reason = if context.session.ends_generation(sampled) {
            FinishReason::EndOfText
        } else if self.ids.len() >= limit {
            FinishReason::ContextFull
        } else if self.tokens_left == 0 {
            FinishReason::MaxTokens
        } else {
            self.ids.push(sampled);
            match context.session.is_complete(&self.ids, &self.settings)? {
                false => return Ok(Outcome::More),
                true => FinishReason::EndOfText,
            }
        };
        Ok(Outcome::Done(Event::Finished { reason, timings: self.prefill.timings }))
    }

    fn distribution(&self, context: &mut Context) -> Result<Distribution> {
        let view = View {
            settings: &self.settings,
            position: self.ids.len() as u32,
            candidates: self.candidates,
            watch: &[],
            context: SamplerContext::default(),
        };
        context.session.distribution(context.slot, &self.ids, view)
    }
}
