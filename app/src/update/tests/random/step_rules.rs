//! The rules of a step: it loses nothing that a person wrote, and a control that is enabled does
//! something.

use super::rules::hold;
use super::steps::StepEvent;
use super::world::World;
use crate::action::Action;
use crate::chat_action::ChatAction;
use crate::state::{BranchesAction, ComparisonAction, Editing, State, Tab, WordsAction};
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
        Before {
            text: state.explorer.text(),
            prompt: state.explorer.prompt.clone(),
            said: said(state),
            cleared: !state.chat.cleared.is_empty(),
            answers: answers(state),
            seen: seen(state),
        }
    }
}

/// All questions of the person in the chat, in all versions, also of the cleared conversation.
fn said(state: &State) -> Vec<String> {
    let exchanges = state.chat.exchanges.iter().chain(&state.chat.cleared);
    exchanges.flat_map(|exchange| exchange.everything().0).collect()
}

/// All replies that have any text, in all variants.
fn answers(state: &State) -> Vec<String> {
    let exchanges = state.chat.exchanges.iter().chain(&state.chat.cleared);
    let answers = exchanges.flat_map(|exchange| exchange.everything().1);
    answers.filter(|answer| !answer.is_empty()).collect()
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
            (
                state.chat.exchanges.len(),
                state.chat.focus,
                &state.chat.input,
                &state.chat.editing,
            ),
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
                | Action::Words(WordsAction::Append(_))
                | Action::Branches(BranchesAction::GoTo(_) | BranchesAction::StepFork(_))
                | Action::Compare(ComparisonAction::AppendBoth(_))
                | Action::Chat(ChatAction::OpenInExplorer(_))
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
    // A session that is opened has a prompt.
    let opens = world.brought_text || matches!(event, StepEvent::Timer);
    hold!(edits || opens || state.explorer.prompt == before.prompt, "the prompt changed");
    let forgets = before.cleared
        && matches!(
            event,
            StepEvent::Act(
                Action::Chat(ChatAction::Send) | Action::Chat(ChatAction::Clear)
            ) | StepEvent::Reload
        );
    let now = said(state);
    for question in &before.said {
        hold!(
            forgets
                || now.contains(question)
                || state.chat.input.contains(question.as_str())
                || state.chat.editing.as_ref().is_some_and(|edit| edit.text == *question),
            "{event:?} lost the question {question:?}"
        );
    }
    let now = answers(state);
    for answer in &before.answers {
        hold!(
            forgets
                || now.iter().any(|now| now.starts_with(answer.as_str()))
                || state.chat.begun == *answer,
            "{event:?} lost the reply {answer:?}"
        );
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
        Action::Chat(ChatAction::Stop) => !explorer && state.requests.chatting(),
        Action::Chat(ChatAction::Regenerate(index)) => {
            let free = !state.requests.chatting() && state.engine.is_ready();
            free && *index < state.chat.exchanges.len()
        }
        Action::Chat(ChatAction::Edit(index, part)) => {
            let is_open =
                |(at, edit): (usize, &Editing)| at == *index && edit.part == *part;
            !state.requests.chatting()
                && *index < state.chat.exchanges.len()
                && !state.chat.edited().is_some_and(is_open)
        }
        Action::Return => explorer && state.explorer.look_back.is_some(),
        Action::Chat(ChatAction::LookAt(at)) => {
            let exchange = state.chat.exchanges.get(at.exchange);
            !explorer && exchange.is_some_and(|e| at.token < e.reply().tokens.len())
        }
        Action::Chat(ChatAction::OpenInExplorer(index)) => {
            let exchange = state.chat.exchanges.get(*index);
            let written = !state.requests.chatting();
            !explorer && written && exchange.is_some_and(|e| e.reply().has_tokens())
        }
        Action::CopyText => explorer && !state.explorer.tree.path().is_empty(),
        _ => false,
    }
}
