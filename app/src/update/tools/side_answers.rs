//! What two engines say about the same text.
//!
//! Engines with the same tokens are asked for ln p of every token, and each about the other's
//! rows. Engines with other tokens are compared by what a token adds to the text: the second one
//! reads the text in its own tokens.

use protocol::{
    Command, Distribution, Event, ModelDescription, Request, Token, TokenId,
    TokenizeOptions, limits,
};
use sharing::Apart;

use crate::divergence::{divergence, drawn_from, entropy_bits};
use crate::effect::Effect;
use crate::state::{Purpose, SideParts, SideResult, SideTerms, State};
use crate::texts;
use crate::update::requests::{Effects, send};

/// Sends a command to the second engine.
pub(super) fn send_to_side(
    state: &mut State,
    purpose: Purpose,
    command: Command,
    effects: &mut Effects,
) {
    let id = state.side.requests.open(purpose);
    effects.push(Effect::SendSide(Request { id, command }));
}

/// Begins a comparison. `model` is that of the second engine.
pub(super) fn ask(
    state: &mut State,
    terms: SideTerms,
    model: &ModelDescription,
    effects: &mut Effects,
) {
    state.side.problem = None;
    state.side.parts = Some(SideParts {
        terms: terms.clone(),
        same_tokens: None,
        seen: [None, None],
        log_p: [None, None],
    });
    let as_many = state.current().is_some_and(|seen| seen.vocab_size == model.vocab_size);
    if !as_many {
        return ask_by_text(state, terms, effects);
    }
    let ids = state.explorer.tree.ids(state.explorer.position());
    let (settings, candidates) = (terms.other_settings.clone(), terms.rows);
    let watch = known_tokens(state).into_iter().map(|token| token.id).collect();
    let command = Command::NextToken { ids, settings, candidates, watch };
    send_to_side(state, Purpose::Side(terms), command, effects);
}

/// Tokens of the page's model, as many as can be watched: its rows, then those of the text. If
/// they are the same to the second model, its ids are taken to be the same.
fn known_tokens(state: &State) -> Vec<Token> {
    let rows = state.current().into_iter().flat_map(|seen| &seen.candidates);
    let rows = rows.map(|candidate| &candidate.token);
    let text = state.explorer.tree.nodes().map(|node| &node.token);
    let mut tokens: Vec<Token> = Vec::new();
    for token in rows.chain(text) {
        if tokens.len() < limits::MAX_WATCHED
            && tokens.iter().all(|known| known.id != token.id)
        {
            tokens.push(token.clone());
        }
    }
    tokens
}

/// Has the second engine read the text in tokens of its own.
fn ask_by_text(state: &mut State, terms: SideTerms, effects: &mut Effects) {
    if let Some(parts) = &mut state.side.parts {
        parts.same_tokens = Some(false);
    }
    let tokens = state.explorer.tree.nodes().map(|node| &node.token);
    let tokens: Vec<&Token> = tokens.take(state.explorer.position()).collect();
    // The second model puts its own leading tokens before the text.
    let text: Vec<&&Token> = tokens.iter().skip_while(|token| token.special).collect();
    let bytes: Vec<u8> = text.iter().flat_map(|token| token.bytes.clone()).collect();
    let problem = match String::from_utf8(bytes) {
        _ if text.iter().any(|token| token.special) => texts::side::SPECIAL_TOKENS,
        Ok(text) if text.is_empty() => texts::side::NO_TEXT,
        Ok(text) => {
            let command = Command::Tokenize { text, options: TokenizeOptions::default() };
            send_to_side(state, Purpose::Side(terms.clone()), command, effects);
            return ask_page(state, terms, limits::MAX_CANDIDATES, Vec::new(), effects);
        }
        Err(_) => texts::side::HALF_A_CHARACTER,
    };
    state.side.problem = Some(problem.into());
}

fn ask_page(
    state: &mut State,
    terms: SideTerms,
    candidates: u32,
    watch: Vec<TokenId>,
    effects: &mut Effects,
) {
    let ids = state.explorer.tree.ids(state.explorer.position());
    let settings = terms.settings.clone();
    let command = Command::NextToken { ids, settings, candidates, watch };
    send(state, Purpose::Side(terms), command, effects);
}

/// Takes what an engine says: the page's own is 0, the second 1.
pub(crate) fn on_answer(
    state: &mut State,
    side: usize,
    terms: SideTerms,
    event: Event,
    effects: &mut Effects,
) {
    let Some(parts) = state.side.parts.as_mut().filter(|parts| parts.terms == terms)
    else {
        return;
    };
    match event {
        Event::Tokenized { tokens } => {
            let ids = tokens.into_iter().map(|token| token.id).collect();
            let (settings, watch) = (terms.other_settings.clone(), Vec::new());
            let candidates = limits::MAX_CANDIDATES;
            let command = Command::NextToken { ids, settings, candidates, watch };
            return send_to_side(state, Purpose::Side(terms), command, effects);
        }
        Event::Distribution(seen) if side == 1 && parts.same_tokens.is_none() => {
            return on_first_answer(state, terms, seen, effects);
        }
        Event::Distribution(seen) => parts.seen[side] = Some(seen),
        Event::LogProbabilities(packed) => match packed.values() {
            Some(values) => parts.log_p[side] = Some(values),
            None => state.side.problem = Some(texts::page::WRONG_ANSWER.into()),
        },
        Event::Failed(failure) => state.side.problem = Some(failure.message),
        _ => return,
    }
    finish(state);
}

/// Finds out whether both have the same tokens, and asks for what is still needed.
fn on_first_answer(
    state: &mut State,
    terms: SideTerms,
    seen: Distribution,
    effects: &mut Effects,
) {
    let known = known_tokens(state);
    let watched = seen.watched.iter().map(|candidate| &candidate.token);
    let is_same = |(a, b): (&Token, &Token)| a.bytes == b.bytes && a.special == b.special;
    let same =
        known.len() == seen.watched.len() && known.iter().zip(watched).all(is_same);
    if !same {
        return ask_by_text(state, terms, effects);
    }
    let watch = seen.candidates.iter().map(|candidate| candidate.token.id).collect();
    if let Some(parts) = &mut state.side.parts {
        parts.same_tokens = Some(true);
        parts.seen[1] = Some(seen);
    }
    let ids = state.explorer.tree.ids(state.explorer.position());
    let whole = Command::LogProbabilities { ids };
    send_to_side(state, Purpose::Side(terms.clone()), whole.clone(), effects);
    send(state, Purpose::Side(terms.clone()), whole, effects);
    let rows = terms.rows;
    ask_page(state, terms, rows, watch, effects);
}

/// Works out the comparison once all answers are there.
fn finish(state: &mut State) {
    let Some(parts) = &mut state.side.parts else { return };
    let [Some(first), Some(second)] = &parts.seen else { return };
    let apart = match (parts.same_tokens, &parts.log_p) {
        (Some(true), [Some(log_p), Some(other)]) => Some(Apart {
            p: divergence(log_p, other),
            q: drawn_from(log_p, first)
                .zip(drawn_from(other, second))
                .and_then(|(first, second)| divergence(&first, &second)),
            entropy_bits: [entropy_bits(log_p), entropy_bits(other)],
        }),
        (Some(false), _) => None,
        _ => return,
    };
    // Whole distributions are large.
    parts.log_p = [None, None];
    if let [Some(first), Some(second)] = std::mem::take(&mut parts.seen) {
        let seen = [first, second];
        state.side.found = Some(SideResult::new(parts.terms.clone(), seen, apart));
    }
}
