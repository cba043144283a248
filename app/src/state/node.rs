//! One token of a text: how it was added, what it was chosen from, and its score.

use std::rc::Rc;

use protocol::{Candidate, Distribution, Token, TokenScore};
use serde::{Deserialize, Serialize};

use super::known_models::ModelId;

/// A token at its place in the tree. Its ancestors never change, so an id also names the
/// text up to this token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(pub(super) u32);

/// How a token was added to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TokenOrigin {
    /// It is part of the prompt.
    Prompt,
    /// The person chose it.
    Picked,
    /// It was the most probable candidate.
    Greedy,
    /// The sampler drew it.
    Sampled,
}

/// The distribution that a token was chosen from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TokenChoice {
    /// The model that computed it.
    pub(crate) model: ModelId,
    /// The token, with its probabilities at the time of the choice.
    pub(crate) candidate: Candidate,
    /// The whole distribution, with the sampler's settings of that time.
    pub(crate) distribution: Rc<Distribution>,
}

/// One token of a text.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(super) parent: Option<NodeId>,
    pub(crate) token: Token,
    pub(crate) origin: TokenOrigin,
    /// The model in whose vocabulary the id is this token; none before it is known.
    pub(super) model: Option<ModelId>,
    /// A model in whose vocabulary the id is another token, or none.
    pub(super) rejected_by: Option<ModelId>,
    choice: Option<TokenChoice>,
    pub(super) score: Option<(ModelId, TokenScore)>,
}

impl Node {
    /// A token that was not chosen from a distribution. `model` tokenized it.
    pub(crate) fn given(
        token: Token,
        origin: TokenOrigin,
        model: Option<ModelId>,
    ) -> Node {
        let (rejected_by, choice, score) = (None, None, None);
        Node { parent: None, token, origin, model, rejected_by, choice, score }
    }

    /// The distribution that it was chosen from, if `model` computed that; none for tokens of
    /// a prompt.
    pub(crate) fn choice_by(&self, model: Option<ModelId>) -> Option<&TokenChoice> {
        self.choice.as_ref().filter(|choice| Some(choice.model) == model)
    }

    /// Its score by `model`; none for the first token, and before the score is known.
    pub(crate) fn score_by(&self, model: Option<ModelId>) -> Option<TokenScore> {
        self.score.filter(|(by, _)| Some(*by) == model).map(|(_, score)| score)
    }

    /// The token with what is known of it.
    pub(super) fn with_numbers(
        self,
        choice: Option<TokenChoice>,
        score: Option<(ModelId, TokenScore)>,
    ) -> Node {
        Node { choice, score, ..self }
    }

    /// A token that was chosen from a distribution.
    pub(crate) fn chosen(choice: TokenChoice, origin: TokenOrigin) -> Node {
        let Candidate { rank, probability, .. } = choice.candidate;
        let listed = &choice.distribution.candidates;
        let best = listed.first().map_or(probability, |first| first.probability);
        // Where a single row is shown, the second can have all of the rest at most.
        let rest = choice.distribution.outside.probability;
        let second = listed.get(1).map_or(rest.min(best), |second| second.probability);
        let score = TokenScore {
            probability,
            rank,
            surprisal_bits: -probability.log2(),
            entropy_bits: choice.distribution.entropy_bits,
            best_probability: best,
            margin: best - second,
            exact: choice.distribution.exact,
        };
        let model = choice.model;
        Node {
            choice: Some(choice.clone()),
            score: Some((model, score)),
            ..Node::given(choice.candidate.token, origin, Some(model))
        }
    }
}
