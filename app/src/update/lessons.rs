//! Lessons: one is opened, begins with its text, and shows what is so after a guess.

use super::explorer::start;
use super::requests::Effects;
use crate::effect::Effect;
use crate::state::{
    Lesson, LessonAction, OpenLesson, Problem, State, Tab, lesson_address,
};
use crate::texts::lessons as texts;

/// Takes an action.
pub(super) fn on_action(state: &mut State, action: LessonAction, effects: &mut Effects) {
    match action {
        LessonAction::Open(name) => match lesson_address(&name) {
            Some(address) => effects.push(Effect::ReadLesson(address)),
            None => state.show_problem(Problem::new(texts::NOT_FOUND)),
        },
        LessonAction::Read(text) => match text.as_deref().and_then(read) {
            Some(lesson) => open(state, lesson, effects),
            None => state.show_problem(Problem::new(texts::NOT_FOUND)),
        },
        LessonAction::Guess(choice) => {
            if let Some(open) = &mut state.lesson
                && choice < open.lesson.choices.len()
                && open.guess.is_none()
            {
                open.guess = Some(choice);
                let right = choice == open.lesson.answer;
                let said = format!("{} {}", texts::verdict(right), open.lesson.reveal);
                state.announce(said);
            }
        }
        LessonAction::Close => state.lesson = None,
    }
}

/// The lesson of a file's text, in the language of the page; none if it is no lesson.
pub(super) fn read(text: &str) -> Option<Lesson> {
    Lesson::read(text, &texts::CODE)
}

/// Opens a lesson, and starts from its text.
pub(super) fn open(state: &mut State, lesson: Lesson, effects: &mut Effects) {
    state.tab = Tab::Explorer;
    state.tool = lesson.tool;
    state.explorer.prompt.clone_from(&lesson.prompt);
    if let Some(knobs) = &lesson.knobs {
        state.knobs = state.knobs.with_sampler_of(knobs.clone());
    }
    state.lesson = Some(OpenLesson { lesson, guess: None });
    start(state, effects);
}
