//! The tree of texts: what undo and redo reach, and that nothing is lost.

use protocol::Token;

use super::*;
use crate::state::node::TokenOrigin;

fn node(id: TokenId) -> Node {
    Node::given(Token::new(id, vec![b'a' + id as u8], false), TokenOrigin::Picked, None)
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
fn a_text_that_was_left_is_found_again_by_its_tokens() {
    let mut tree = tree(&[1, 2, 3]);
    tree.branch(1, node(7));
    tree.branch(2, node(8));
    let first = tree.path()[0];
    assert_eq!(tree.children(Some(first)).len(), 2);
    // The old way again: its tokens are the same nodes.
    tree.branch(1, node(2));
    let second = tree.path()[1];
    assert_eq!(tree.children(Some(first)).len(), 2);
    let third = tree.children(Some(second))[0];
    tree.go_to(third);
    assert_eq!(ids(&tree), [1, 2, 3]);
    assert!(tree.undo());
    assert_eq!(ids(&tree), [1, 2]);
    tree.restart([node(1)]);
    assert_eq!((tree.children(None).len(), ids(&tree)), (1, vec![1]));
}

#[test]
fn a_graft_adds_what_could_follow_and_leaves_the_text_where_it_is() {
    let mut tree = tree(&[1, 2]);
    let (first, second) = (tree.path()[0], tree.path()[1]);
    let other = tree.graft(first, node(9));
    assert_eq!(tree.graft(first, node(2)), second);
    assert_eq!(tree.graft(first, node(9)), other);
    assert_eq!((ids(&tree), tree.parent(other)), (vec![1, 2], Some(first)));
}

#[test]
fn a_cleared_text_comes_back_by_undo() {
    let mut tree = tree(&[1, 2]);
    tree.clear();
    assert!(ids(&tree).is_empty());
    assert!(tree.undo());
    assert_eq!(ids(&tree), [1, 2]);
}
