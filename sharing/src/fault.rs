//! Why a text is no session that can be opened.

use serde::{Deserialize, Serialize};

/// Why a link or a file cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// Nothing in it looks like a session.
    #[error("this is no session")]
    NoSession,
    /// It was one, but parts of it are missing or were changed.
    #[error("the session is damaged")]
    Damaged,
    /// A later version of the page made it.
    #[error("the session has version {version}, which is newer than this page")]
    Newer {
        /// The version that it names.
        version: u32,
    },
    /// It holds more than a page takes.
    #[error("the session is too large")]
    TooLarge,
    /// It can be read, but contradicts itself.
    #[error("the session contradicts itself: {what}")]
    Invalid {
        /// The first thing that is wrong, for those who make such files.
        what: String,
    },
}

impl Fault {
    pub(crate) fn invalid(what: impl Into<String>) -> Fault {
        Fault::Invalid { what: what.into() }
    }
}
