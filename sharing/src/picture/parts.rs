//! What a picture is made of.

use serde::{Deserialize, Serialize};

/// A part of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Part {
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
    /// Two numbers for each of several things, as an outlined bar with a solid one in it.
    Pairs(Vec<Pair>),
    /// The same on two sides, from a line between them.
    Mirrored {
        /// What the sides are.
        heads: [String; 2],
        /// Each with its two sides.
        rows: Vec<(String, [Option<Pair>; 2])>,
    },
    /// Texts that branch, each after the one that it follows.
    Tree(Vec<TreeRow>),
}

/// A text with a shading.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shaded {
    /// The text.
    pub text: String,
    /// −1 to 1; 0 for none.
    pub share: f32,
}

/// A number as a bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// What it is of.
    pub label: String,
    /// Its length, −1 to 1; 0 for none.
    pub share: f32,
    /// The number.
    pub value: String,
}

/// Two numbers of a thing as bars of 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// What they are of.
    pub label: String,
    /// The length of the outlined bar, and of the solid one.
    pub shares: [f32; 2],
    /// Both numbers.
    pub values: [String; 2],
    /// What else is said of it.
    pub note: String,
}

/// A text of a tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TreeRow {
    /// How many forks are before it.
    pub depth: u32,
    /// The text.
    pub text: String,
    /// Its numbers.
    pub value: String,
    /// Whether it is part of the current text.
    pub current: bool,
}
