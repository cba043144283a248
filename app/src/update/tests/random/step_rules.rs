//! The rules of a step: it loses nothing that a person wrote, and a control that is enabled does
//! something.

use super::rules::hold;
use super::steps::StepEvent;
use super::world::World;
use crate::action::Action;
use crate::state::{State, Tab};
use crate::view::controls::EnabledControls;
use crate::view::panel_model::PanelModel;

/// What is compared with the state after a step.
pub(super) struct Before {
    text: String,
    prompt: String,
    said: Vec<String>,
    cleared: bool,
    answers: Vec<String>,
    seen: String,
}

impl Before {
    pub(super) fn of(state: &State) -> Before {
        let answers = state
            .chat
            .exchanges
            .iter()
            .map(|exchange| exchange.reply().answer())
            .collect();
        Before {
            text: state.explorer.text(),
            prompt: state.explorer.prompt.clone(),
            said: said(state),
            cleared: !state.chat.cleared.is_empty(),
            answers,
            seen: seen(state),
        }
    }
}

/// All questions of the person in the chat, also of the cleared conversation.
fn said(state: &State) -> Vec<String> {
    let exchanges = state.chat.exchanges.iter().chain(&state.chat.cleared);
    exchanges.map(|exchange| exchange.question.clone()).collect()
}

/// What a person can notice of a step.
fn seen(state: &State) -> String {
    let tree = &state.explorer.tree;
    format!(
        "{:?}",
        (
            (
                state.announcement.0,
                state.short_notice.0,
                &state.error,
                state.tab,
                state.knobs.clone()
            ),
            (
                tree.path(),
                state.explorer.look_back,
                state.distributions_shown,
                state.explorer.when_ready
            ),
            (state.chat.exchanges.len(), state.chat.focus, &state.chat.input),
            (state.engine.generation, state.engine.readiness, state.playing()),
        )
    )
}

/// Checks that a step lost nothing, and that the control that it used did something.
pub(super) fn check_step(
    before: &Before,
    event: &StepEvent,
    enabled: bool,
    world: &World,
) -> Result<(), String> {
    let state = &world.state;
    let changes_text = matches!(
        event,
        StepEvent::Act(
            Action::Pick(_)
                | Action::Greedy
                | Action::Sample
                | Action::Undo
                | Action::Redo
                | Action::Reset
                | Action::OpenInExplorer(_)
        ) | StepEvent::Timer
    );
    let text = state.explorer.text();
    hold!(
        changes_text || world.brought_text || text == before.text,
        "{event:?} made {:?} of the text {:?}",
        text,
        before.text
    );
    let edits =
        matches!(event, StepEvent::Act(Action::EditPrompt(_) | Action::Example(_)));
    hold!(edits || state.explorer.prompt == before.prompt, "the prompt changed");
    let forgets = before.cleared
        && matches!(
            event,
            StepEvent::Act(Action::Send | Action::ClearChat) | StepEvent::Reload
        );
    let now = said(state);
    for question in &before.said {
        hold!(
            forgets
                || now.contains(question)
                || state.chat.input.contains(question.as_str()),
            "{event:?} lost the question {question:?}"
        );
    }
    if matches!(event, StepEvent::Reload) {
        for answer in before.answers.iter().filter(|answer| !answer.is_empty()) {
            let kept = state.chat.exchanges.iter();
            let mut kept = kept.map(|exchange| exchange.reply().answer());
            hold!(kept.any(|kept| kept == *answer), "a reload lost {answer:?}");
        }
    }
    hold!(
        !enabled || world.effects > 0 || seen(state) != before.seen,
        "{event:?} was enabled and does nothing"
    );
    Ok(())
}

/// Whether a step uses a control that is enabled.
pub(super) fn is_enabled(state: &State, event: &StepEvent) -> bool {
    let StepEvent::Act(action) = event else { return false };
    let enabled = EnabledControls::of(state);
    let explorer = state.tab == Tab::Explorer;
    match action {
        Action::Start => explorer && enabled.start,
        Action::Greedy | Action::Sample => explorer && enabled.choose,
        Action::Play => explorer && enabled.play && !enabled.stop,
        Action::Stop => explorer && enabled.stop,
        Action::Undo => explorer && enabled.undo,
        Action::Redo => explorer && enabled.redo,
        Action::Reset => explorer && enabled.reset,
        Action::Pick(row) => {
            let panel = PanelModel::of(state);
            let rows = panel.view.map_or(0, |view| view.distribution.candidates.len());
            panel.pickable && *row < rows
        }
        Action::Verify => enabled.verify,
        Action::StopVerifying => state.verifying().is_some(),
        Action::StopChat => !explorer && state.requests.chatting(),
        Action::Return => explorer && state.explorer.look_back.is_some(),
        Action::LookAtReply(at) => {
            let exchange = state.chat.exchanges.get(at.exchange);
            !explorer && exchange.is_some_and(|e| at.token < e.reply().tokens.len())
        }
        Action::OpenInExplorer(index) => {
            let exchange = state.chat.exchanges.get(*index);
            let written = !state.requests.chatting();
            !explorer && written && exchange.is_some_and(|e| e.has_tokens())
        }
        Action::CopyText => explorer && !state.explorer.tree.path().is_empty(),
        _ => false,
    }
}
