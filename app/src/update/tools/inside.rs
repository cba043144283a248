//! How the prediction in view came about. While the tool is open it follows what is in view,
//! but what costs much is asked for by the person.

use protocol::{Event, Inspection, TokenId};

use crate::effect::Effect;
use crate::inside::InsideModel;
use crate::json;
use crate::language::with_plain_numbers;
use crate::state::{
    InsideAction, InsideQuestion, InsideView, MAX_RIVALS, Purpose, SavedFormat, State,
    Tab, Tool,
};
use crate::texts;
use crate::update::explorer::start;
use crate::update::requests::{Effects, cancel, send};

/// Takes an action of the person.
pub(crate) fn on_action(state: &mut State, action: InsideAction, effects: &mut Effects) {
    let inside = &mut state.inside;
    match action {
        InsideAction::Show(view) => inside.view = view,
        InsideAction::ToggleSeveral => inside.several = !inside.several,
        InsideAction::SetLayer(layer) => inside.layer = layer,
        InsideAction::SetHead(head) => inside.head = head,
        InsideAction::SelectHead(layer, head) => {
            (inside.layer, inside.head) = (layer, head);
        }
        InsideAction::ToggleMatrix => {
            inside.matrix = !inside.matrix;
            if inside.matrix {
                (inside.layer, inside.head) = (inside.layer.max(1), inside.head.max(1));
            }
        }
        InsideAction::AddRival(Some(id)) => add_rival(state, id),
        InsideAction::AddRival(None) => inside.rivals.clear(),
        InsideAction::DropRival(id) => inside.rivals.retain(|(_, rival)| rival.id != id),
        InsideAction::ToggleFirst => inside.with_first = !inside.with_first,
        InsideAction::SetUnit(unit) => inside.unit = unit,
        InsideAction::Occlude => ask(state, effects),
        InsideAction::Stop => {
            if cancel(state, is_inside, effects) {
                end_unfinished(state);
                state.notify(texts::page::STOPPED);
            }
        }
        InsideAction::Save(format) => save(state, format, effects),
        InsideAction::Lesson => begin_lesson(state, effects),
    }
}

/// Takes what the engine has found.
pub(crate) fn on_event(state: &mut State, question: &InsideQuestion, event: Event) {
    let Some(answer) = state.inside.answer_mut(question) else { return };
    match event {
        Event::Finding(finding) => answer.findings.push(finding),
        Event::Failed(failure) => {
            answer.ended = true;
            answer.problem = Some(failure.message);
        }
        event if event.is_terminal() => {
            answer.ended = true;
            if matches!(question.inspection, Inspection::Occlusion { .. }) {
                state.announce(texts::inside::FOUND);
            }
        }
        _ => {}
    }
}

/// Asks about the prediction in view, if the tool is open and does not know yet.
pub(super) fn refresh(state: &mut State, effects: &mut Effects) {
    let is_open = state.open_tool() == Some(Tool::Inside);
    let wanted = state.inside_question().filter(|_| is_open);
    if state.inspecting().is_some() && state.inspecting() != wanted.as_ref() {
        cancel(state, is_inside, effects);
        end_unfinished(state);
    }
    let Some(wanted) = wanted else { return };
    let is_known = state.inside.answer(&wanted).is_some_and(|answer| answer.ended);
    let is_cheap = state.inside.view != InsideView::Occlusion;
    let is_idle = state.can_inspect() && !state.requests.busy();
    if is_cheap && is_idle && !is_known {
        ask(state, effects);
    }
}

/// Asks the question of the open view.
fn ask(state: &mut State, effects: &mut Effects) {
    let question = state.inside_question().filter(|_| state.can_inspect());
    let Some(question) = question else {
        state.notify(texts::inside::NOTHING);
        return;
    };
    state.inside.begin(question.clone());
    let command = protocol::Command::Inspect {
        ids: question.text.ids.clone(),
        question: question.inspection.clone(),
    };
    send(state, Purpose::Inside(question), command, effects);
}

/// What was found until it was stopped stays, if it was asked for by the person.
fn end_unfinished(state: &mut State) {
    if let Some(question) = state.inside_question()
        && state.inside.view == InsideView::Occlusion
        && let Some(answer) = state.inside.answer_mut(&question)
    {
        answer.ended = true;
    }
}

fn save(state: &mut State, format: SavedFormat, effects: &mut Effects) {
    let question = state.inside_question();
    let answer = question.as_ref().and_then(|question| state.inside.answer(question));
    let Some(answer) = answer.filter(|answer| !answer.findings.is_empty()) else {
        state.notify(texts::inside::NOTHING);
        return;
    };
    let view = match answer.question.inspection {
        Inspection::Head { .. } => "head",
        _ => state.inside.view.name(),
    };
    let text = |ending: &str, media, text| {
        let name = format!("{view}.{ending}");
        Effect::Save { name, media, text }
    };
    effects.push(match format {
        SavedFormat::Csv => {
            let csv = with_plain_numbers(|| InsideModel::of(state).csv());
            text("csv", "text/csv", csv)
        }
        SavedFormat::Json => {
            let json = json::write(&answer.findings);
            text("json", "application/json", json.unwrap_or_default())
        }
        SavedFormat::Svg | SavedFormat::Png | SavedFormat::Clipboard => {
            let model = state.engine.model.as_ref();
            let caption = texts::inside::caption(model, &state.tokens_in_view());
            let picture = Box::new(InsideModel::of(state).picture(caption));
            Effect::SavePicture { name: view, picture, format }
        }
    });
}

/// Compares with one more token, of those that can be.
fn add_rival(state: &mut State, id: TokenId) {
    let rivals = state.inside_rivals();
    let chosen = rivals.into_iter().find(|token| token.id == id).cloned();
    let Some(chosen) = state.engine.model_id().zip(chosen) else { return };
    let rivals = &mut state.inside.rivals;
    rivals.retain(|rival| *rival != chosen);
    rivals.insert(0, chosen);
    rivals.truncate(MAX_RIVALS);
}

/// Starts from an example whose answer the model comes to know on the way.
fn begin_lesson(state: &mut State, effects: &mut Effects) {
    let parameters = state.engine.model.as_ref().map_or(0, |model| model.parameters);
    state.tab = Tab::Explorer;
    state.tool = Some(Tool::Inside);
    state.inside.view = InsideView::Lens;
    state.inside.several = false;
    state.inside.lesson = true;
    state.explorer.prompt = texts::inside::lesson_prompt(parameters).into();
    start(state, effects);
}

fn is_inside(purpose: &Purpose) -> bool {
    matches!(purpose, Purpose::Inside(_))
}
