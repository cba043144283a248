//! Pictures that leave the page: from data to the text of an SVG file, which needs no style
//! sheet and no font of its own. Everything that is written in one is escaped.

mod bars;
mod drawing;
mod grid;
mod matrix;
mod mirrored;
mod pairs;
mod parts;
mod shaded_text;
mod tree;

pub use parts::{Bar, Pair, Part, Shaded, TreeRow};

use serde::{Deserialize, Serialize};

use drawing::{Drawing, INK, MUTED};

/// A picture for a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// What is seen, in a line.
    pub title: String,
    /// What is seen, for those who do not see it.
    pub description: String,
    /// What it was made of: the model, the text, and the like. The date is added to it.
    pub caption: String,
    /// Its parts, from the top to the bottom.
    pub parts: Vec<Part>,
}

impl Picture {
    /// The text of the SVG file, with the day on which it was made.
    pub fn svg(&self, date: &str) -> String {
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
                Part::Pairs(pairs) => pairs::draw(&mut drawing, pairs),
                Part::Mirrored { heads, rows } => {
                    mirrored::draw(&mut drawing, heads, rows);
                }
                Part::Tree(rows) => tree::draw(&mut drawing, rows),
            }
        }
        drawing.skip(10);
        drawing.lines(&format!("{} · {date}", self.caption), MUTED);
        drawing.finish(&self.title, &self.description)
    }
}

#[cfg(test)]
mod in_grey;
#[cfg(test)]
mod tests;
