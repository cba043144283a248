//! Words that the person asks about: a row for each form of each word.

use protocol::{Candidate, Word};
use web_sys::HtmlInputElement;

use super::copies::Copies;
use crate::dom::{self, Slot};
use crate::elements::Page;
use crate::format;
use crate::state::State;
use crate::texts;

/// The elements of the words.
#[derive(Debug)]
pub(super) struct WordsView {
    query: HtmlInputElement,
    note: Slot,
    table: Slot,
    rows: Copies,
}

const PARTS: [&str; 11] = [
    ".pieces", ".form", ".p", ".q", ".value.p", ".value.q", ".share", ".rank", ".logit",
    ".append", ".unwatch",
];

/// Smaller probabilities are not told apart: the 32 bits of a number do not hold them.
const LEAST_SHOWN: f64 = 1e-32;
/// How they are shown.
const LEAST: &str = "<10⁻³⁰";

/// What a row shows.
#[derive(Debug, PartialEq)]
pub(crate) struct WordRow {
    /// Its index among the words.
    index: usize,
    /// Its tokens; with more than one, each with its p.
    pub(crate) pieces: String,
    form: &'static str,
    /// The product of its tokens' p and q; none before all are known.
    pub(crate) p: Option<f64>,
    q: Option<f64>,
    /// Its part of the p of all rows together.
    pub(crate) share: Option<f64>,
    /// Of its first token.
    rank: u32,
    logit: f32,
    /// Its text among those that were asked about, if it is watched.
    watched: Option<usize>,
}

/// The rows of a state; none if what is known is of another text.
pub(crate) fn rows(state: &State) -> Vec<WordRow> {
    let Some((terms, words)) = &state.words.found else { return Vec::new() };
    if Some(terms.text) != state.text_key() {
        return Vec::new();
    }
    let wanted = state.words.texts();
    let is_wanted = |word: &Word| {
        terms.texts.get(word.text as usize).is_some_and(|text| wanted.contains(text))
    };
    let complete = words.iter().filter(|word| word.is_complete() && is_wanted(word));
    let sum: f64 = complete.map(|word| word.log_probability.exp()).sum();
    let shown = words.iter().enumerate().filter(|(_, word)| is_wanted(word));
    let mut rows: Vec<WordRow> = shown
        .filter_map(|(index, word)| {
            let text = terms.texts.get(word.text as usize)?;
            row(index, word, sum, state.words.watched.iter().position(|w| w == text))
        })
        .collect();
    // What is typed comes first, then the watched words in their order.
    rows.sort_by_key(|row| row.watched.map_or(0, |watched| watched + 1));
    rows
}

fn row(index: usize, word: &Word, sum: f64, watched: Option<usize>) -> Option<WordRow> {
    let first = word.tokens.first()?;
    let p = word.is_complete().then(|| word.log_probability.exp());
    let q = |token: &Candidate| f64::from(token.sampled_probability);
    let q = word.is_complete().then(|| word.tokens.iter().map(q).product());
    Some(WordRow {
        index,
        pieces: pieces(word),
        form: texts::words::form(word.form),
        p,
        q,
        share: p.filter(|_| sum > 0.0).map(|p| p / sum),
        rank: first.rank,
        logit: first.logit,
        watched,
    })
}

fn pieces(word: &Word) -> String {
    let piece = |token: &Candidate| match word.length {
        1 => token.token.text.clone(),
        _ => format!("{} {}", token.token.text, format::percent(token.probability)),
    };
    let mut pieces: Vec<String> = word.tokens.iter().map(piece).collect();
    if !word.is_complete() {
        pieces.push("…".into());
    }
    pieces.join(" · ")
}

impl WordsView {
    pub(super) fn new(page: &Page) -> Result<WordsView, String> {
        Ok(WordsView {
            query: page.input("words-query")?,
            note: page.slot("words-note")?,
            table: page.slot("words-table")?,
            rows: Copies::new(page, "words-rows", "word-template", &PARTS)?,
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        if self.query.value() != state.words.query {
            self.query.set_value(&state.words.query);
        }
        let rows = rows(state);
        self.note.text(note(state, rows.is_empty()));
        self.table.show(!rows.is_empty());
        for (copy, row) in self.rows.show(rows.len()).iter().zip(&rows) {
            let [pieces, form, p_bar, q_bar, p, q, share, rank, logit, append, unwatch] =
                &copy.parts[..]
            else {
                return;
            };
            let percent = |share: Option<f64>| match share {
                Some(share) if share > 0.0 && share < LEAST_SHOWN => {
                    format::shown_percent(LEAST)
                }
                Some(share) => format::percent(share as f32),
                None => "…".into(),
            };
            copy.root.attribute("data-word", Some(&row.index.to_string()));
            let watched = row.watched.map(|text| text.to_string());
            copy.root.attribute("data-watched", watched.as_deref());
            pieces.text(&row.pieces);
            form.text(row.form);
            p_bar.property("--share", row.p.unwrap_or(0.0));
            q_bar.property("--share", row.q.unwrap_or(0.0));
            p.text(&percent(row.p));
            q.text(&percent(row.q));
            share.text(&percent(row.share));
            rank.text(&format::count(row.rank.into()));
            logit.text(&format::fixed(row.logit.into(), 2));
            append.attribute("aria-label", Some(&texts::words::append(&row.pieces)));
            append.state("aria-disabled", row.p.is_none());
            unwatch.attribute("aria-label", Some(&texts::words::unwatch(&row.pieces)));
        }
    }

    pub(super) fn focus(&self) {
        dom::focus(&self.query);
        self.query.select();
    }
}

/// What is said in the place of rows, or of what is wrong with them.
fn note(state: &State, empty: bool) -> &str {
    if let Some(problem) = &state.words.problem {
        return problem;
    }
    match empty {
        false => "",
        true if state.text_key().is_none() => texts::words::NO_TEXT.get(),
        true if state.words.texts().is_empty() => texts::words::HINT.get(),
        true => texts::words::COMPUTING.get(),
    }
}
