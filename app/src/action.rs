//! Everything that can happen to the page. Most actions are commands of the person; the last
//! ones are what the page itself has waited for.

use hub::Catalogue;
use protocol::{LocalFile, Precision};

use crate::backend::LinkEvent;
use crate::chat_action::ChatAction;
use crate::state::{
    BackendKind, BranchesAction, ComparisonAction, DrawsAction, FoundFiles, GpuUse,
    GuessAction, InsideAction, Inspected, Knob, LessonAction, NodeId, Remembered,
    SamplerAction, Scale, ScoresAction, ServerModels, SharingAction, Tab, Tool,
    WordsAction,
};

/// What came of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PictureResult {
    /// It is in a file.
    Saved,
    /// It is on the clipboard.
    Copied,
    /// The browser does not give its clipboard.
    NotCopied,
    /// It could not be drawn.
    NotDrawn,
}

/// A direction in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Earlier,
    Later,
}

/// Something that happens to the page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// Show a tab.
    ShowTab(Tab),

    /// Edit the prompt.
    EditPrompt(String),
    /// The person has paused after so many edits of the prompt.
    TypingPaused(u32),
    /// Replace the prompt by an example and start from it.
    Example(String),
    /// Start from the prompt: show the distribution that follows it.
    Start,
    /// Append the candidate of a row, from 0. In the chat, continue the reply with it.
    Pick(usize),
    /// Append the most probable candidate.
    Greedy,
    /// Append the token that the sampler drew.
    Sample,
    /// Sample one token after another.
    Play,
    /// Append the next token of paced play, if this node is still the end of the text.
    AppendDueToken(NodeId),
    /// Stop whatever is under way.
    Stop,
    /// Go one step back in the history of the text.
    Undo,
    /// Go one step forward in the history of the text.
    Redo,
    /// Clear the text.
    Reset,
    /// Show the distribution that a token of the text was chosen from, by its index.
    LookBack(usize),
    /// Show the distribution at the end of the text again.
    Return,
    /// Show earlier or later tokens of a text that is too long to be shown as a whole.
    ShowTokens(Direction),
    /// Copy the text to the clipboard.
    CopyText,
    /// The text was copied; false if the browser refused.
    Copied(bool),
    /// A picture was saved or copied, or could not be.
    PictureSaved(PictureResult),

    /// Compute the numbers on screen once more and compare.
    Verify,
    /// Stop computing them once more.
    StopVerifying,

    /// Do something with words that are looked up.
    Words(WordsAction),
    /// Do something with the scores of a text.
    Scores(ScoresAction),
    /// Do something with the branches of the text.
    Branches(BranchesAction),
    /// Do something with the comparison.
    Compare(ComparisonAction),
    /// Do something with many draws.
    Draws(DrawsAction),
    /// Do something with the sampler's further steps.
    Sampler(SamplerAction),
    /// Look into the model.
    Inside(InsideAction),
    /// Play the game.
    Guess(GuessAction),
    /// Do something with a lesson.
    Lesson(LessonAction),
    /// Share what is on screen, or open what was shared.
    Sharing(SharingAction),
    /// Open a tool beneath the text, or close it if it is open.
    ToggleTool(Tool),
    /// Give the open tool the room of the text, or no longer.
    ToggleToolSize,
    /// Show more or less of the distribution on a narrow screen.
    ToggleSheet,
    /// Drag the distribution of a narrow screen to this part of the page's height.
    HoldSheet(f32),
    /// Let go of it.
    ReleaseSheet,
    /// Give the text this part of the room that it shares with the open tool.
    SetTextRoom(f32),
    /// Give the text so much more of it.
    ChangeTextRoom(f32),
    /// Read the names of special tokens in the prompt as these tokens, or no longer.
    ToggleSpecialTokens,
    /// Show the running text in a monospaced font, or no longer.
    ToggleMonospace,

    /// Turn a knob to a value.
    TurnKnob(Knob, f64),
    /// Choose the scale of the bars.
    SetScale(Scale),
    /// Choose a random seed.
    Reroll,

    /// Something in the chat.
    Chat(ChatAction),

    /// Run the model on a backend.
    UseBackend(BackendKind),
    /// Edit the address of the native server.
    EditAddress(String),
    /// Connect to the native server at the address.
    Connect,
    /// Try again what failed, or start the engine again.
    Restart,
    /// Use the browser's GPU, or not.
    UseGpu(GpuUse),
    /// Try a GPU again that computed other numbers before.
    TryGpuAgain,
    /// Load the demo model.
    UseDemo,
    /// Show or hide the model picker.
    ShowPicker(bool),
    /// Edit the words that filter the models on offer.
    EditModelFilter(String),
    /// Edit the name of a model.
    EditModel(String),
    /// Edit the access token.
    EditToken(String),
    /// Store the access token for later visits, or do not.
    KeepToken(bool),
    /// Edit the address of the hub.
    EditHub(String),
    /// Use the hub that the page asks about, or do not.
    AnswerHubQuestion(bool),
    /// Take over what another tab has stored.
    Remembered(Box<Remembered>),
    /// List the files of the model whose name was typed.
    ListFiles,
    /// Load the model whose name was typed.
    ChooseTyped,
    /// Load a model by its name, in this precision if there is one.
    Choose(String, Option<Precision>),
    /// Have the native server load another of its models.
    ChooseOnServer(String),
    /// Choose the precision to load models in.
    SetPrecision(Precision),
    /// Load a model of these files.
    ChooseFiles(Vec<LocalFile>),
    /// The page has looked for the files of an earlier visit.
    FilesFound(FoundFiles),
    /// Delete a stored model.
    DeleteModel(String, Precision),
    /// Stop the download and delete what has been downloaded.
    CancelDownload,
    /// The page has read the list of models on offer; none if it could not.
    CatalogueRead(Option<Catalogue>),
    /// Dismiss the notice.
    DismissNotice,
    /// Switch the explorer's keys that are single characters on or off.
    UseKeys(bool),
    /// Dismiss the problem.
    Dismiss,
    /// Show or hide the help.
    ShowHelp(bool),

    /// Select the row that is so many further down.
    MoveRow(i32),
    /// Select a row, which has the focus.
    SelectRow(usize),
    /// Look back at the token of the text that is so many further on.
    MoveToken(i32),
    /// Show the exact numbers of the row or token under the pointer or with the focus.
    Inspect(Option<Inspected>),
    /// Close or leave whatever is open.
    Escape,
    /// Focus the box of the tab: the prompt, or the message.
    FocusPrompt,

    /// The page has probed its own server: the models of a native server, or none.
    ServerProbed(Option<ServerModels>),
    /// A connection has an event.
    Link { generation: u32, event: LinkEvent },
    /// The connection of the second engine has an event.
    SideLink { generation: u32, event: LinkEvent },
    /// A connection has held for a while.
    LinkHeld { generation: u32 },
    /// Ask the server again whether its model is loaded.
    AskAgain { generation: u32 },
    /// The time for the server's first answer is over.
    AnswerDue { generation: u32 },
    /// Connect to the server again.
    Reconnect { generation: u32 },
}

impl Action {
    /// Whether the person turns to something else with it, so that an earlier problem without
    /// a remedy is over.
    pub(crate) fn moves_on(&self) -> bool {
        if let Action::Chat(action) = self {
            return action.moves_on();
        }
        matches!(
            self,
            Action::Start
                | Action::Example(_)
                | Action::Pick(_)
                | Action::Greedy
                | Action::Sample
                | Action::Play
                | Action::Undo
                | Action::Redo
                | Action::Reset
                | Action::LookBack(_)
                | Action::MoveToken(_)
                | Action::Return
        )
    }
}
