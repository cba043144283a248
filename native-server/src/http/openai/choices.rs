//! All choices of a response, generated side by side.

use std::future::Future;
use std::pin::Pin;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use schemars::JsonSchema;
use serde::Serialize;

use super::choice::{Choice, Delta, Prompt};
use super::choice_options::ChoiceOptions;
use crate::http::error::ApiError;
use crate::http::query::EngineQuery;
use crate::http::state::AppState;

type NextDelta = Pin<Box<dyn Future<Output = (Choice, Result<Delta, ApiError>)> + Send>>;

/// Choices that are being generated. Dropping the value cancels them.
pub(super) struct Choices {
    running: FuturesUnordered<NextDelta>,
    /// For each prompt, whether its tokens were counted; its choices share them.
    counted: Vec<bool>,
    per_prompt: usize,
    usage: Usage,
}

/// What a response cost, in tokens.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Usage {
    pub(super) prompt_tokens: usize,
    pub(super) completion_tokens: usize,
    pub(super) total_tokens: usize,
    pub(super) prompt_tokens_details: PromptDetails,
}

#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub(super) struct PromptDetails {
    /// Tokens of the prompts whose keys and values were in the cache.
    pub(super) cached_tokens: usize,
}

impl Choices {
    /// Starts some choices for each prompt. The choices of one prompt are adjacent.
    ///
    /// # Errors
    /// If the engine has ended.
    pub(super) async fn start(
        state: &AppState,
        prompts: Vec<Prompt>,
        per_prompt: usize,
        options: &ChoiceOptions,
    ) -> Result<Choices, ApiError> {
        let running = FuturesUnordered::new();
        let counted = vec![false; prompts.len()];
        let choices = prompts.into_iter().flat_map(|prompt| vec![prompt; per_prompt]);
        for (index, prompt) in choices.enumerate() {
            let mut options = options.clone();
            // Each choice has a seed of its own.
            options.settings.seed = options.settings.seed.wrapping_add(index as u32);
            let query = EngineQuery::new(state);
            let choice = Choice::start(index, query, prompt, options).await?;
            running.push(next_delta(choice));
        }
        Ok(Choices { running, counted, per_prompt, usage: Usage::default() })
    }

    /// The next part of any choice, with the index of the choice; none when all have ended.
    ///
    /// # Errors
    /// If a choice fails.
    pub(super) async fn next(&mut self) -> Result<Option<(usize, Delta)>, ApiError> {
        let Some((choice, delta)) = self.running.next().await else { return Ok(None) };
        let (index, delta) = (choice.index, delta?);
        match delta.finish {
            None => self.running.push(next_delta(choice)),
            Some(_) => self.count(&choice),
        }
        Ok(Some((index, delta)))
    }

    fn count(&mut self, choice: &Choice) {
        let usage = &mut self.usage;
        let counted = &mut self.counted[choice.index / self.per_prompt];
        if !std::mem::replace(counted, true) {
            usage.prompt_tokens += choice.prompt_tokens;
            usage.prompt_tokens_details.cached_tokens += choice.cached_tokens as usize;
        }
        usage.completion_tokens += choice.new_tokens as usize;
        usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
    }

    /// The cost of the choices that have ended.
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }
}

fn next_delta(mut choice: Choice) -> NextDelta {
    Box::pin(async move {
        let delta = choice.next().await;
        (choice, delta)
    })
}
