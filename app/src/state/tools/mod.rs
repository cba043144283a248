//! The tools beneath the text: of them, one at a time is open.

pub(crate) mod branches;
pub(crate) mod comparison;
pub(crate) mod draws;
pub(crate) mod guess;
pub(crate) mod inside;
pub(crate) mod scores;
pub(crate) mod side;
pub(crate) mod words;

use super::tab::Tab;

/// A tool beneath the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// How likely words are after the text.
    Words,
    /// Which tokens of any text surprised the model.
    Score,
    /// All texts of this visit as a tree.
    Branches,
    /// Two texts or samplers side by side.
    Compare,
    /// The next token drawn many times, and sweeps of knobs.
    Draws,
    /// How the prediction in view came about.
    Inside,
    /// Computes the numbers on screen once more, in another way.
    Verify,
    /// Bets on the next token.
    Guess,
}

impl Tool {
    /// All tools, in the order of their buttons.
    pub(crate) const ALL: [Tool; 8] = [
        Tool::Words,
        Tool::Score,
        Tool::Branches,
        Tool::Compare,
        Tool::Draws,
        Tool::Inside,
        Tool::Verify,
        Tool::Guess,
    ];

    /// Its name in the page's elements.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Tool::Words => "words",
            Tool::Score => "score",
            Tool::Branches => "branches",
            Tool::Compare => "compare",
            Tool::Draws => "draws",
            Tool::Inside => "inside",
            Tool::Verify => "verify",
            Tool::Guess => "guess",
        }
    }

    /// The tool with a name in the page's elements.
    pub(crate) fn named(name: &str) -> Option<Tool> {
        Tool::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// Whether a tab has the tool.
    pub(crate) fn in_tab(self, tab: Tab) -> bool {
        match (self, tab) {
            (Tool::Inside | Tool::Verify, Tab::Explorer | Tab::Chat) => true,
            (
                Tool::Words
                | Tool::Score
                | Tool::Branches
                | Tool::Compare
                | Tool::Draws
                | Tool::Guess,
                tab,
            ) => tab == Tab::Explorer,
        }
    }
}
