//! What a session knows of the device that reads long texts for it.

use protocol::TokenId;

use crate::prompt_reader::{PromptReader, PromptReading};

/// What reads long texts, and the one that it is reading.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    pub(super) reader: Option<Box<dyn PromptReader>>,
    pub(super) current: Option<Current>,
}

/// A text that is being read.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) slot: usize,
    pub(super) ids: Vec<TokenId>,
    /// How many of its tokens the sequence has, or will have when the next part comes.
    pub(super) position: usize,
    pub(super) reading: Box<dyn PromptReading>,
    /// When it was asked, or gave a part last; in milliseconds.
    pub(super) since: f64,
}
