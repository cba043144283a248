//! The texts that were written, as a tree of tokens, and the way through them. Nothing
//! is ever taken out: going back moves the end of the current text, and the history of
//! such moves is what undo and redo walk.

use std::rc::Rc;

use protocol::{Candidate, Distribution, Token, TokenId, TokenScore};
use serde::{Deserialize, Serialize};

use super::text_distribution::ModelId;

/// A token at its place. Equal ids are equal texts, since the parents are fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(u32);

/// How a token came to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TokenOrigin {
    /// It is part of the prompt.
    Prompt,
    /// The person chose it.
    Picked,
    /// It was the most probable.
    Greedy,
    /// The sampler drew it.
    Sampled,
}

/// What a token was chosen from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TokenChoice {
    /// Whose distribution it was.
    pub(crate) model: ModelId,
    /// The token with its probabilities, as they were then.
    pub(crate) candidate: Candidate,
    /// All that was known then, the settings too.
    pub(crate) distribution: Rc<Distribution>,
}

/// One token of a text.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    parent: Option<NodeId>,
    pub(crate) token: Token,
    pub(crate) origin: TokenOrigin,
    /// The model to which its id means this token; none where that is not known.
    model: Option<ModelId>,
    /// A model to which its id means another token, or none at all.
    refused_by: Option<ModelId>,
    choice: Option<TokenChoice>,
    score: Option<(ModelId, TokenScore)>,
}

impl Node {
    /// A token that no one chose from a distribution, as `model` made it of a text.
    pub(crate) fn given(
        token: Token,
        origin: TokenOrigin,
        model: Option<ModelId>,
    ) -> Node {
        let (refused_by, choice, score) = (None, None, None);
        Node { parent: None, token, origin, model, refused_by, choice, score }
    }

    /// What it was chosen from, if `model` gave that; none for a prompt.
    pub(crate) fn choice_by(&self, model: Option<ModelId>) -> Option<&TokenChoice> {
        self.choice.as_ref().filter(|choice| Some(choice.model) == model)
    }

    /// What `model` made of it; none for the first, or before it is known.
    pub(crate) fn score_by(&self, model: Option<ModelId>) -> Option<TokenScore> {
        self.score.filter(|(by, _)| Some(*by) == model).map(|(_, score)| score)
    }

    /// A token that was chosen.
    pub(crate) fn chosen(choice: TokenChoice, origin: TokenOrigin) -> Node {
        let Candidate { rank, probability, .. } = choice.candidate;
        let score = TokenScore {
            probability,
            rank,
            surprisal_bits: -probability.log2(),
            entropy_bits: choice.distribution.entropy_bits,
        };
        let model = choice.model;
        Node {
            choice: Some(choice.clone()),
            score: Some((model, score)),
            ..Node::given(choice.candidate.token, origin, Some(model))
        }
    }
}

/// How a model stands to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VocabularyMatch {
    /// The ids are its own.
    Same,
    /// It has not been asked.
    Unchecked,
    /// It has other tokens.
    Different,
}

/// All texts, and the current one.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    /// The current text.
    path: Vec<NodeId>,
    undo: Vec<Option<NodeId>>,
    redo: Vec<Option<NodeId>>,
}

impl Tree {
    /// The current text.
    pub(crate) fn path(&self) -> &[NodeId] {
        &self.path
    }

    /// A token of any text.
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// A token of the current text.
    pub(crate) fn at(&self, index: usize) -> Option<&Node> {
        self.path.get(index).map(|id| self.node(*id))
    }

    /// The tokens of the current text.
    pub(crate) fn nodes(&self) -> impl DoubleEndedIterator<Item = &Node> {
        self.path.iter().map(|id| self.node(*id))
    }

    /// The ids of the first `length` tokens of the current text.
    pub(crate) fn ids(&self, length: usize) -> Vec<TokenId> {
        self.nodes().take(length).map(|node| node.token.id).collect()
    }

    /// How a model stands to the first `length` tokens of the current text.
    pub(crate) fn vocabulary_match(
        &self,
        model: ModelId,
        length: usize,
    ) -> VocabularyMatch {
        let mut standing = VocabularyMatch::Same;
        for node in self.nodes().take(length) {
            if node.refused_by == Some(model) {
                return VocabularyMatch::Different;
            }
            if node.model != Some(model) {
                standing = VocabularyMatch::Unchecked;
            }
        }
        standing
    }

    /// The first token of the current text that another model than `model` made.
    pub(crate) fn maker_other_than(&self, model: ModelId) -> Option<ModelId> {
        self.nodes().filter_map(|node| node.model).find(|maker| *maker != model)
    }

    /// A model reads these tokens as they are here.
    pub(crate) fn adopt(&mut self, nodes: &[NodeId], model: ModelId) {
        for id in nodes {
            let node = &mut self.nodes[id.0 as usize];
            node.model = Some(model);
            node.refused_by = None;
        }
    }

    /// A model has another token, or none, in place of this one.
    pub(crate) fn refuse(&mut self, node: NodeId, model: ModelId) {
        self.nodes[node.0 as usize].refused_by = Some(model);
    }

    /// Goes to a text of its own, made of `nodes`.
    pub(crate) fn restart(&mut self, nodes: impl IntoIterator<Item = Node>) {
        let mut tail = None;
        for node in nodes {
            tail = Some(self.add(tail, node));
        }
        self.go(tail);
    }

    /// Keeps the first `length` tokens of the current text and continues with `node`.
    pub(crate) fn branch(&mut self, length: usize, node: Node) {
        let parent = length.checked_sub(1).map(|last| self.path[last]);
        let next = self.add(parent, node);
        self.go(Some(next));
    }

    /// Steps back in the history.
    pub(crate) fn undo(&mut self) -> bool {
        let Some(earlier) = self.undo.pop() else { return false };
        self.redo.push(self.tail());
        self.set_tail(earlier);
        true
    }

    /// Steps forward again.
    pub(crate) fn redo(&mut self) -> bool {
        let Some(later) = self.redo.pop() else { return false };
        self.undo.push(self.tail());
        self.set_tail(later);
        true
    }

    /// Whether there is anything to undo.
    pub(crate) fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Whether there is anything to redo.
    pub(crate) fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    /// Ends the current text; undo brings it back.
    pub(crate) fn clear(&mut self) {
        if !self.path.is_empty() {
            self.go(None);
        }
    }

    /// Forgets all texts but the current one, which other tokens are to replace.
    pub(crate) fn forget_history(&mut self) {
        self.undo.clear();
        self.redo.clear();
    }

    /// Takes what a model made of some tokens.
    pub(crate) fn score(
        &mut self,
        nodes: &[NodeId],
        model: ModelId,
        scores: &[Option<TokenScore>],
    ) {
        for (id, score) in nodes.iter().zip(scores) {
            if let Some(score) = score {
                self.nodes[id.0 as usize].score = Some((model, *score));
            }
        }
    }

    fn tail(&self) -> Option<NodeId> {
        self.path.last().copied()
    }

    /// The child of `parent` with the token of `node`. Where it is the one that was just
    /// undone, or the one that stands there, that one is taken: the rest stays its rest.
    fn add(&mut self, parent: Option<NodeId>, node: Node) -> NodeId {
        let standing = match parent {
            Some(parent) => self.path.iter().skip_while(|id| **id != parent).nth(1),
            None => self.path.first(),
        };
        let undone = self.redo.last().copied().flatten();
        for known in undone.into_iter().chain(standing.copied()) {
            let old = &mut self.nodes[known.0 as usize];
            if old.parent == parent && old.token == node.token {
                *old = Node { parent, ..node };
                return known;
            }
        }
        self.nodes.push(Node { parent, ..node });
        NodeId(self.nodes.len() as u32 - 1)
    }

    /// Moves to a text as something that can be undone.
    fn go(&mut self, tail: Option<NodeId>) {
        if tail == self.tail() {
            return;
        }
        self.undo.push(self.tail());
        // Taking the undone step again is a redo: what came after it stays reachable.
        match self.redo.last() {
            Some(later) if *later == tail => {
                self.redo.pop();
            }
            _ => self.redo.clear(),
        }
        self.set_tail(tail);
    }

    fn set_tail(&mut self, tail: Option<NodeId>) {
        self.path.clear();
        let mut next = tail;
        while let Some(id) = next {
            self.path.push(id);
            next = self.node(id).parent;
        }
        self.path.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: TokenId) -> Node {
        Node::given(
            Token::new(id, vec![b'a' + id as u8], false),
            TokenOrigin::Picked,
            None,
        )
    }

    fn tree(ids: &[TokenId]) -> Tree {
        let mut tree = Tree::default();
        for (length, id) in ids.iter().enumerate() {
            tree.branch(length, node(*id));
        }
        tree
    }

    fn ids(tree: &Tree) -> Vec<TokenId> {
        tree.ids(usize::MAX)
    }

    #[test]
    fn undo_and_redo_walk_the_same_texts_back_and_forth() {
        let mut tree = tree(&[1, 2, 3]);
        assert!(tree.undo() && tree.undo());
        assert_eq!(ids(&tree), [1]);
        assert!(tree.redo() && tree.redo() && !tree.redo());
        assert_eq!(ids(&tree), [1, 2, 3]);
        assert!(tree.undo() && tree.undo() && tree.undo() && !tree.undo());
        assert!(ids(&tree).is_empty());
    }

    #[test]
    fn a_branch_leaves_the_old_tail_within_reach_of_undo() {
        let mut tree = tree(&[1, 2, 3]);
        tree.branch(1, node(9));
        assert_eq!(ids(&tree), [1, 9]);
        assert!(tree.undo());
        assert_eq!(ids(&tree), [1, 2, 3]);
    }

    #[test]
    fn taking_the_undone_step_again_keeps_the_rest_of_the_redo_path() {
        let mut tree = tree(&[1, 2, 3]);
        assert!(tree.undo() && tree.undo());
        tree.branch(1, node(2));
        assert!(tree.can_redo());
        assert!(tree.redo());
        assert_eq!(ids(&tree), [1, 2, 3]);
    }

    #[test]
    fn another_step_after_undo_ends_the_redo_path() {
        let mut tree = tree(&[1, 2, 3]);
        assert!(tree.undo());
        tree.branch(2, node(7));
        assert!(!tree.can_redo());
    }

    #[test]
    fn a_cleared_text_comes_back_by_undo() {
        let mut tree = tree(&[1, 2]);
        tree.clear();
        assert!(ids(&tree).is_empty());
        assert!(tree.undo());
        assert_eq!(ids(&tree), [1, 2]);
    }
}
