//! What can go wrong on the way to a model, in sentences that say what to do.

use crate::error_sentences::{refused, unauthorized, withheld};
use crate::excerpt::excerpt;
use crate::{StoreFault, TokenUse};

/// Why a model could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// A text that names no model in any way that is understood.
    #[error(
        "{text:?} is not understood as a model. Give owner/name, such as \
         HuggingFaceTB/SmolLM2-360M-Instruct, with @revision, :Q8_0 or /file.gguf after it \
         if need be; or the address of its page on the hub, of a .gguf file, or of a folder \
         with a model's files, with a slash at its end."
    )]
    NotUnderstood {
        /// What was given.
        text: String,
    },
    /// Something of a hub that is not a model.
    #[error("{text} is {kind} and not a model. Give the name of a model, owner/name.")]
    NotAModel {
        /// What was given.
        text: String,
        /// What it is.
        kind: &'static str,
    },
    /// A text that is no hub's address.
    #[error(
        "{address:?} is not the address of a hub. It begins with https:// or http://."
    )]
    InvalidEndpoint {
        /// What was given.
        address: String,
    },
    /// The hub has no such model, revision or file.
    #[error("{what} was not found on {host}. Check the spelling.")]
    Missing {
        /// What was looked for.
        what: String,
        /// The hub.
        host: String,
    },
    /// The model is only for those who accepted its terms.
    #[error(
        "{id} is gated on {host}: its makers want their terms accepted first. Accept them \
         on the model's page, then give an access token of that account.{}",
        withheld(token)
    )]
    Gated {
        /// The model.
        id: String,
        /// The hub.
        host: String,
        /// What became of the access token.
        token: TokenUse,
    },
    /// The hub wants to know who asks, or does not like the answer.
    #[error("{}", unauthorized(id, host, token))]
    Unauthorized {
        /// The model.
        id: String,
        /// The hub.
        host: String,
        /// What became of the access token.
        token: TokenUse,
    },
    /// A server does not give this, for a reason that may be its own, a proxy's or the
    /// token's.
    #[error("{}", refused(what, host, *status, reason.as_deref(), token))]
    Refused {
        /// What was asked for.
        what: String,
        /// Who refused it: the hub, or the host that it redirects to.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What the server says.
        reason: Option<String>,
        /// What became of the access token.
        token: TokenUse,
    },
    /// A proxy on the way wants to know who asks.
    #[error(
        "The proxy between here and {host} wants a name and password (407). Give them in \
         HTTPS_PROXY, as http://name:password@proxy:port, or ask who runs the network."
    )]
    ProxyAuthentication {
        /// The hub.
        host: String,
    },
    /// Too many requests were made.
    #[error(
        "{host} asks to wait for {seconds} seconds: too many requests came from here. \
         Try again after that; what is downloaded stays."
    )]
    RateLimited {
        /// The hub.
        host: String,
        /// How long to wait.
        seconds: u64,
    },
    /// The hub has a fault of its own.
    #[error(
        "{host} answered {status} again and again. Try again later; what is downloaded \
         stays."
    )]
    Server {
        /// The hub.
        host: String,
        /// The HTTP status.
        status: u16,
    },
    /// The hub cannot be reached.
    #[error(
        "{host} cannot be reached ({reason}). Check the connection, then try again; what \
         is downloaded stays."
    )]
    Offline {
        /// The hub.
        host: String,
        /// What the system or browser says.
        reason: String,
    },
    /// The hub redirects to where it must not.
    #[error("{host} cannot be used: it redirects to {to}.")]
    Redirect {
        /// The hub.
        host: String,
        /// Where to, and why that is not followed.
        to: String,
    },
    /// The connection breaks each time.
    #[error(
        "The download of {file} broke off again and again ({reason}). Try again; what is \
         downloaded stays."
    )]
    Interrupted {
        /// The file.
        file: String,
        /// What happened last.
        reason: String,
    },
    /// The connection breaks, and the host only sends whole files.
    #[error(
        "{file} could not be downloaded in one go, and its host does not send parts of \
         files. Try again over a steadier connection."
    )]
    NoRanges {
        /// The file.
        file: String,
    },
    /// A web page comes in place of a file.
    #[error(
        "{host} sends a web page in place of {file}. The network may want you to sign in, \
         or something on the way blocks the address; open {host} in a browser to see it."
    )]
    Page {
        /// The hub, or the host of an address.
        host: String,
        /// The file.
        file: String,
    },
    /// What came is not what the hub says it has.
    #[error(
        "{file} is not what the hub says it should be, so it was thrown away. Try again; \
         if it happens twice, something between here and the hub changes files."
    )]
    WrongBytes {
        /// The file.
        file: String,
    },
    /// The hub's description of a model makes no sense.
    #[error("What {host} says of {id} cannot be read: {reason}.")]
    Listing {
        /// The hub.
        host: String,
        /// The model.
        id: String,
        /// Why not.
        reason: String,
    },
    /// The hub does not tell what a file could be checked by.
    #[error(
        "{host} does not tell {lacks} of {file}, so a download could not be checked. Take \
         another hub, or put the model's files into a folder."
    )]
    Unverifiable {
        /// The hub.
        host: String,
        /// The file.
        file: String,
        /// What is not told: the size, or the hash.
        lacks: &'static str,
    },
    /// The model has no files that can be used.
    #[error("{id} cannot be used: {reason}.")]
    NoWeights {
        /// The model.
        id: String,
        /// What it lacks.
        reason: String,
    },
    /// There is no room.
    #[error(
        "There is not enough room to keep {file}. Delete models that are not needed any \
         more, or choose a smaller one."
    )]
    StorageFull {
        /// The file.
        file: String,
    },
    /// The disk or the browser's storage fails.
    #[error("{file} could not be kept: {reason}.")]
    Storage {
        /// The file.
        file: String,
        /// What the system or browser says.
        reason: String,
    },
}

impl HubError {
    /// A text that names no model.
    pub(crate) fn not_understood(text: &str) -> HubError {
        HubError::NotUnderstood { text: excerpt(text) }
    }

    /// What a fault of the place where a file is kept means.
    pub fn of_store(fault: StoreFault, file: &str) -> HubError {
        let file = file.to_owned();
        match fault {
            StoreFault::Full => HubError::StorageFull { file },
            StoreFault::Other(reason) => HubError::Storage { file, reason },
        }
    }
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
