//! The rows of the distribution. The element of a row is used again for every distribution, so
//! that the focus stays on it.

use crate::dom::Slot;
use crate::elements::{Page, RowElements, Template};
use crate::format;
use crate::scale::Axis;
use crate::texts::{self, tokens};
use protocol::{Candidate, Distribution, Piece, SamplerKind, Token, display_pieces};

/// The most characters of a token; longer ones are cut in the middle.
const MAX_TOKEN_CHARS: usize = 22;

/// What the rows show.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowsModel<'a> {
    pub(super) distribution: &'a Distribution,
    pub(super) axis: Axis,
    /// The token that was chosen from them; none if none was.
    pub(super) chosen: Option<&'a Candidate>,
    /// Whether the sampler's draw is shown.
    pub(super) shows_draw: bool,
    pub(super) selected: usize,
    pub(super) pickable: bool,
}

impl RowsModel<'_> {
    /// Whether the sampler draws at random, which it does not at temperature 0.
    pub(super) fn samples(&self) -> bool {
        self.distribution.settings.temperature > 0.0
    }

    /// The token that is marked: the chosen one, otherwise the one that the sampler drew.
    pub(super) fn marked(&self) -> Option<&Candidate> {
        let sampled = Some(&self.distribution.sampled).filter(|_| self.shows_draw);
        self.chosen.or(sampled)
    }

    fn tag(&self, candidate: &Candidate) -> String {
        let id = candidate.token.id;
        let mut tags = Vec::new();
        if self.chosen.is_some_and(|chosen| chosen.token.id == id) {
            tags.push(tokens::CHOSEN.get());
        } else if !self.samples() && self.distribution.greedy == id {
            tags.push(tokens::GREEDY_PICK.get());
        } else if self.shows_draw
            && self.samples()
            && self.distribution.sampled.token.id == id
        {
            tags.push(tokens::SAMPLED.get());
        }
        let cut = candidate.cut_by.and_then(texts::sampler::cut);
        tags.extend(cut.as_deref());
        tags.join(" · ")
    }
}

/// The list of rows.
#[derive(Debug)]
pub(super) struct RowList {
    list: Slot,
    template: Template,
    rows: Vec<RowElements>,
    shown: usize,
}

impl RowList {
    pub(super) fn new(page: &Page) -> Result<RowList, String> {
        Ok(RowList {
            list: page.slot("distribution")?,
            template: page.template("row-template")?,
            rows: Vec::new(),
            shown: 0,
        })
    }

    /// The button of a row.
    pub(super) fn get(&self, row: usize) -> Option<&Slot> {
        self.rows[..self.shown].get(row).map(|row| &row.row)
    }

    /// Whether there are any rows.
    pub(super) fn any(&self) -> bool {
        self.shown > 0
    }

    /// Removes everything about tokens from the rows, which keep their places.
    pub(super) fn clear(&self) {
        for row in &self.rows[..self.shown] {
            for slot in [&row.id, &row.p, &row.q, &row.tag] {
                slot.text("");
            }
            if row.token.attribute("data-token", None) {
                row.token.element().set_text_content(None);
            }
            row.token.flag("data-special", false);
            row.p_bar.property("--p", 0.0);
            row.q_bar.property("--q", 0.0);
            for name in ["data-id", "data-p", "data-q", "data-cut", "data-marked"] {
                row.row.attribute(name, None);
            }
            row.row.state("aria-disabled", true);
            row.row.attribute("aria-label", Some(&tokens::NOT_COMPUTED));
        }
    }

    /// Renders one row for each candidate.
    pub(super) fn render(&mut self, model: RowsModel) -> Result<(), String> {
        let candidates = &model.distribution.candidates;
        while self.rows.len() < candidates.len() {
            self.rows.push(RowElements::new(&self.template)?);
        }
        for row in &self.rows[self.shown.min(candidates.len())..candidates.len()] {
            let appended = self.list.element().append_child(&row.item);
            debug_assert!(appended.is_ok(), "an item can always be put into a list");
        }
        for row in self.rows[..self.shown].iter().skip(candidates.len()) {
            row.item.remove();
        }
        self.shown = candidates.len();
        self.list.property("--count", candidates.len() as f64);
        for (index, (row, candidate)) in self.rows.iter().zip(candidates).enumerate() {
            render_row(row, candidate, model, index == model.selected);
        }
        Ok(())
    }
}

fn render_row(
    row: &RowElements,
    candidate: &Candidate,
    model: RowsModel,
    selected: bool,
) {
    let Candidate { rank, token, probability, sampled_probability, .. } = candidate;
    row.rank.text(&rank.to_string());
    render_token(&row.token, token);
    row.id.text(&token.id.to_string());
    render_share(&row.p, &format::percent(*probability));
    let cut = candidate.cut_by.is_some_and(|kind| kind != SamplerKind::Greedy);
    let drawn = match (model.samples(), cut) {
        (false, _) => tokens::NO_Q.into(),
        (_, true) => tokens::CUT.into(),
        _ => format::percent(*sampled_probability),
    };
    render_share(&row.q, &drawn);
    row.tag.text(&model.tag(candidate));
    row.p_bar.property("--p", model.axis.length(*probability));
    let q = if model.samples() { *sampled_probability } else { 0.0 };
    row.q_bar.property("--q", model.axis.length(q));
    row.row.attribute("data-rank", Some(&rank.to_string()));
    row.row.attribute("data-id", Some(&token.id.to_string()));
    row.row.attribute("data-p", Some(&probability.to_string()));
    row.row.attribute("data-q", Some(&sampled_probability.to_string()));
    row.row.flag("data-cut", cut);
    let marked = model.marked().is_some_and(|marked| marked.token.id == token.id);
    row.row.flag("data-marked", marked);
    row.row.state("aria-disabled", !model.pickable);
    row.row.attribute("aria-label", Some(&tokens::row_label(candidate)));
    row.row.attribute("tabindex", Some(if selected { "0" } else { "-1" }));
}

/// Characters of a share that its column has room for. Longer ones are set smaller, so that
/// the two columns never read as one number.
const SHARE_CHARACTERS: usize = 8;

/// Renders a p or q into its column.
pub(super) fn render_share(slot: &Slot, share: &str) {
    slot.text(share);
    slot.flag("data-long", share.chars().count() > SHARE_CHARACTERS);
}

/// Renders a token into a slot, with its signs styled apart.
fn render_token(slot: &Slot, token: &Token) {
    // The id is no key: to another model, it is another token.
    let key = format!("{}{}", if token.special { "s" } else { "" }, token.text);
    if !slot.attribute("data-token", Some(&key)) {
        return;
    }
    slot.element().set_text_content(None);
    let pieces = match token.special {
        true => vec![Piece::Text(token.text.clone())],
        false => display_pieces(&token.bytes),
    };
    slot.flag("data-special", token.special);
    let Some(document) = slot.element().owner_document() else { return };
    for piece in shortened(pieces) {
        let class = match piece {
            Piece::Text(_) => "plain",
            Piece::Mark(_) | Piece::Byte(_) => "sign",
        };
        let Ok(span) = document.create_element("span") else { return };
        span.set_class_name(class);
        span.set_text_content(Some(piece.as_str()));
        let appended = slot.element().append_child(&span);
        debug_assert!(appended.is_ok(), "a new element has no other place");
    }
}

/// The pieces, without their middle if they are too long together.
fn shortened(pieces: Vec<Piece>) -> Vec<Piece> {
    let length: usize = pieces.iter().map(|piece| piece.as_str().chars().count()).sum();
    if length <= MAX_TOKEN_CHARS {
        return pieces;
    }
    let text: Vec<char> =
        pieces.iter().flat_map(|piece| piece.as_str().chars()).collect();
    let (head, tail) = (MAX_TOKEN_CHARS * 2 / 3, MAX_TOKEN_CHARS / 3 - 1);
    vec![
        Piece::Text(text[..head].iter().collect()),
        Piece::Mark("…"),
        Piece::Text(text[text.len() - tail..].iter().collect()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_tokens_lose_their_middle_and_keep_both_ends() {
        let token = Token::new(0, b" internationalization-and-beyond".to_vec(), false);
        let pieces = shortened(display_pieces(&token.bytes));
        let text: String = pieces.iter().map(Piece::as_str).collect();
        assert_eq!(text, "␣international…beyond");
        assert_eq!(shortened(display_pieces(b" cat")).len(), 2);
    }
}
