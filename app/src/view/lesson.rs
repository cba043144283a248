//! The lesson that is open: its question, the guesses, and after one of them what is so.

use super::tools::copies::Copies;
use crate::dom::{self, Slot};
use crate::elements::Page;
use crate::state::State;
use crate::texts::lessons as texts;

/// The elements of a lesson.
#[derive(Debug)]
pub(super) struct LessonView {
    region: Slot,
    details: Slot,
    title: Slot,
    question: Slot,
    choices: Copies,
    answer: Slot,
    verdict: Slot,
    reveal: Slot,
    attempt: Slot,
    /// The lesson that is shown: another one is unfolded.
    shown: String,
}

impl LessonView {
    pub(super) fn new(page: &Page) -> Result<LessonView, String> {
        Ok(LessonView {
            region: page.slot("lesson")?,
            details: page.slot("lesson-details")?,
            title: page.slot("lesson-title")?,
            question: page.slot("lesson-question")?,
            choices: Copies::new(page, "lesson-choices", "choice-template", &["button"])?,
            answer: page.slot("lesson-answer")?,
            verdict: page.slot("lesson-verdict")?,
            reveal: page.slot("lesson-reveal")?,
            attempt: page.slot("lesson-attempt")?,
            shown: String::new(),
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        self.region.show(state.lesson.is_some());
        let Some(open) = &state.lesson else {
            self.shown.clear();
            return;
        };
        let (lesson, guess) = (&open.lesson, open.guess);
        if self.shown != lesson.title {
            self.shown.clone_from(&lesson.title);
            // The person may have folded the last one.
            dom::set(self.details.element(), "open", "");
        }
        self.title.text(&lesson.title);
        self.question.text(&lesson.question);
        let copies = self.choices.show(lesson.choices.len()).iter();
        for (index, (copy, choice)) in copies.zip(&lesson.choices).enumerate() {
            let [button] = &copy.parts[..] else { return };
            button.text(choice);
            button.attribute("data-choice", Some(&index.to_string()));
            button.state("aria-pressed", guess == Some(index));
            button.state("aria-disabled", guess.is_some());
            let is_answer = guess.is_some() && index == lesson.answer;
            button.flag("data-right", is_answer);
        }
        self.answer.show(guess.is_some());
        self.verdict
            .text(guess.map_or("", |guess| texts::verdict(guess == lesson.answer)));
        self.reveal.text(&lesson.reveal);
        self.attempt.text(&lesson.attempt);
    }
}
