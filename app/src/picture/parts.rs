//! What a picture is made of.

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
