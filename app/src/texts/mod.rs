//! The sentences and labels that the program writes into the page, one file for each region.
//! Each is a function with typed arguments, so that a language with another order of words
//! needs another function body only: no sentence is put together anywhere else.
//!
//! Words that never change stand in `index.html`. What a number looks like is up to
//! [`crate::format`].

pub(crate) mod branches;
pub(crate) mod chat;
pub(crate) mod comparison;
pub(crate) mod draws;
pub(crate) mod engine;
pub(crate) mod explorer;
pub(crate) mod figures;
pub(crate) mod inside;
pub(crate) mod lessons;
pub(crate) mod model_menu;
pub(crate) mod models;
pub(crate) mod page;
pub(crate) mod panel;
pub(crate) mod sampler;
pub(crate) mod scores;
pub(crate) mod sharing;
pub(crate) mod side;
pub(crate) mod status;
pub(crate) mod tokens;
pub(crate) mod verification;
pub(crate) mod words;
