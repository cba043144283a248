//! One choice of a response: a prompt that the model continues up to a limit, the end of the
//! text, or a text or token to stop at.

use protocol::{
    Command, Distribution, Event, FinishReason, Message, SamplerSettings,
    TemplateVariables, TokenId,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::choice_options::ChoiceOptions;
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
        /// What the template may read.
        template_variables: TemplateVariables,
    },
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
    /// Tokens whose text has not been sent yet.
    unsent: Vec<Unsent>,
}

/// A token whose text has not been sent.
#[derive(Debug)]
struct Unsent {
    /// The byte at which its text begins.
    start: usize,
    /// Whether it is a control token, which has no text to wait for.
    is_control: bool,
    logprob: TokenLogprob,
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
        let ids = match &prompt {
            Prompt::Ids(ids) => ids.clone(),
            Prompt::Chat { .. } => Vec::new(),
        };
        if options.max_tokens > 0 {
            let (settings, max_new_tokens) = options.share(0);
            let candidates = options.candidates();
            query
                .start(match prompt {
                    Prompt::Ids(ids) => {
                        let settings = settings.after_prompt(ids.len());
                        proceed(ids, settings, max_new_tokens, &options)
                    }
                    Prompt::Chat {
                        messages,
                        continue_final_message,
                        template_variables,
                    } => Command::Chat {
                        messages,
                        continue_final_message,
                        template_variables,
                        settings,
                        max_new_tokens,
                        candidates,
                    },
                })
                .await?;
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
                    if let Some(delta) = self.add(&distribution) {
                        return Ok(delta);
                    }
                }
                // A single step.
                Event::Distribution(distribution) => {
                    let delta = self.add(&distribution).unwrap_or_default();
                    if delta.finish.is_some() {
                        return Ok(delta);
                    }
                    match self.finish_of_step(distribution.sampled.token.id) {
                        Some(finish) => return Ok(delta.followed_by(self.last(finish))),
                        None => self.continue_generation().await?,
                    }
                    return Ok(delta);
                }
                Event::Finished { reason, .. } => {
                    let left = self.options.max_tokens - self.new_tokens;
                    match reason {
                        FinishReason::EndOfText if self.ends() => {
                            return Ok(self.last(Finish::Stop));
                        }
                        FinishReason::EndOfText | FinishReason::MaxTokens if left > 0 => {
                            self.continue_generation().await?;
                        }
                        _ => return Ok(self.last(Finish::Length)),
                    }
                }
                event if event.is_terminal() => return Err(ApiError::unexpected()),
                _ => (),
            }
        }
    }

    /// Continues after the limit of tokens for one command. Draws depend only on
    /// seed and position, so the text is the same as from one command.
    async fn continue_generation(&mut self) -> Result<(), ApiError> {
        let (settings, max_new_tokens) = self.options.share(self.new_tokens);
        // What was generated so far is no part of the prompt.
        let settings = settings.after_prompt(self.prompt_tokens);
        let command = proceed(self.ids.clone(), settings, max_new_tokens, &self.options);
        self.query.start(command).await
    }

    /// Takes in a token. The next part, unless nothing can be told yet.
    fn add(&mut self, distribution: &Distribution) -> Option<Delta> {
        let token = &distribution.sampled.token;
        if self.new_tokens == 0 {
            self.cached_tokens = distribution.timings.cached_tokens;
        }
        self.new_tokens += 1;
        self.ids.push(token.id);
        if self.options.stop_ids.contains(&token.id) {
            return Some(self.last(Finish::Stop));
        }
        let is_control = token.special;
        if let Some(options) = &self.options.logprobs
            && (!is_control || options.controls)
        {
            let offset = self.text.characters();
            let chosen = &distribution.sampled;
            let logprob = TokenLogprob::new(distribution, chosen, options, offset);
            let start = self.text.length();
            self.unsent.push(Unsent { start, is_control, logprob });
        }
        // Control tokens have no text.
        if is_control {
            return None;
        }
        let may_stop = self.new_tokens >= self.options.min_tokens;
        if self.text.push(&token.bytes, may_stop) {
            return Some(self.last(Finish::Stop));
        }
        let text = self.text.release();
        Some(self.delta(text, None))
    }

    /// Whether a single step was the last one.
    fn finish_of_step(&self, drawn: TokenId) -> Option<Finish> {
        let is_full = self.ids.len() > self.options.context_length;
        if self.options.ends.contains(&drawn) && self.ends() {
            Some(Finish::Stop)
        } else if self.new_tokens >= self.options.max_tokens || is_full {
            Some(Finish::Length)
        } else {
            None
        }
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
        let is_sent = |token: &&Unsent| match token.is_control {
            true => token.start <= sent,
            false => token.start < sent,
        };
        let count = self.unsent.iter().take_while(is_sent).count();
        let logprobs = self.unsent.drain(..count).map(|token| token.logprob);
        Delta { text, logprobs: logprobs.collect(), finish }
    }
}

/// The command that goes on after some tokens: a single step where some tokens are told of
/// whatever their ranks, else as many as it may.
fn proceed(
    ids: Vec<TokenId>,
    settings: SamplerSettings,
    max_new_tokens: u32,
    options: &ChoiceOptions,
) -> Command {
    let candidates = options.candidates();
    match options.watched() {
        [] => Command::Generate { ids, settings, max_new_tokens, candidates },
        watch => Command::NextToken { ids, settings, candidates, watch: watch.to_vec() },
    }
}

impl Delta {
    /// This part and the next one as one.
    fn followed_by(mut self, next: Delta) -> Delta {
        self.text.push_str(&next.text);
        self.logprobs.extend(next.logprobs);
        Delta { finish: next.finish, ..self }
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.logprobs.is_empty() && self.finish.is_none()
    }
}
