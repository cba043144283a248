//! The action of an edit: of a field, by its `data-field`, or of a knob, by its `data-knob`.

use protocol::Precision;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};

use crate::action::Action;
use crate::by_browser::number;
use crate::chat_action::ChatAction;
use crate::chosen_files;
use crate::state::{FigureKind, Knob, SharingAction};

/// The action of an edit of an element; none for an unknown element, or a knob whose text is
/// not a number yet.
pub(super) fn action_of_edit(target: &Element) -> Option<Action> {
    let value = value_of(target)?;
    if let Some(field) = target.get_attribute("data-field") {
        return Some(match field.as_str() {
            "prompt" => Action::EditPrompt(value),
            "chat" => Action::Chat(ChatAction::EditInput(value)),
            "chat-system" => Action::Chat(ChatAction::EditSystem(value)),
            "chat-begun" => Action::Chat(ChatAction::EditBeginning(value)),
            "chat-edit" => Action::Chat(ChatAction::EditText(value)),
            "chat-tokens" => {
                let ticked = target.dyn_ref::<HtmlInputElement>()?.checked();
                Action::Chat(ChatAction::ShowTokens(ticked))
            }
            "chat-think" => {
                let ticked = target.dyn_ref::<HtmlInputElement>()?.checked();
                Action::Chat(ChatAction::Think(ticked))
            }
            "address" => Action::EditAddress(value),
            "model-filter" => Action::EditModelFilter(value),
            "model" => Action::EditModel(value),
            "token" => Action::EditToken(value),
            "hub" => Action::EditHub(value),
            "precision" => Action::SetPrecision(Precision::named(&value)?),
            "keys" => Action::UseKeys(target.dyn_ref::<HtmlInputElement>()?.checked()),
            "keep-token" => {
                let ticked = target.dyn_ref::<HtmlInputElement>()?.checked();
                Action::KeepToken(ticked)
            }
            "figure" => {
                Action::Sharing(SharingAction::SetFigure(FigureKind::named(&value)?))
            }
            "past-filter" => Action::Sharing(SharingAction::EditFilter(value)),
            "session-file" => {
                let input = target.dyn_ref::<HtmlInputElement>()?;
                let file =
                    chosen_files::local_files(&input.files()?).into_iter().next()?;
                input.set_value("");
                Action::Sharing(SharingAction::OpenFile(file.url))
            }
            "files" => {
                let input = target.dyn_ref::<HtmlInputElement>()?;
                let files = chosen_files::local_files(&input.files()?);
                // Without a value, choosing the same file again is a change.
                input.set_value("");
                Action::ChooseFiles(files)
            }
            field => return super::tools::action_of_edit(field, value),
        });
    }
    let knob = match target.get_attribute("data-knob")?.as_str() {
        "rows" => Knob::Rows,
        "temperature" => Knob::Temperature,
        "chat-temperature" => Knob::ChatTemperature,
        "top-k" => Knob::TopK,
        "top-p" => Knob::TopP,
        "min-p" => Knob::MinP,
        "seed" => Knob::Seed,
        "typical-p" => Knob::TypicalP,
        "repetition" => Knob::Repetition,
        "presence" => Knob::Presence,
        "frequency" => Knob::Frequency,
        "penalty-window" => Knob::PenaltyWindow,
        "max-new-tokens" => Knob::MaxNewTokens,
        "pace" => Knob::Pace,
        _ => return None,
    };
    Some(Action::TurnKnob(knob, number(&value)?))
}

fn value_of(element: &Element) -> Option<String> {
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        Some(input.value())
    } else if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
        Some(area.value())
    } else {
        element.dyn_ref::<HtmlSelectElement>().map(HtmlSelectElement::value)
    }
}
