//! The rules that hold after every step: each number is of the text and the model that are named
//! with it, and nothing that a person wrote is lost.

use protocol::TokenId;

use super::engine::Model;
use super::steps::StepEvent;
use super::world::World;
use crate::action::Action;
use crate::state::{About, Readiness, State, VocabularyMatch};
use crate::view::controls::EnabledControls;
use crate::view::panel_model::PanelModel;
use crate::view::status;

/// Returns an error that names the rule if a condition does not hold.
macro_rules! hold {
    ($condition:expr, $($rule:tt)+) => {
        let holds: bool = $condition;
        if !holds {
            return Err(format!($($rule)+));
        }
    };
}

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
                state.knobs
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

/// Checks the rules of the page.
pub(super) fn check(world: &World) -> Result<(), String> {
    let state = &world.state;
    let named = state.engine.model.as_ref().and_then(|model| Model::named(&model.name));
    check_panel(state, named)?;
    check_text(state, named)?;
    let progress = state.requests.progress();
    hold!(
        progress.is_none() || state.requests.busy(),
        "there is progress of nothing: {progress:?}"
    );
    Ok(())
}

fn check_panel(state: &State, named: Option<Model>) -> Result<(), String> {
    let panel = PanelModel::of(state);
    let Some(view) = panel.view else {
        hold!(!panel.empty.is_empty(), "the panel is empty and does not say why");
        return Ok(());
    };
    let ids = state.explorer.tree.ids(usize::MAX);
    let (model, before, position): (_, Vec<TokenId>, _) = match view.about {
        About::Next => (named, ids.clone(), format!("position {}", ids.len() + 1)),
        About::LookedBack(at) => {
            (named, ids[..at].into(), format!("position {}", at + 1))
        }
        About::LastToken(at) => {
            let chosen = view.chosen.map(|chosen| chosen.token.id);
            hold!(chosen == Some(ids[at]), "another token is shown as the one chosen");
            (named, ids[..at].into(), format!("Token {}", at + 1))
        }
        About::Reply(at) => {
            let exchange = &state.chat.exchanges[at.exchange];
            let writer = &exchange.reply().writer;
            let by = Model::named(&writer.name);
            hold!(
                by == named || panel.note.contains(&writer.name),
                "the numbers of {by:?} are not distinguished from those of {named:?}"
            );
            (by, exchange.ids(at.token), format!("token {}", at.token + 1))
        }
    };
    hold!(panel.title.contains(&position), "{:?} is not of {position}", panel.title);
    let Some(model) = model else {
        return Err(format!("{:?} shows numbers of no model", panel.title));
    };
    let shown = view.distribution.entropy_bits;
    let right = model.entropy(&before);
    hold!(shown == right, "{:?}: {shown} in place of {right} by {model:?}", panel.title);
    for candidate in &view.distribution.candidates {
        let token = model.token(candidate.token.id);
        hold!(token.as_ref() == Some(&candidate.token), "a row is of another vocabulary");
    }
    let fresh = view.distribution.settings == state.knobs.sampler();
    let is_said = panel.computing || !panel.note.is_empty() || state.computing();
    hold!(
        view.about != About::Next || fresh || is_said,
        "q of other settings, and nothing says so"
    );
    Ok(())
}

fn check_text(state: &State, named: Option<Model>) -> Result<(), String> {
    let tree = &state.explorer.tree;
    let id = state.engine.model_id();
    hold!(id.is_some() == named.is_some(), "a model without a name");
    let (Some(id), Some(model)) = (id, named) else {
        let any = tree.nodes().any(|node| node.score_by(None).is_some());
        hold!(!any, "scores of no model");
        return Ok(());
    };
    let ids = tree.ids(usize::MAX);
    for (index, node) in tree.nodes().enumerate() {
        if let Some(score) = node.score_by(Some(id)) {
            let right = model.surprisal(&ids[..=index]);
            let shown = score.surprisal_bits;
            hold!(
                (shown - right).abs() < 1e-3,
                "token {index} has {shown} bits, not {right}"
            );
        }
        if let Some(choice) = node.choice_by(Some(id)) {
            let right = model.entropy(&ids[..index]);
            hold!(choice.distribution.entropy_bits == right, "a choice of another text");
        }
    }
    match tree.vocabulary_match(id, ids.len()) {
        VocabularyMatch::Same => {
            for node in tree.nodes() {
                let right = model.token(node.token.id);
                hold!(
                    right.as_ref() == Some(&node.token),
                    "a token of another vocabulary"
                );
            }
        }
        standing => {
            let used = status::context(state);
            hold!(
                state.tab == crate::state::Tab::Chat || used.is_none(),
                "{standing:?} tokens are counted against this model's context"
            );
        }
    }
    Ok(())
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
    let explorer = state.tab == crate::state::Tab::Explorer;
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

/// Checks the rules for a page on which everything has ended.
pub(super) fn check_settled(world: &World) -> Result<(), String> {
    let state = &world.state;
    hold!(
        !state.computing() && !state.playing(),
        "it never stops being busy: {:?}",
        state.requests
    );
    hold!(!state.requests.busy(), "requests stay open: {:?}", state.requests);
    hold!(state.progress().is_none(), "progress stays: {:?}", state.progress());
    hold!(
        matches!(state.engine.readiness, Readiness::Ready | Readiness::Failed),
        "the start never ends"
    );
    hold!(
        state.engine.readiness == Readiness::Ready
            || state.error.is_some()
            || world.dismissed,
        "there is no model, and nothing says why"
    );
    Ok(())
}
