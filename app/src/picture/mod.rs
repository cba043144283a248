//! Pictures that leave the page: from data to the text of an SVG file, which needs no style
//! sheet and no font of its own. Everything that is written in one is escaped.

mod bars;
mod drawing;
mod grid;
mod matrix;
mod shaded_text;

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

/// A part of a picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// A text, whose pieces are shaded.
    Text(Vec<Shaded>),
    /// A table with shaded cells.
    Grid {
        /// The head of the first column, then of the others.
        columns: Vec<String>,
        /// Each with its head first, which is not shaded. A row of two cells in a wider table
        /// is not cut off.
        rows: Vec<Vec<Shaded>>,
    },
    /// Numbers as bars from a common line, to the right if they are above 0.
    Bars(Vec<Bar>),
    /// How much each row has of each column, as squares.
    Matrix {
        /// Of the rows and of the columns.
        labels: Vec<String>,
        /// Shares of 0 to 1.
        rows: Vec<Vec<f32>>,
    },
}

/// A text with a shading.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shaded {
    pub(crate) text: String,
    /// −1 to 1; 0 for none.
    pub(crate) share: f32,
}

/// A number as a bar.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bar {
    pub(crate) label: String,
    /// Its length, −1 to 1; 0 for none.
    pub(crate) share: f32,
    /// The number.
    pub(crate) value: String,
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
