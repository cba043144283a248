//! One choice of a response: a prompt that the model continues up to a limit, the end of the
//! text, or a text or token to stop at.

use protocol::{Command, Event, FinishReason, Message, SamplerSettings, TokenId, limits};
use schemars::JsonSchema;
use serde::Serialize;

use super::logprobs::TokenLogprob;
use super::text::TextBuffer;
use crate::http::error::ApiError;
use crate::http::query::EngineQuery;

/// What the model continues.
#[derive(Clone, Debug)]
pub(super) enum Prompt {
    /// Tokens.
    Ids(Vec<TokenId>),
    /// A conversation, in the model's template.
    Chat {
        messages: Vec<Message>,
        /// Whether the last message is the beginning of the answer.
        continue_final_message: bool,
    },
}

/// How the model continues a prompt.
#[derive(Clone, Debug)]
pub(super) struct ChoiceOptions {
    pub(super) settings: SamplerSettings,
    /// New tokens, at most; 0 if only the prompt is echoed.
    pub(super) max_tokens: u32,
    pub(super) stops: Vec<Vec<u8>>,
    /// Tokens that end the text.
    pub(super) stop_ids: Vec<TokenId>,
    /// Whether the text goes on after the token that ends it.
    pub(super) ignores_end: bool,
    /// How many of the most probable tokens to list beside each token; none for no log
    /// probabilities at all.
    pub(super) logprobs: Option<usize>,
}

/// A choice that is being generated.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) index: usize,
    query: EngineQuery,
    options: ChoiceOptions,
    text: TextBuffer,
    /// All tokens, those of the prompt and the new ones.
    ids: Vec<TokenId>,
    pub(super) prompt_tokens: usize,
    pub(super) cached_tokens: u32,
    pub(super) new_tokens: u32,
    /// Tokens whose text has not been sent yet, with the byte at which their text begins.
    unsent: Vec<(usize, TokenLogprob)>,
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

/// The next part of a choice.
#[derive(Debug, Default)]
pub(crate) struct Delta {
    pub(super) text: String,
    /// The log probabilities of its tokens.
    pub(super) logprobs: Vec<TokenLogprob>,
    /// Set with the last part.
    pub(super) finish: Option<Finish>,
}

impl Choice {
    /// Starts to generate.
    ///
    /// # Errors
    /// If the engine has ended.
    pub(super) async fn start(
        index: usize,
        mut query: EngineQuery,
        prompt: Prompt,
        options: ChoiceOptions,
    ) -> Result<Choice, ApiError> {
        let (settings, max_tokens) = (options.settings.clone(), options.max_tokens);
        let max_new_tokens = max_tokens.min(limits::MAX_NEW_TOKENS);
        let candidates = options.logprobs.unwrap_or(0).max(1) as u32;
        let (ids, command) = match prompt {
            Prompt::Ids(ids) => {
                let known = ids.clone();
                let generate =
                    Command::Generate { ids, settings, max_new_tokens, candidates };
                (known, generate)
            }
            Prompt::Chat { messages, continue_final_message } => {
                let chat = Command::Chat {
                    messages,
                    continue_final_message,
                    settings,
                    max_new_tokens,
                    candidates,
                };
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
            unsent: Vec::new(),
        })
    }

    /// The next part, which may be empty. The last part says why the choice has ended.
    ///
    /// # Errors
    /// If the engine fails, or if it takes too long.
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
                    // Control tokens have no text.
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
                        self.unsent.push((self.text.length(), logprob));
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
                        FinishReason::EndOfText if self.ends() => {
                            return Ok(self.last(Finish::Stop));
                        }
                        FinishReason::EndOfText if left > 0 => {
                            self.continue_generation(left).await?
                        }
                        FinishReason::MaxTokens if left > 0 => {
                            self.continue_generation(left).await?
                        }
                        _ => return Ok(self.last(Finish::Length)),
                    }
                }
                event if event.is_terminal() => return Err(ApiError::unexpected()),
                _ => (),
            }
        }
    }

    /// Continues after the engine's own limit of tokens for one command. Draws depend only on
    /// seed and position, so the text is the same as from one command.
    async fn continue_generation(&mut self, left: u32) -> Result<(), ApiError> {
        let command = Command::Generate {
            ids: self.ids.clone(),
            // What was generated so far is no part of the prompt.
            settings: self.options.settings.clone().after_prompt(self.prompt_tokens),
            max_new_tokens: left.min(limits::MAX_NEW_TOKENS),
            candidates: self.options.logprobs.unwrap_or(0).max(1) as u32,
        };
        self.query.start(command).await
    }

    /// Whether the end of a text ends it. An allowed text cannot go on.
    fn ends(&self) -> bool {
        !self.options.ignores_end || self.options.settings.allowed.is_some()
    }

    fn last(&mut self, finish: Finish) -> Delta {
        let text = self.text.finish();
        self.delta(text, Some(finish))
    }

    /// A part with its text, and with the tokens whose text has begun to be sent.
    fn delta(&mut self, text: String, finish: Option<Finish>) -> Delta {
        let sent = self.text.released();
        let count = self.unsent.iter().take_while(|(start, _)| *start < sent).count();
        let logprobs = self.unsent.drain(..count).map(|(_, logprob)| logprob);
        Delta { text, logprobs: logprobs.collect(), finish }
    }
}

impl Delta {
    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.logprobs.is_empty() && self.finish.is_none()
    }
}
