//! One choice of an answer: a text that the model continues, until its limit, its end or
//! a text to stop at.

use protocol::{Command, Event, FinishReason, Message, SamplerSettings, TokenId, limits};
use schemars::JsonSchema;
use serde::Serialize;

use super::logprobs::TokenLogprob;
use super::text::TextBuffer;
use crate::http::error::ApiError;
use crate::http::query::EngineQuery;

/// What is to be continued.
#[derive(Clone, Debug)]
pub(super) enum Prompt {
    /// Tokens.
    Ids(Vec<TokenId>),
    /// A conversation, in the model's template.
    Chat(Vec<Message>),
}

/// How it is to be continued.
#[derive(Clone, Debug)]
pub(super) struct ChoiceOptions {
    pub(super) settings: SamplerSettings,
    /// New tokens, at most; 0 where only the prompt is wanted.
    pub(super) max_tokens: u32,
    pub(super) stops: Vec<Vec<u8>>,
    /// Tokens that end it.
    pub(super) stop_ids: Vec<TokenId>,
    /// Whether it goes on after the token that ends a text.
    pub(super) ignores_end: bool,
    /// How many of the most probable tokens to tell beside each; none for no
    /// probabilities at all.
    pub(super) logprobs: Option<usize>,
}

/// A choice that is being made.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) index: usize,
    query: EngineQuery,
    options: ChoiceOptions,
    text: TextBuffer,
    /// All tokens, the prompt's and the new ones.
    ids: Vec<TokenId>,
    pub(super) prompt_tokens: usize,
    pub(super) cached_tokens: u32,
    pub(super) new_tokens: u32,
    /// Tokens of which no text has been told, with where their text begins.
    untold: Vec<(usize, TokenLogprob)>,
}

/// Why a choice has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Finish {
    /// At the end of the text, or at a text or token to stop at.
    Stop,
    /// At its limit.
    Length,
}

/// Some more of a choice.
#[derive(Debug, Default)]
pub(crate) struct Delta {
    pub(super) text: String,
    /// Of the tokens whose text this is.
    pub(super) logprobs: Vec<TokenLogprob>,
    /// Set with the last part.
    pub(super) finish: Option<Finish>,
}

impl Choice {
    /// Asks for the first tokens.
    ///
    /// # Errors
    /// If the engine has ended.
    pub(super) async fn start(
        index: usize,
        mut query: EngineQuery,
        prompt: Prompt,
        options: ChoiceOptions,
    ) -> Result<Choice, ApiError> {
        let ChoiceOptions { settings, max_tokens, .. } = options;
        let max_new_tokens = max_tokens.min(limits::MAX_NEW_TOKENS);
        let candidates = options.logprobs.unwrap_or(0).max(1) as u32;
        let (ids, command) = match prompt {
            Prompt::Ids(ids) => {
                let known = ids.clone();
                let generate =
                    Command::Generate { ids, settings, max_new_tokens, candidates };
                (known, generate)
            }
            Prompt::Chat(messages) => {
                let chat =
                    Command::Chat { messages, settings, max_new_tokens, candidates };
                (Vec::new(), chat)
            }
        };
        if max_tokens > 0 {
            query.start(command).await?;
        }
        let text = TextBuffer::new(options.stops.clone());
        Ok(Choice {
            index,
            query,
            text,
            prompt_tokens: ids.len(),
            cached_tokens: 0,
            new_tokens: 0,
            ids,
            options,
            untold: Vec::new(),
        })
    }

    /// Some more, which may be empty; the last has a reason.
    ///
    /// # Errors
    /// If the engine fails, or it takes too long.
    pub(super) async fn next(&mut self) -> Result<Delta, ApiError> {
        if self.options.max_tokens == 0 {
            return Ok(self.last(Finish::Length));
        }
        loop {
            match self.query.event().await? {
                Event::Prompt { tokens } => {
                    self.prompt_tokens = tokens.len();
                    self.ids = tokens.iter().map(|token| token.id).collect();
                }
                Event::Token(distribution) => {
                    let token = &distribution.sampled.token;
                    if self.new_tokens == 0 {
                        self.cached_tokens = distribution.timings.cached_tokens;
                    }
                    self.new_tokens += 1;
                    self.ids.push(token.id);
                    if self.options.stop_ids.contains(&token.id) {
                        return Ok(self.last(Finish::Stop));
                    }
                    // What ends a text stands for none.
                    if token.special {
                        continue;
                    }
                    if let Some(top) = self.options.logprobs {
                        let offset = self.text.characters();
                        let logprob = TokenLogprob::new(
                            &distribution,
                            &distribution.sampled,
                            top,
                            offset,
                        );
                        self.untold.push((self.text.length(), logprob));
                    }
                    if self.text.push(&token.bytes) {
                        return Ok(self.last(Finish::Stop));
                    }
                    let text = self.text.release();
                    return Ok(self.delta(text, None));
                }
                Event::Finished { reason, .. } => {
                    let left = self.options.max_tokens - self.new_tokens;
                    match reason {
                        FinishReason::EndOfText if !self.options.ignores_end => {
                            return Ok(self.last(Finish::Stop));
                        }
                        FinishReason::EndOfText if left > 0 => self.go_on(left).await?,
                        FinishReason::MaxTokens if left > 0 => self.go_on(left).await?,
                        _ => return Ok(self.last(Finish::Length)),
                    }
                }
                event if event.is_terminal() => return Err(ApiError::unexpected()),
                _ => (),
            }
        }
    }

    /// The engine gives so many tokens at once. As draws depend on seed and position
    /// alone, the text goes on as if it had given all.
    async fn go_on(&mut self, left: u32) -> Result<(), ApiError> {
        let command = Command::Generate {
            ids: self.ids.clone(),
            settings: self.options.settings,
            max_new_tokens: left.min(limits::MAX_NEW_TOKENS),
            candidates: self.options.logprobs.unwrap_or(0).max(1) as u32,
        };
        self.query.start(command).await
    }

    fn last(&mut self, finish: Finish) -> Delta {
        let text = self.text.finish();
        self.delta(text, Some(finish))
    }

    /// With the tokens whose text has begun to be told.
    fn delta(&mut self, text: String, finish: Option<Finish>) -> Delta {
        let told = self.text.released();
        let count = self.untold.iter().take_while(|(start, _)| *start < told).count();
        let logprobs = self.untold.drain(..count).map(|(_, logprob)| logprob);
        Delta { text, logprobs: logprobs.collect(), finish }
    }
}

impl Delta {
    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.logprobs.is_empty() && self.finish.is_none()
    }
}
