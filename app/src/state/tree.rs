//! The texts of this visit as a tree of tokens, and the path through it that is the current
//! text. Nothing is removed from the tree: a step back moves the end of the current text, and
//! undo and redo go through the history of these steps.

use protocol::{ScoredToken, TokenId};

use super::known_models::ModelId;
use super::node::{Node, NodeId};

/// Whether the ids of a text are tokens of a model's vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VocabularyMatch {
    /// All of them are.
    Same,
    /// The model has not been asked yet.
    Unchecked,
    /// Some of them are other tokens, or none.
    Different,
}

/// All texts of this visit, and the current one.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    /// The current text.
    path: Vec<NodeId>,
    /// The ends of the texts that undo and redo go to, the next one last.
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

    /// Whether the first `length` ids of the current text are tokens of a model.
    pub(crate) fn vocabulary_match(
        &self,
        model: ModelId,
        length: usize,
    ) -> VocabularyMatch {
        let mut found = VocabularyMatch::Same;
        for node in self.nodes().take(length) {
            if node.rejected_by == Some(model) {
                return VocabularyMatch::Different;
            }
            if node.model != Some(model) {
                found = VocabularyMatch::Unchecked;
            }
        }
        found
    }

    /// The model other than `model` that tokenized the first such token of the current text.
    pub(crate) fn maker_other_than(&self, model: ModelId) -> Option<ModelId> {
        self.nodes().filter_map(|node| node.model).find(|maker| *maker != model)
    }

    /// Notes that in a model's vocabulary these ids are these tokens.
    pub(crate) fn confirm(&mut self, nodes: &[NodeId], model: ModelId) {
        for id in nodes {
            let node = &mut self.nodes[id.0 as usize];
            node.model = Some(model);
            node.rejected_by = None;
        }
    }

    /// Notes that in a model's vocabulary this id is another token, or none.
    pub(crate) fn reject(&mut self, node: NodeId, model: ModelId) {
        self.nodes[node.0 as usize].rejected_by = Some(model);
    }

    /// Makes `nodes` the current text.
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

    /// Goes one step back in the history. False if there is none.
    pub(crate) fn undo(&mut self) -> bool {
        let Some(earlier) = self.undo.pop() else { return false };
        self.redo.push(self.tail());
        self.set_tail(earlier);
        true
    }

    /// Goes one step forward in the history. False if there is none.
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

    /// Makes the current text empty. Undo brings it back.
    pub(crate) fn clear(&mut self) {
        if !self.path.is_empty() {
            self.go(None);
        }
    }

    /// Forgets all texts but the current one.
    pub(crate) fn forget_history(&mut self) {
        self.undo.clear();
        self.redo.clear();
    }

    /// Stores a model's scores of some tokens.
    pub(crate) fn set_scores(
        &mut self,
        nodes: &[NodeId],
        model: ModelId,
        tokens: &[ScoredToken],
    ) {
        for (id, scored) in nodes.iter().zip(tokens) {
            if let Some(score) = scored.score {
                self.nodes[id.0 as usize].score = Some((model, score));
            }
        }
    }

    fn tail(&self) -> Option<NodeId> {
        self.path.last().copied()
    }

    /// The child of `parent` with the token of `node`. The child that was just undone, or that
    /// is in the current text, is used again, so that its descendants stay reachable.
    fn add(&mut self, parent: Option<NodeId>, mut node: Node) -> NodeId {
        node.parent = parent;
        let current = match parent {
            Some(parent) => self.path.iter().skip_while(|id| **id != parent).nth(1),
            None => self.path.first(),
        };
        let undone = self.redo.last().copied().flatten();
        for known in undone.into_iter().chain(current.copied()) {
            let old = &mut self.nodes[known.0 as usize];
            if old.parent == parent && old.token == node.token {
                *old = node;
                return known;
            }
        }
        self.nodes.push(node);
        NodeId(self.nodes.len() as u32 - 1)
    }

    /// Makes the text up to `tail` the current one, as a step that can be undone.
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
    use protocol::Token;

    use super::*;
    use crate::state::node::TokenOrigin;

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
