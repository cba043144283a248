//! The actions of the chat's controls, by their `data-action` without the word "chat", and
//! the message that they are in.

use web_sys::Element;

use super::targets::{closest, number};
use crate::chat_action::ChatAction;
use crate::state::Part;

/// The action of a click on a control of the chat.
pub(super) fn action_of_control(name: &str, control: &Element) -> Option<ChatAction> {
    let exchange = || number(&closest(control, "[data-exchange]")?, "data-exchange");
    let part = || part_of(control);
    Some(match name {
        "send" => ChatAction::Send,
        "stop" => ChatAction::Stop,
        "clear" => ChatAction::Clear,
        "bring-back" => ChatAction::BringBack,
        "copy" => ChatAction::Copy(exchange()?, part()?),
        "edit" => ChatAction::Edit(exchange()?, part()?),
        "take-edit" => ChatAction::TakeEdit,
        "continue-edit" => ChatAction::ContinueEdit,
        "cancel-edit" => ChatAction::CancelEdit,
        "regenerate" => ChatAction::Regenerate(exchange()?),
        "continue" => ChatAction::Continue,
        "variant-earlier" => ChatAction::StepVariant(exchange()?, -1),
        "variant-later" => ChatAction::StepVariant(exchange()?, 1),
        "version-earlier" => ChatAction::StepVersion(exchange()?, -1),
        "version-later" => ChatAction::StepVersion(exchange()?, 1),
        "open" => ChatAction::OpenInExplorer(exchange()?),
        _ => return None,
    })
}

/// The message that an element is in.
fn part_of(element: &Element) -> Option<Part> {
    match closest(element, "[data-part]")?.get_attribute("data-part")?.as_str() {
        "question" => Some(Part::Question),
        "reply" => Some(Part::Reply),
        _ => None,
    }
}
