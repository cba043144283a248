//! The format of completions of texts, with their prompts before them if these are echoed.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::choice::{Delta, Finish};
use super::echo::Echo;
use super::logprobs::{Logprob, TokenLogprob};
use super::prompt_logprobs::PromptLogprobs;
use super::response::CompletionFormat;

/// The format of completions of texts.
pub(crate) struct TextFormat {
    pub(super) logprobs: bool,
    /// The prompts that precede their completions.
    pub(super) echoes: Vec<Echo>,
    /// What the model made of the prompts, where that is wanted.
    pub(super) prompts: Vec<PromptLogprobs>,
    pub(super) per_prompt: usize,
}

/// A choice of a whole completion.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TextChoice {
    index: usize,
    text: String,
    logprobs: Option<TextLogprobs>,
    finish_reason: Finish,
    /// What the model made of the prompt, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_logprobs: Option<PromptLogprobs>,
}

/// A choice of a chunk.
#[derive(Serialize)]
pub(crate) struct TextChunkChoice {
    index: usize,
    text: String,
    logprobs: Option<TextLogprobs>,
    finish_reason: Option<Finish>,
}

/// Log probabilities of a text, a value of each list for a token.
#[derive(Serialize, JsonSchema)]
struct TextLogprobs {
    tokens: Vec<String>,
    /// Null for the first token of a text.
    token_logprobs: Vec<Option<f64>>,
    /// The log probabilities of the most probable tokens, by token.
    top_logprobs: Vec<Option<Map<String, Value>>>,
    /// The characters of the text before each token.
    text_offset: Vec<usize>,
}

impl TextFormat {
    fn echo(&self, index: usize) -> Option<&Echo> {
        self.echoes.get(index / self.per_prompt)
    }

    /// Tokens of a completion, by their places in the whole text.
    fn placed(&self, index: usize, tokens: Vec<TokenLogprob>) -> Vec<TokenLogprob> {
        let before = self.echo(index).map_or(0, |echo| echo.text.chars().count());
        let placed =
            |token: TokenLogprob| TokenLogprob { offset: before + token.offset, ..token };
        tokens.into_iter().map(placed).collect()
    }

    /// The log probabilities of some tokens, if they were asked for.
    fn logprobs(&self, tokens: &[TokenLogprob]) -> Option<TextLogprobs> {
        // The token that is there is always among the most probable ones.
        let top = |token: &TokenLogprob| {
            token.chosen.logprob?;
            let all = token.top_logprobs.iter().chain([&token.chosen]);
            let entry = |one: &Logprob| (one.token.clone(), json!(one.logprob));
            Some(all.map(entry).collect())
        };
        self.logprobs.then(|| TextLogprobs {
            tokens: tokens.iter().map(|token| token.chosen.token.clone()).collect(),
            token_logprobs: tokens.iter().map(|token| token.chosen.logprob).collect(),
            top_logprobs: tokens.iter().map(top).collect(),
            text_offset: tokens.iter().map(|token| token.offset).collect(),
        })
    }
}

impl CompletionFormat for TextFormat {
    const ID: &'static str = "cmpl";
    const WHOLE: &'static str = "text_completion";
    const CHUNK: &'static str = "text_completion";

    type Choice = TextChoice;
    type ChunkChoice = TextChunkChoice;

    fn choice(
        &self,
        index: usize,
        text: String,
        tokens: Vec<TokenLogprob>,
        finish: Finish,
    ) -> TextChoice {
        let (before, mut all) = match self.echo(index) {
            Some(echo) => (&*echo.text, echo.logprobs.clone()),
            None => ("", Vec::new()),
        };
        all.extend(self.placed(index, tokens));
        TextChoice {
            index,
            text: format!("{before}{text}"),
            logprobs: self.logprobs(&all),
            finish_reason: finish,
            prompt_logprobs: self.prompts.get(index / self.per_prompt).cloned(),
        }
    }

    fn opening(&self, index: usize) -> Option<TextChunkChoice> {
        let echo = self.echo(index)?;
        let (text, logprobs) = (echo.text.clone(), self.logprobs(&echo.logprobs));
        Some(TextChunkChoice { index, text, logprobs, finish_reason: None })
    }

    fn chunk(&self, index: usize, delta: Delta) -> TextChunkChoice {
        let Delta { text, logprobs, finish } = delta;
        let logprobs = self.logprobs(&self.placed(index, logprobs));
        TextChunkChoice { index, text, logprobs, finish_reason: finish }
    }
}
