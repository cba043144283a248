//! The texts of this visit as a tree of tokens, and the path through it that is the current
//! text. Nothing is removed from the tree: a step back moves the end of the current text, and
//! undo and redo go through the history of these steps.

use protocol::{ScoredToken, Token, TokenId};

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
    /// The first tokens of all texts, and the tokens that follow each token, oldest first.
    roots: Vec<NodeId>,
    children: Vec<Vec<NodeId>>,
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

    /// The tokens that follow a token, or the first tokens of all texts, oldest first.
    pub(crate) fn children(&self, parent: Option<NodeId>) -> &[NodeId] {
        match parent {
            Some(parent) => &self.children[parent.0 as usize],
            None => &self.roots,
        }
    }

    /// The token before a token; none for the first of a text.
    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).parent
    }

    /// Adds a token that could follow `parent`, without going there. One that is there already
    /// stays as it is.
    pub(crate) fn graft(&mut self, parent: NodeId, mut node: Node) -> NodeId {
        node.parent = Some(parent);
        let known = self.child(Some(parent), &node.token);
        known.unwrap_or_else(|| self.push(node))
    }

    /// Adds a token after `parent`, or as the first of a text, without going there. One that is
    /// there already stays as it is, unless it is to be replaced.
    pub(crate) fn attach(
        &mut self,
        parent: Option<NodeId>,
        mut node: Node,
        replace: bool,
    ) -> NodeId {
        node.parent = parent;
        match self.child(parent, &node.token) {
            Some(known) if !replace && self.node(known).model == node.model => known,
            _ => self.add(parent, node),
        }
    }

    /// How many tokens all texts have together.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The tokens of all texts, each after the one that it follows.
    pub(crate) fn all(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// Makes the text up to a token the current one. Undo goes back.
    pub(crate) fn go_to(&mut self, tail: NodeId) {
        self.go(Some(tail));
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

    /// The child of `parent` with the token of `node`. A child that is there already is used
    /// again, so that its descendants stay reachable.
    fn add(&mut self, parent: Option<NodeId>, mut node: Node) -> NodeId {
        node.parent = parent;
        match self.child(parent, &node.token) {
            Some(known) => {
                self.nodes[known.0 as usize] = node;
                known
            }
            None => self.push(node),
        }
    }

    /// The child of `parent` with this token.
    fn child(&self, parent: Option<NodeId>, token: &Token) -> Option<NodeId> {
        let children = self.children(parent).iter().copied();
        children.rev().find(|child| self.node(*child).token == *token)
    }

    fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        match node.parent {
            Some(parent) => self.children[parent.0 as usize].push(id),
            None => self.roots.push(id),
        }
        self.nodes.push(node);
        self.children.push(Vec::new());
        id
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
mod tests;
