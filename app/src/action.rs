//! Everything that can happen to the page, whoever caused it.

use hub::Catalogue;
use protocol::{LocalFile, Precision};

use crate::backend::LinkEvent;
use crate::state::{
    BackendKind, ChatToken, FoundFiles, Inspected, Knob, NodeId, Remembered, Scale,
    ServerModels, Tab,
};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// Another tab was chosen.
    ShowTab(Tab),

    /// The prompt was edited.
    EditPrompt(String),
    /// The prompt was replaced by an example, to be started.
    Example(String),
    /// The distribution after the prompt is wanted.
    Start,
    /// The candidate of a row, from 0, is wanted.
    Pick(usize),
    /// The most probable candidate is wanted.
    Greedy,
    /// What the sampler drew is wanted.
    Sample,
    /// Sampling is to go on by itself.
    Play,
    /// Play's next token is due, if this is still the end of the text.
    PlayOn(NodeId),
    /// Whatever takes long is to stop.
    Stop,
    /// One step back.
    Undo,
    /// One step forward again.
    Redo,
    /// The text is to go.
    Reset,
    /// The distribution that a token came from is wanted.
    LookBack(usize),
    /// The end of the text is wanted again.
    Return,
    /// The running text is wanted in the clipboard.
    CopyText,
    /// The text of a reply is wanted in the clipboard, by the index of its exchange.
    CopyReply(usize),
    /// The clipboard took a text, or not.
    Copied(bool),

    /// A knob was turned.
    Turn(Knob, f64),
    /// Another scale was chosen.
    SetScale(Scale),
    /// Another seed is wanted.
    Reroll,

    /// The chat box was edited.
    EditChat(String),
    /// The chat box is to be sent.
    Send,
    /// The reply is to stop.
    StopChat,
    /// The conversation is to go.
    ClearChat,
    /// Bring back the conversation that was cleared.
    BringBackChat,
    /// The arrow keys move along a reply.
    MoveReplyToken(ChatToken, i32),
    /// The distribution of a reply's token is wanted.
    LookAtReply(ChatToken),
    /// Another variant of the newest reply is wanted: so many further on.
    Variant(i32),
    /// What the model saw and wrote is wanted in the explorer.
    OpenInExplorer(usize),

    /// The model is to run elsewhere.
    UseBackend(BackendKind),
    /// The server's address was edited.
    EditAddress(String),
    /// The server at the address is wanted.
    Connect,
    /// The engine is to be started again.
    Restart,
    /// The demo model is wanted in place of the one that was asked for.
    UseDemo,
    /// The picker of models is to be shown or hidden.
    Models(bool),
    /// The name of a model was edited.
    EditModel(String),
    /// The access token was edited.
    EditToken(String),
    /// The access token is to be kept, or not.
    KeepToken(bool),
    /// The hub's address was edited.
    EditHub(String),
    /// The hub that the page asked about is wanted for this visit, or not.
    AnswerHubQuestion(bool),
    /// Another tab changed what is remembered.
    Remembered(Box<Remembered>),
    /// The model that was typed is wanted.
    ChooseTyped,
    /// This model is wanted, in the precision that is chosen or in this one.
    Choose(String, Option<Precision>),
    /// Models are wanted in this precision from now on.
    SetPrecision(Precision),
    /// These files are wanted as a model.
    ChooseFiles(Vec<LocalFile>),
    /// The files of an earlier visit were looked for.
    FilesFound(FoundFiles),
    /// A stored model is to go.
    DeleteModel(String, Precision),
    /// The download is to end, and what there is of it to go.
    CancelDownload,
    /// The list of models on offer was read; none if there is none.
    CatalogueRead(Option<Catalogue>),
    /// What was told of the model has been read.
    DismissNotice,
    /// Switch the keys of the explorer that are single characters on or off.
    UseKeys(bool),
    /// The problem has been read.
    Dismiss,
    /// The help is to be shown or hidden.
    Help(bool),

    /// The arrow keys move along the rows.
    MoveRow(i32),
    /// A row has the focus.
    SelectRow(usize),
    /// The arrow keys move along the text.
    MoveToken(i32),
    /// The pointer or the focus is on something else.
    Inspect(Option<Inspected>),
    /// Away from wherever one is.
    Escape,
    /// The prompt box is wanted.
    FocusPrompt,

    /// The page's own server was found, with the models that it gives out; or not.
    NativeHere(Option<ServerModels>),
    /// A connection told something.
    Link { generation: u32, event: LinkEvent },
    /// A connection has held for a while.
    LinkHeld { generation: u32 },
    /// It is time to ask a server again whether it is ready.
    AskAgain { generation: u32 },
    /// A server has had the time that it takes to answer.
    AnswerDue { generation: u32 },
    /// It is time to connect again.
    Reconnect { generation: u32 },
}
