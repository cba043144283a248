//! What each kind of engine is asked, and how its answers are read. Nothing here is sent: a
//! question is a [`Call`](crate::http::Call), an answer is bytes.

mod completions_answer;
mod completions_question;
#[cfg(test)]
mod completions_tests;
mod llama_cpp;
mod numbers;
mod sglang;
mod told;

use protocol::TokenId;

pub(crate) use self::told::{Listing, Scored, Spellings, Told};
use crate::http::Call;
use crate::{AnswerError, Kind};

/// A kind of engine with the name of the model there.
#[derive(Clone, Debug)]
pub(crate) struct Dialect {
    pub(crate) kind: Kind,
    pub(crate) model: String,
}

impl Dialect {
    /// Asks for the tokens that are most probable after a text. SGLang is asked for named
    /// ones at the same time.
    pub(crate) fn next(
        &self,
        ids: &[TokenId],
        listing: Listing,
        named: &[TokenId],
    ) -> Call {
        match self.kind {
            Kind::Vllm => completions_question::next(&self.model, ids, listing, true),
            Kind::OpenAi => completions_question::next(&self.model, ids, listing, false),
            Kind::Sglang => sglang::next(ids, listing, named),
            Kind::LlamaCpp => llama_cpp::next(ids, listing),
        }
    }

    /// Reads the answer to [`next`](Self::next).
    ///
    /// # Errors
    /// If it is not what was asked for.
    pub(crate) fn read_next(
        &self,
        answer: &[u8],
        listing: Listing,
        named: &[TokenId],
        spellings: &dyn Spellings,
    ) -> Result<Told, AnswerError> {
        match self.kind {
            Kind::Vllm => completions_answer::read_next(answer, listing),
            Kind::OpenAi => completions_answer::read_spelled(answer, listing, spellings),
            Kind::Sglang => sglang::read_next(answer, listing, named),
            Kind::LlamaCpp => llama_cpp::read_next(answer, listing),
        }
    }

    /// Counts the tokens of an answer of vLLM's that lists all; `all` are expected, but the
    /// engine's own matrix can have more rows than there are tokens.
    ///
    /// # Errors
    /// If they are no distribution, or fewer than a part of those.
    pub(crate) fn count_listed(
        &self,
        answer: &[u8],
        all: usize,
    ) -> Result<usize, AnswerError> {
        completions_answer::count_listed(answer, all)
    }

    /// Asks for some tokens after a text, where that is a question of its own.
    pub(crate) fn named(&self, ids: &[TokenId], named: &[TokenId]) -> Option<Call> {
        match self.kind {
            Kind::Vllm => Some(completions_question::named(&self.model, ids, named)),
            _ => None,
        }
    }

    /// Reads the answer to [`named`](Self::named).
    ///
    /// # Errors
    /// If it is not what was asked for.
    pub(crate) fn read_named(
        &self,
        answer: &[u8],
        named: &[TokenId],
    ) -> Result<Vec<(TokenId, f32)>, AnswerError> {
        completions_answer::read_named(answer, named)
    }

    /// Asks how probable each token of a text was; none where an engine does not tell that.
    pub(crate) fn score(&self, ids: &[TokenId], listed: usize) -> Option<Call> {
        match self.kind {
            Kind::Vllm => Some(completions_question::score(&self.model, ids, listed)),
            Kind::Sglang => Some(sglang::score(ids, listed)),
            Kind::LlamaCpp | Kind::OpenAi => None,
        }
    }

    /// Reads the answer to [`score`](Self::score): each token of `ids` but the first.
    ///
    /// # Errors
    /// If it is not what was asked for.
    pub(crate) fn read_score(
        &self,
        answer: &[u8],
        ids: &[TokenId],
        listed: usize,
    ) -> Result<Vec<Scored>, AnswerError> {
        match self.kind {
            Kind::Sglang => sglang::read_score(answer, ids, listed),
            _ => completions_answer::read_score(answer, ids, listed),
        }
    }

    /// Asks for the tokens of a text, with those that the model begins texts with.
    pub(crate) fn tokenize(&self, text: &str) -> Call {
        match self.kind {
            Kind::LlamaCpp => llama_cpp::tokenize(text),
            Kind::Vllm | Kind::OpenAi => {
                completions_question::tokenize(&self.model, text)
            }
            Kind::Sglang => sglang::tokenize(text),
        }
    }

    /// Reads the answer to [`tokenize`](Self::tokenize).
    ///
    /// # Errors
    /// If it is not what was asked for.
    pub(crate) fn read_tokens(&self, answer: &[u8]) -> Result<Vec<TokenId>, AnswerError> {
        match self.kind {
            Kind::Sglang => sglang::read_tokens(answer),
            _ => completions_answer::read_tokens(answer),
        }
    }

    /// Asks for the text of some tokens; none where that is not known.
    pub(crate) fn detokenize(&self, ids: &[TokenId]) -> Option<Call> {
        match self.kind {
            Kind::LlamaCpp => Some(llama_cpp::detokenize(ids)),
            Kind::Vllm => Some(completions_question::detokenize(&self.model, ids)),
            Kind::Sglang | Kind::OpenAi => None,
        }
    }

    /// Reads the answer to [`detokenize`](Self::detokenize).
    ///
    /// # Errors
    /// If it is not what was asked for.
    pub(crate) fn read_text(&self, answer: &[u8]) -> Result<String, AnswerError> {
        match self.kind {
            Kind::LlamaCpp => llama_cpp::read_text(answer),
            _ => completions_answer::read_text(answer),
        }
    }

    /// Asks an engine that cannot tell the tokens of a text to repeat those that it gets.
    pub(crate) fn echo(&self, ids: &[TokenId]) -> Call {
        completions_question::echo(&self.model, ids)
    }

    /// Reads the answer to [`echo`](Self::echo): the text of the tokens, and more.
    ///
    /// # Errors
    /// If it is not what was asked for.
    pub(crate) fn read_echo(&self, answer: &[u8]) -> Result<String, AnswerError> {
        completions_answer::read_echo(answer)
    }
}
