//! The tools beneath the text: of them, one at a time is open.

use super::tab::Tab;

/// A tool beneath the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Computes the numbers on screen once more, in another way.
    Verify,
}

impl Tool {
    /// All tools, in the order of their buttons.
    pub(crate) const ALL: [Tool; 1] = [Tool::Verify];

    /// Its name in the page's elements.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Tool::Verify => "verify",
        }
    }

    /// The tool with a name in the page's elements.
    pub(crate) fn named(name: &str) -> Option<Tool> {
        Tool::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// Whether a tab has the tool.
    pub(crate) fn in_tab(self, tab: Tab) -> bool {
        match (self, tab) {
            (Tool::Verify, Tab::Explorer | Tab::Chat) => true,
        }
    }
}
