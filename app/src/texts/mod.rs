//! The sentences and labels that the program writes into the page, one file for each region.
//! Their words are in `languages/`, a table for each language: a sentence without values is a
//! constant, one with values a function with typed arguments. No sentence is put together
//! anywhere else, so each language can have its own order of words.
//!
//! Words that never change stand in the page's HTML, where `js/language.js` translates them.
//! What a number looks like is up to [`crate::format`].

pub(crate) mod branches;
pub(crate) mod chat;
pub(crate) mod comparison;
pub(crate) mod draws;
pub(crate) mod engine;
pub(crate) mod explorer;
pub(crate) mod failures;
pub(crate) mod figures;
pub(crate) mod guess;
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
