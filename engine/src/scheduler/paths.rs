//! The paths of a tree of continuations.

use protocol::TokenId;

/// The nodes of a tree, numbered from 1; 0 is the text that the tree grows from.
#[derive(Debug, Default)]
pub(super) struct Paths {
    nodes: Vec<PathEnd>,
}

/// What is kept of a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct PathEnd {
    parent: u32,
    id: TokenId,
    /// The tokens of the path, this one included.
    pub(super) depth: u32,
    /// ln of the probability of the path.
    pub(super) log_probability: f64,
    ends: bool,
    has_children: bool,
}

impl Paths {
    /// How many nodes there are.
    pub(super) fn count(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// A node; `None` for the text that the tree grows from.
    pub(super) fn node(&self, node: u32) -> Option<&PathEnd> {
        self.nodes.get(node.checked_sub(1)? as usize)
    }

    /// Whether a node ends the text or the turn.
    pub(super) fn is_ended(&self, node: u32) -> bool {
        self.node(node).is_some_and(|node| node.ends)
    }

    /// Adds a node and returns its number.
    pub(super) fn add(
        &mut self,
        parent: u32,
        id: TokenId,
        log_probability: f64,
        ends: bool,
    ) -> u32 {
        let depth = self.node(parent).map_or(0, |node| node.depth) + 1;
        if let Some(index) = parent.checked_sub(1) {
            self.nodes[index as usize].has_children = true;
        }
        let has_children = false;
        let node = PathEnd { parent, id, depth, log_probability, ends, has_children };
        self.nodes.push(node);
        self.count()
    }

    /// The nodes without children.
    pub(super) fn leaves(&self) -> Vec<u32> {
        let numbered = (1..).zip(&self.nodes);
        numbered
            .filter(|(_, node)| !node.has_children)
            .map(|(number, _)| number)
            .collect()
    }

    /// The ids of a path.
    pub(super) fn ids_to(&self, node: u32) -> Vec<TokenId> {
        let nodes = std::iter::successors(self.node(node), |end| self.node(end.parent));
        let mut ids: Vec<TokenId> = nodes.map(|node| node.id).collect();
        ids.reverse();
        ids
    }

    /// Sorts nodes by falling probability of their paths; equal ones by number.
    pub(super) fn sort(&self, nodes: &mut [u32]) {
        let log_p =
            |node: &u32| self.node(*node).map_or(0.0, |node| node.log_probability);
        nodes.sort_by(|a, b| log_p(b).total_cmp(&log_p(a)).then(a.cmp(b)));
    }
}
