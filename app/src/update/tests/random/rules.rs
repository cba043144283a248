//! The rules of the page, which hold after every step: each number is of the text and the model
//! that are named with it.

use protocol::TokenId;

use super::engine::Model;
use super::tool_rules;
use super::world::World;
use crate::state::{About, Readiness, State, VocabularyMatch};
use crate::view::panel_model::PanelModel;
use crate::view::status;
use crate::view::tools::verification::VerificationModel;

/// Returns an error that names the rule if a condition does not hold.
macro_rules! hold {
    ($condition:expr, $($rule:tt)+) => {
        let holds: bool = $condition;
        if !holds {
            return Err(format!($($rule)+));
        }
    };
}

pub(super) use hold;

/// Checks the rules of the page.
pub(super) fn check(world: &World) -> Result<(), String> {
    let state = &world.state;
    let named = state.engine.model.as_ref().and_then(|model| Model::named(&model.name));
    check_panel(state, named)?;
    check_text(state, named)?;
    check_verification(state, named)?;
    tool_rules::check(state, named)?;
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
            (named, ids[..at].into(), format!("token {}", at + 1))
        }
        About::Reply(at) => {
            let exchange = &state.chat.exchanges[at.exchange];
            let writer = &exchange.reply().writer;
            let by = Model::named(&writer.name);
            hold!(
                by == named || panel.note.contains(&writer.name),
                "the numbers of {by:?} are not distinguished from those of {named:?}"
            );
            (by, exchange.reply().ids(at.token), format!("token {}", at.token + 1))
        }
    };
    hold!(
        panel.title.to_lowercase().contains(&position),
        "{:?} is not of {position}",
        panel.title
    );
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
    let fresh = view.distribution.settings == state.sampler();
    let is_said = panel.computing || !panel.note.is_empty() || state.computing();
    hold!(
        view.about != About::Next || fresh || is_said,
        "q of other settings, and nothing says so"
    );
    Ok(())
}

/// A verification is of the distribution in view, whether it is under way or done.
fn check_verification(state: &State, named: Option<Model>) -> Result<(), String> {
    let shown = VerificationModel::of(state);
    hold!(
        shown.running.is_some() == state.verifying().is_some(),
        "a verification that is under way is not shown as such"
    );
    if let Some(text) = state.verifying() {
        hold!(
            state.text_in_view().as_ref() == Some(text),
            "numbers are verified that are not in view"
        );
    }
    let Some(check) = state.verification_in_view() else {
        hold!(shown.result.is_empty(), "a result of nothing: {:?}", shown.result);
        return Ok(());
    };
    let view = state.in_view().ok_or("a result without a distribution")?;
    let right = f64::from(view.distribution.entropy_bits);
    hold!(check.entropy_bits == right, "a result of another text: {:?}", shown.result);
    let name = named.map(|model| format!("model {}", model.0)).unwrap_or_default();
    hold!(check.computed_by == name, "a result of another model: {}", shown.terms);
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
        matches!(
            state.engine.readiness,
            Readiness::Ready | Readiness::Failed | Readiness::Recorded
        ),
        "the start never ends"
    );
    hold!(
        state.engine.readiness != Readiness::Failed
            || state.error.is_some()
            || world.dismissed,
        "there is no model, and nothing says why"
    );
    Ok(())
}
