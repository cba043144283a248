//! What is on screen as pictures and as numbers, for files and for the clipboard. Each kind of
//! figure is worked out from the state; `data` writes its numbers, and a worker draws its
//! picture.

mod bars;
mod comparison;
mod data;
mod text;
mod tree;
mod vocabulary;

pub(crate) use data::Data;
pub(crate) use tree::{numbers_of, text_of};
pub(crate) use vocabulary::whole_vocabulary;

use sharing::picture::{Part, Picture};

use crate::format;
use crate::language::with_plain_numbers;
use crate::state::{FigureKind, State};
use crate::texts;

/// A figure: what is drawn, and its numbers.
pub(crate) struct Figure {
    pub(crate) picture: Picture,
    pub(crate) data: Data,
}

impl Figure {
    /// The figure of a kind; none if nothing of that kind is on screen.
    pub(crate) fn of(state: &State, kind: FigureKind) -> Option<Figure> {
        with_plain_numbers(|| Figure::with_numbers(state, kind))
    }

    fn with_numbers(state: &State, kind: FigureKind) -> Option<Figure> {
        let (title, part, data) = match kind {
            FigureKind::Bars => bars::of(state)?,
            FigureKind::Text => text::of_running_text(state)?,
            FigureKind::Score => text::of_scored_text(state)?,
            FigureKind::Tree => tree::of(state)?,
            FigureKind::Comparison => comparison::of(state)?,
            // It is asked for, and has no picture.
            FigureKind::Vocabulary => return None,
        };
        let description = texts::figures::description(kind).to_owned();
        let caption = caption(state);
        let legend = match part {
            // The legend of bars is part of the picture.
            Part::Pairs(_) | Part::Mirrored { .. } => format!("{description} {caption}"),
            _ => caption,
        };
        let picture = Picture { title, description, caption: legend, parts: vec![part] };
        Some(Figure { picture, data })
    }
}

/// The model, its numbers, the text, and the sampler.
fn caption(state: &State) -> String {
    let of_model =
        texts::inside::caption(state.engine.model.as_ref(), &state.tokens_in_view());
    format!("{of_model} · {}", format::sampler(&state.sampler()))
}
