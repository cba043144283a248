//! The action of a click, by the `data-action` of the control.

use protocol::Precision;
use web_sys::Element;

use super::chat;
use super::targets::{closest, number, reply_token_of, row_of};
use crate::action::{Action, Direction};
use crate::chat_action::ChatAction;
use crate::state::{
    BackendKind, GpuUse, LessonAction, SavedFormat, Scale, SharingAction, Tab, Tool,
};

/// The action of a click on an element; none if its control is disabled or there is none.
pub(super) fn action_of_click(target: &Element) -> Option<Action> {
    let element = closest(target, "[data-action]")?;
    if element.get_attribute("aria-disabled").is_some_and(|disabled| disabled == "true") {
        return None;
    }
    let model = || closest(&element, "[data-model]")?.get_attribute("data-model");
    let link = || element.get_attribute("data-link");
    let precision = || {
        let item = closest(&element, "[data-precision]")?;
        Precision::named(&item.get_attribute("data-precision")?)
    };
    let name = element.get_attribute("data-action")?;
    if let Some(name) = name.strip_prefix("chat-") {
        return chat::action_of_control(name, &element).map(Action::Chat);
    }
    Some(match name.as_str() {
        "tab-explorer" => Action::ShowTab(Tab::Explorer),
        "tab-chat" => Action::ShowTab(Tab::Chat),
        "start" => Action::Start,
        "example" => Action::Example(element.get_attribute("data-prompt")?),
        "pick" => Action::Pick(row_of(&element)?),
        "greedy" => Action::Greedy,
        "sample" => Action::Sample,
        "play" => Action::Play,
        "stop" => Action::Stop,
        "verify" => Action::Verify,
        "verify-stop" => Action::StopVerifying,
        "tool" => Action::ToggleTool(Tool::named(&element.get_attribute("data-tool")?)?),
        "tool-size" => Action::ToggleToolSize,
        "sheet-size" => Action::ToggleSheet,
        "special-tokens" => Action::ToggleSpecialTokens,
        "monospace" => Action::ToggleMonospace,
        "undo" => Action::Undo,
        "redo" => Action::Redo,
        "reset" => Action::Reset,
        "token" => Action::LookBack(number(&element, "data-token-index")?),
        "earlier-tokens" => Action::ShowTokens(Direction::Earlier),
        "later-tokens" => Action::ShowTokens(Direction::Later),
        "return" => Action::Return,
        "copy" => Action::CopyText,
        "reroll" => Action::Reroll,
        "scale-linear" => Action::SetScale(Scale::Linear),
        "scale-relative" => Action::SetScale(Scale::Relative),
        "scale-log" => Action::SetScale(Scale::Log),
        "reply-token" => Action::Chat(ChatAction::LookAt(reply_token_of(&element)?)),
        "backend-worker" => Action::UseBackend(BackendKind::Worker),
        "backend-native" => Action::UseBackend(BackendKind::Native),
        "connect" => Action::Connect,
        "restart" => Action::Restart,
        "gpu-off" => Action::UseGpu(GpuUse::Off),
        "gpu-auto" => Action::UseGpu(GpuUse::IfFaster),
        "gpu-on" => Action::UseGpu(GpuUse::On),
        "gpu-again" => Action::TryGpuAgain,
        "use-demo" => Action::UseDemo,
        "models" => Action::ShowPicker(true),
        "close-models" => Action::ShowPicker(false),
        "use-hub" => Action::AnswerHubQuestion(true),
        "stay-with-hub" => Action::AnswerHubQuestion(false),
        "list-files" => Action::ListFiles,
        "choose-typed" => Action::ChooseTyped,
        "choose" => Action::Choose(model()?, precision()),
        "choose-on-server" => Action::ChooseOnServer(model()?),
        "delete-model" => Action::DeleteModel(model()?, precision()?),
        "cancel-download" => Action::CancelDownload,
        "dismiss-notice" => Action::DismissNotice,
        "dismiss" => Action::Dismiss,
        "share-link" => Action::Sharing(SharingAction::CopyLink),
        "save-session" => Action::Sharing(SharingAction::Save),
        "figure" => Action::Sharing(SharingAction::SaveFigure(format_of(&element)?)),
        "lesson" => {
            Action::Lesson(LessonAction::Open(element.get_attribute("data-lesson")?))
        }
        "lesson-guess" => {
            Action::Lesson(LessonAction::Guess(number(&element, "data-choice")?))
        }
        "lesson-close" => Action::Lesson(LessonAction::Close),
        "go-live" => Action::Sharing(SharingAction::GoLive),
        "open-past" => Action::Sharing(SharingAction::OpenLink(link()?)),
        "forget-past" => Action::Sharing(SharingAction::Forget(link()?)),
        "help" => Action::ShowHelp(true),
        "close-help" => Action::ShowHelp(false),
        name => return super::tools::action_of_click(name, &element),
    })
}

/// The format of a button that saves something.
fn format_of(element: &Element) -> Option<SavedFormat> {
    Some(match element.get_attribute("data-format")?.as_str() {
        "csv" => SavedFormat::Csv,
        "json" => SavedFormat::Json,
        "svg" => SavedFormat::Svg,
        "png" => SavedFormat::Png,
        "copy" => SavedFormat::Clipboard,
        _ => return None,
    })
}
