//! Dialogues for the second stage, made from the stories and from small templates.

mod encode;
mod facts;
mod generator;
mod library;
mod small_talk;
mod stories;
mod turn;
mod words;

pub use encode::encode_dialogue;
pub use generator::Dialogues;
pub use turn::Turn;
