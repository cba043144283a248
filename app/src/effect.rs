//! What an update wants done in the world outside.

use protocol::Request;

use crate::action::Action;
use crate::state::{BackendKind, ChatToken, Tab};

/// Something for the app to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Drop the connection to the engine and open another; to a native server, at the
    /// address of its socket.
    Connect { generation: u32, backend: BackendKind, address: String },
    /// Drop the connection to the engine.
    Disconnect,
    /// Send a request over it.
    Send(Request),
    /// Look whether the page's own server is a native server.
    Probe,
    /// Read the list of models on offer.
    ReadCatalogue,
    /// Have the files of the site kept for visits without a network.
    KeepSite,
    /// Look for the files of these names that an earlier visit was given; with `ask`,
    /// the person is asked whether the page may read them.
    FindFiles { names: Vec<String>, ask: bool },
    /// Let the person choose files.
    PickFiles,
    /// Ask the browser not to delete what is stored.
    Persist,
    /// Let something happen later.
    After { ms: u32, action: Action },
    /// Choose a seed.
    RollSeed,
    /// Keep whether the keys that are single characters are used.
    KeepKeys(bool),
    /// Put text into the clipboard, and say whether that was allowed.
    Copy(String),
    /// Move the keyboard's focus, once the page is drawn.
    Focus(Focus),
    /// Scroll the distribution into view where it is not, once the page is drawn.
    Reveal,
}

/// What can be given the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Focus {
    /// The prompt box.
    Prompt,
    /// The chat box.
    ChatInput,
    /// The address of the native server.
    Address,
    /// A row of the distribution, from 0.
    Row(usize),
    /// A token of the running text, from 0.
    Token(usize),
    /// A token of a reply.
    ReplyToken(ChatToken),
    /// The button of a tab.
    Tab(Tab),
}
