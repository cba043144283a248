//! The rules of the tools: what they show is of the text and the model in view, and no text is
//! lost.

use super::engine::Model;
use super::rules::hold;
use crate::state::{State, stretches_of};
use crate::view::tools::words;

/// Checks the rules of the tools.
pub(super) fn check(state: &State, named: Option<Model>) -> Result<(), String> {
    check_words(state, named)?;
    check_comparison(state, named)?;
    check_branches(state)
}

/// A word's numbers are those of its tokens after the text in view.
fn check_words(state: &State, named: Option<Model>) -> Result<(), String> {
    if words::rows(state).is_empty() {
        return Ok(());
    }
    let (Some(model), Some((_, found))) = (named, &state.words.found) else {
        return Err("words of no model are shown".into());
    };
    for word in found {
        let mut text = state.explorer.tree.ids(state.explorer.position());
        for token in &word.tokens {
            let right = model.token(token.token.id);
            hold!(right.as_ref() == Some(&token.token), "a word of another vocabulary");
            text.push(token.token.id);
            let right = (-model.surprisal(&text)).exp2();
            hold!(token.probability == right, "a word's number is of another text");
        }
    }
    Ok(())
}

/// The first side of a comparison that is shown is the text in view.
fn check_comparison(state: &State, named: Option<Model>) -> Result<(), String> {
    let Some((terms, found)) = &state.comparison.found else { return Ok(()) };
    if Some(terms.text) != state.text_key() {
        return Ok(());
    }
    let model = named.ok_or("a comparison of no model is shown")?;
    let ids = state.explorer.tree.ids(state.explorer.position());
    let right = [ids, terms.other.clone()].map(|ids| f64::from(model.entropy(&ids)));
    hold!(found.entropy_bits == right, "a comparison of another text");
    Ok(())
}

/// Every token of the current text is in one of the stretches.
fn check_branches(state: &State) -> Result<(), String> {
    let (stretches, _) = stretches_of(&state.explorer.tree);
    let current = stretches.iter().filter(|stretch| stretch.current);
    let path: Vec<_> = current.flat_map(|stretch| stretch.nodes.clone()).collect();
    let tree = state.explorer.tree.path();
    hold!(path == tree, "the stretches {path:?} are not the text {tree:?}");
    Ok(())
}
