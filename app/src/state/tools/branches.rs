//! All texts of this visit as a tree of stretches without a fork, and how it is grown.

use protocol::{GrowMode, GrowSettings};

use crate::state::known_models::ModelId;
use crate::state::node::NodeId;
use crate::state::tree::Tree;

/// The stretches that are drawn, at most.
pub(crate) const MAX_STRETCHES: usize = 150;

/// Something that the person does with branches.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BranchesAction {
    /// Make the text up to the end of a drawn stretch the current one, by its index.
    GoTo(usize),
    /// Go to the next or the previous token at a fork of the text.
    StepFork(i32),
    /// Change how the tree grows.
    Set(GrowKnob, f64),
    /// Choose between a tree and a beam search.
    SetMode(GrowMode),
    /// Grow what could follow the text.
    Grow,
    /// Stop growing.
    Stop,
}

/// A limit of growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrowKnob {
    Depth,
    Width,
    Mass,
    MinProbability,
}

/// The branches of the page.
#[derive(Debug, Default)]
pub(crate) struct Branches {
    pub(crate) growth: GrowSettings,
    /// The nodes of the tree that is being grown, by their numbers from 1.
    pub(crate) grown: Vec<NodeId>,
    /// The fork at which another way was taken last, by its index in the text, and the end of
    /// the text that this led to.
    pub(crate) stepped: Option<(usize, NodeId)>,
    /// What the last growth came to.
    pub(crate) came_to: CameTo,
}

/// What a growth came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum CameTo {
    /// Nothing was grown.
    #[default]
    Nothing,
    /// So many tokens, which the limit may have cut short.
    Grown { nodes: u32, limited: bool },
    /// It failed, with the reason in whole sentences.
    Failed(String),
}

/// A stretch of tokens without a fork.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stretch {
    /// Its tokens.
    pub(crate) nodes: Vec<NodeId>,
    /// The forks before it.
    pub(crate) depth: usize,
    /// Whether all of it is in the current text.
    pub(crate) current: bool,
}

/// The stretches of all texts, each before those that follow it, and how many are left out.
pub(crate) fn stretches(tree: &Tree) -> (Vec<Stretch>, usize) {
    let path = tree.path();
    let mut found = Vec::new();
    let mut left_out = 0;
    let children = |parent, depth| {
        let all = tree.children(parent).iter().rev();
        all.map(move |child| (*child, depth)).collect::<Vec<_>>()
    };
    let mut open = children(None, 0);
    while let Some((first, depth)) = open.pop() {
        let mut nodes = vec![first];
        let mut last = first;
        // The end of the current text ends a stretch, so that one can go back there.
        while let [only] = tree.children(Some(last))
            && path.last() != Some(&last)
        {
            nodes.push(*only);
            last = *only;
        }
        let next = tree.children(Some(last)).len();
        let further = usize::from(next > 1);
        open.extend(children(Some(last), depth + further));
        let current = path.contains(&first) && path.contains(&last);
        match found.len() < MAX_STRETCHES || current {
            true => found.push(Stretch { nodes, depth, current }),
            false => left_out += 1,
        }
    }
    (found, left_out)
}

/// The tokens that could be at a fork of the text, oldest first, and the index of the one that
/// is: at `at`, or at the last fork before it.
pub(crate) fn fork(tree: &Tree, at: Option<usize>) -> Option<(usize, &[NodeId], usize)> {
    let path = tree.path();
    let last = at.unwrap_or(path.len().checked_sub(1)?);
    (0..=last.min(path.len().checked_sub(1)?)).rev().find_map(|index| {
        let parent = index.checked_sub(1).map(|before| path[before]);
        let siblings = tree.children(parent);
        let here = siblings.iter().position(|sibling| *sibling == path[index])?;
        (siblings.len() > 1).then_some((index, siblings, here))
    })
}

impl Branches {
    /// Where the fork is looked for: at the token that is looked back at, or where another way
    /// was taken last, while the text is the one that this led to.
    pub(crate) fn fork_at(&self, tree: &Tree, look_back: Option<usize>) -> Option<usize> {
        let is_there = |end: NodeId| tree.path().last() == Some(&end);
        let stepped = self.stepped.filter(|(_, end)| is_there(*end));
        look_back.or(stepped.map(|(index, _)| index))
    }
}

/// The end of a text through a token: after it, the newest token each time.
pub(crate) fn newest_end(tree: &Tree, through: NodeId) -> NodeId {
    let mut end = through;
    while let Some(newest) = tree.children(Some(end)).last() {
        end = *newest;
    }
    end
}

/// ln of the probability of the text up to a token, over the tokens that a model has scored;
/// none if it has scored none.
pub(crate) fn log_probability(
    tree: &Tree,
    end: NodeId,
    model: Option<ModelId>,
) -> Option<f64> {
    let nodes = std::iter::successors(Some(end), |id| tree.parent(*id));
    let bits = nodes.filter_map(|id| tree.node(id).score_by(model));
    let bits: Vec<f64> = bits.map(|score| score.surprisal_bits.into()).collect();
    (!bits.is_empty()).then(|| -bits.iter().sum::<f64>() * std::f64::consts::LN_2)
}

impl GrowKnob {
    /// Sets the limit to the nearest value that it can have.
    pub(crate) fn set(self, growth: &mut GrowSettings, value: f64) {
        use protocol::limits::{MAX_GROW_DEPTH, MAX_GROW_WIDTH};
        // A conversion of a float to an integer saturates; NaN becomes 0.
        match self {
            GrowKnob::Depth => growth.depth = (value as u32).clamp(1, MAX_GROW_DEPTH),
            GrowKnob::Width => growth.width = (value as u32).clamp(1, MAX_GROW_WIDTH),
            GrowKnob::Mass => growth.mass = (value as f32).clamp(0.01, 1.0),
            GrowKnob::MinProbability => {
                growth.min_probability = (value as f32).clamp(0.0, 1.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Token, TokenId};

    use super::*;
    use crate::state::node::{Node, TokenOrigin};

    fn node(id: TokenId) -> Node {
        let token = Token::new(id, vec![b'a' + id as u8], false);
        Node::given(token, TokenOrigin::Picked, None)
    }

    /// The texts a b c d and a b e f, the second of which is current.
    fn tree() -> Tree {
        let mut tree = Tree::default();
        tree.restart([node(0), node(1), node(2), node(3)]);
        tree.branch(2, node(4));
        tree.branch(3, node(5));
        tree
    }

    fn texts(tree: &Tree) -> Vec<(usize, String, bool)> {
        let text = |stretch: &Stretch| {
            stretch.nodes.iter().map(|id| tree.node(*id).token.text.clone()).collect()
        };
        let (stretches, _) = stretches(tree);
        stretches.iter().map(|s| (s.depth, text(s), s.current)).collect()
    }

    #[test]
    fn texts_are_stretches_between_forks() {
        let mut tree = tree();
        let all = |current: [bool; 3]| {
            let texts = [(0, "ab"), (1, "cd"), (1, "ef")];
            let texts = texts.iter().zip(current);
            texts.map(|((d, t), c)| (*d, (*t).to_owned(), c)).collect::<Vec<_>>()
        };
        assert_eq!(texts(&tree), all([true, false, true]));
        assert!(tree.undo());
        let shorter = texts(&tree);
        assert_eq!(shorter[2], (1, "e".into(), true), "the text ends there");
        assert_eq!(shorter[3], (1, "f".into(), false));
    }

    #[test]
    fn a_fork_knows_its_ways_and_the_newest_end_of_each() {
        let tree = tree();
        let (index, ways, here) = fork(&tree, None).unwrap();
        assert_eq!((index, ways.len(), here), (2, 2, 1));
        let end = newest_end(&tree, ways[0]);
        assert_eq!(tree.node(end).token.text, "d");
        assert_eq!(fork(&tree, Some(1)), None);
        assert_eq!(fork(&Tree::default(), None), None);
    }

    #[test]
    fn many_branches_are_bounded_and_the_current_text_is_among_them() {
        let mut tree = Tree::default();
        tree.restart([node(0)]);
        for id in 0..(MAX_STRETCHES as u32 + 20) {
            tree.branch(
                1,
                Node::given(Token::new(id, vec![b'x'], false), TokenOrigin::Picked, None),
            );
        }
        let (found, left_out) = stretches(&tree);
        assert!(found.len() <= MAX_STRETCHES + 1);
        assert_eq!(found.len() + left_out, MAX_STRETCHES + 21);
        assert!(found.iter().any(|stretch| stretch.current && stretch.depth == 1));
    }

    #[test]
    fn limits_stay_in_their_range() {
        let mut growth = GrowSettings::default();
        for value in [-1.0, 0.0, f64::NAN, 1e30] {
            GrowKnob::Depth.set(&mut growth, value);
            GrowKnob::Width.set(&mut growth, value);
            assert!(growth.depth >= 1 && growth.depth <= 32);
            assert!(growth.width >= 1 && growth.width <= 16);
        }
        GrowKnob::Mass.set(&mut growth, 0.0);
        assert_eq!(growth.mass, 0.01);
    }
}
