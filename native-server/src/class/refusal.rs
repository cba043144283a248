//! Why something of a class is not taken.

use serde::Serialize;

/// Why something was not taken: a name, by which pages say it in their language, and a sentence
/// for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Refusal {
    why: &'static str,
    sentence: &'static str,
}

impl Refusal {
    pub(crate) const NO_CLASS: Refusal =
        Refusal::of("no_class", "There is no class of this code. Ask for it again.");
    pub(crate) const FULL: Refusal = Refusal::of("full", "This class is full.");
    pub(crate) const OVER: Refusal = Refusal::of("over", "This round is over.");
    pub(crate) const TOO_MANY: Refusal =
        Refusal::of("too_many", "Too many classes are open on this server.");
    pub(crate) const OTHER_TEACHER: Refusal =
        Refusal::of("other_teacher", "This class was opened by another page.");
    pub(crate) const TOO_MUCH: Refusal =
        Refusal::of("too_much", "This page asks too much. Wait, then reload it.");
    /// The link of one class does not lead elsewhere.
    pub(crate) const ONE_CLASS: Refusal =
        Refusal::of("one_class", "This link is for taking part in its own class only.");

    /// A page of this server says nothing of the kind; a program might.
    pub(crate) const fn wrong(sentence: &'static str) -> Refusal {
        Refusal::of("wrong", sentence)
    }

    const fn of(why: &'static str, sentence: &'static str) -> Refusal {
        Refusal { why, sentence }
    }
}
