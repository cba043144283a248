//! What a person can do in the chat. Exchanges are named by their indices.

use crate::state::{ChatToken, Part};

/// Something that happens to the chat.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ChatAction {
    /// Edit the message box.
    EditInput(String),
    /// Edit the system message.
    EditSystem(String),
    /// Edit what the next reply is to begin with.
    EditBeginning(String),
    /// Send the message.
    Send,
    /// Stop the reply.
    Stop,
    /// Clear the conversation.
    Clear,
    /// Bring back the conversation that was cleared.
    BringBack,
    /// Show replies token by token, or as text.
    ShowTokens(bool),
    /// Have the model think before it answers, or answer at once.
    Think(bool),

    /// Copy a message to the clipboard.
    Copy(usize, Part),
    /// Open a message for editing.
    Edit(usize, Part),
    /// Edit the text of the message that is open.
    EditText(String),
    /// Take the edited message: the conversation goes on from it.
    TakeEdit,
    /// Take the edited reply as a beginning, which the model continues.
    ContinueEdit,
    /// Leave the message as it was.
    CancelEdit,

    /// Have a reply written once more, with another draw.
    Regenerate(usize),
    /// Have the newest reply go on from its end.
    Continue,
    /// Show the variant of a reply that is so many further on.
    StepVariant(usize, i32),
    /// Show the version of a question that is so many further on.
    StepVersion(usize, i32),

    /// Show the distribution that a token of a reply was drawn from.
    LookAt(ChatToken),
    /// From a token of a reply, look at the one that is so many further on.
    MoveToken(ChatToken, i32),
    /// Open the tokens of an exchange in the explorer.
    OpenInExplorer(usize),
}

impl ChatAction {
    /// Whether the person turns to something else with it, so that an earlier problem without
    /// a remedy is over.
    pub(crate) fn moves_on(&self) -> bool {
        !matches!(
            self,
            ChatAction::EditInput(_)
                | ChatAction::EditSystem(_)
                | ChatAction::EditBeginning(_)
                | ChatAction::EditText(_)
                | ChatAction::ShowTokens(_)
                | ChatAction::Think(_)
                | ChatAction::Copy(..)
                | ChatAction::Stop
        )
    }
}
