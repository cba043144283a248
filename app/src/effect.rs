//! What an update wants done outside of the state.

use sharing::Request;
use sharing::picture::Picture;

use crate::action::Action;
use crate::state::{
    BackendKind, ChatToken, GpuUse, Part, PastSession, SavedFormat, Session, SharedFor,
    Tab, Tool,
};

/// Something for the app to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Close the connection to the engine and open another. `address` is that of the native
    /// server's socket. With `gpu_again`, a worker also tries a GPU that computed other numbers
    /// before.
    Connect { generation: u32, backend: BackendKind, address: String, gpu_again: bool },
    /// Write into the page's address whether the next worker uses the GPU.
    UseGpu(GpuUse),
    /// Close the connection to the engine.
    Disconnect,
    /// Send a request to the engine.
    Send(protocol::Request),
    /// Close the connection to the second engine, if there is one, and open another.
    ConnectSide { generation: u32, backend: BackendKind, address: String },
    /// Close the connection to the second engine.
    DisconnectSide,
    /// Send a request to the second engine.
    SendSide(protocol::Request),
    /// Find out whether the page's own server is a native server, and which models it has.
    Probe,
    /// Read the list of models on offer.
    ReadCatalogue,
    /// Have the service worker keep the site's files for visits without a network.
    KeepSite,
    /// Find the files of these names that an earlier visit was given. With `ask`, ask the
    /// person whether the page may read them.
    FindFiles { names: Vec<String>, ask: bool },
    /// Let the person choose files.
    PickFiles,
    /// Ask the browser not to delete what the page stores.
    Persist,
    /// Dispatch an action after a time.
    After { ms: u32, action: Action },
    /// Choose a random seed.
    RollSeed,
    /// Store whether the explorer's keys that are single characters are on.
    KeepKeys(bool),
    /// Copy a text to the clipboard.
    Copy(String),
    /// Give the person a file with this text.
    Save { name: String, media: &'static str, text: String },
    /// Give the person a picture in a format. The name of its file has no ending yet.
    SavePicture { name: &'static str, picture: Box<Picture>, format: SavedFormat },
    /// Ask the worker for what is shared, for a purpose.
    AskSharing { request: Box<Request<Session>>, purpose: SharedFor },
    /// Read the link that is the page's address.
    ReadLink,
    /// Read the text of the file at an address.
    ReadFile(String),
    /// Read the file of a lesson.
    ReadLesson(String),
    /// Take a link out of the page's address, since it is opened.
    CleanAddress,
    /// Copy the page's address with a fragment.
    CopyAddress(String),
    /// Keep a session for later visits.
    KeepSession(PastSession),
    /// No longer keep the session of a link.
    ForgetSession(String),
    /// Move the keyboard's focus, once the page is rendered.
    Focus(Focus),
    /// Scroll the distribution into view, once the page is rendered.
    Reveal,
}

/// What can have the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Focus {
    /// The prompt box.
    Prompt,
    /// The box for a word.
    Words,
    /// The message box.
    ChatInput,
    /// The field for the native server's address.
    Address,
    /// A row of the distribution, from 0.
    Row(usize),
    /// A token of the text, from 0.
    Token(usize),
    /// A token of a reply.
    ReplyToken(ChatToken),
    /// The box of the message that is edited.
    ChatEdit,
    /// A message of the exchange of an index: its Edit button.
    ChatMessage(usize, Part),
    /// The switch between tokens and text.
    ShowTokens,
    /// The button of a tab.
    Tab(Tab),
    /// The button that opens a tool.
    ToolButton(Tool),
}
