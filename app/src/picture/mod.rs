//! Pictures that leave the page: from data to the text of an SVG file, which needs no style
//! sheet and no font of its own. Everything that is written in one is escaped.

mod bars;
mod drawing;
mod grid;
mod matrix;
mod parts;
mod shaded_text;

pub(crate) use parts::{Bar, Part, Shaded};

use drawing::{Drawing, INK, MUTED};

/// A picture for a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Picture {
    /// What is seen, in a line.
    pub(crate) title: String,
    /// What is seen, for those who do not see it.
    pub(crate) description: String,
    /// What it was made of: the model, the text, and the like. The date is added to it.
    pub(crate) caption: String,
    /// Its parts, from the top to the bottom.
    pub(crate) parts: Vec<Part>,
}

impl Picture {
    /// The text of the SVG file, with the day on which it was made.
    pub(crate) fn svg(&self, date: &str) -> String {
        let mut drawing = Drawing::default();
        drawing.lines(&self.title, INK);
        for part in &self.parts {
            drawing.skip(10);
            match part {
                Part::Text(pieces) => shaded_text::draw(&mut drawing, pieces),
                Part::Grid { columns, rows } => grid::draw(&mut drawing, columns, rows),
                Part::Bars(bars) => bars::draw(&mut drawing, bars),
                Part::Matrix { labels, rows } => {
                    matrix::draw(&mut drawing, labels, rows);
                }
            }
        }
        drawing.skip(10);
        drawing.lines(&format!("{} · {date}", self.caption), MUTED);
        drawing.finish(&self.title, &self.description)
    }
}

#[cfg(test)]
mod tests;
