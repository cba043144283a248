//! A trace: what it shows was recorded, and no engine runs.

use sharing::Asked;

use crate::effect::Effect;
use crate::state::{ChatToken, Readiness, Session, State, Tab, TextDistribution};
use crate::texts::sharing as texts;
use crate::update::connection::stand_down;
use crate::update::explorer::look_back;
use crate::update::requests::Effects;
use crate::update::tools::{close_side, show_recorded};

use super::conversation;
use super::placing::place;

/// Shows a trace.
pub(super) fn show(state: &mut State, mut session: Session, effects: &mut Effects) {
    let Some(recorded) = session.recorded.take() else { return };
    close_side(state, effects);
    stand_down(state);
    effects.push(Effect::Disconnect);
    state.engine.take_model(recorded.model.clone());
    state.engine.readiness = Readiness::Recorded;
    state.sharing.recorded_by = Some(session.model.clone());
    state.sharing.expected = None;
    let Some(model) = state.engine.model_id() else { return };
    place(state, &session, recorded.tokens, model, true);
    if let Some(focus) = session.view.focus {
        look_back(state, focus as usize, effects);
    }
    if let (Some(key), Some(distribution)) = (state.text_key(), recorded.distribution) {
        state.sharing.recorded = Some(TextDistribution::new(key, distribution.clone()));
        state.show_distribution(key, distribution);
    }
    // The tools' answers are about what is in view, so that comes first.
    let (replies, tools): (Vec<_>, Vec<_>) = recorded
        .answers
        .into_iter()
        .map(|answered| (answered.to, answered.events))
        .partition(|(asked, _)| matches!(asked, Asked::Reply { .. }));
    conversation::show(state, replies, model);
    if recorded.chat {
        state.tab = Tab::Chat;
        state.chat.focus = recorded.reply_token.map(|(exchange, token)| ChatToken {
            exchange: exchange as usize,
            token: token as usize,
        });
    }
    for (asked, events) in tools {
        show_recorded(state, asked, events, effects);
    }
    let notice = texts::recording(&session.model.name, &recorded.date);
    state.models.notice = Some(notice);
    state.announce(texts::OPENED);
}
