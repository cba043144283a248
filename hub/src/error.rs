//! What can go wrong on the way to a model, in sentences that say what to do.

use crate::fault::StoreFault;

/// Why a model could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// A text that is no model's name.
    #[error(
        "{text:?} is not the name of a model. Give owner/name, such as \
         HuggingFaceTB/SmolLM2-360M-Instruct, or the address of its page."
    )]
    InvalidName {
        /// What was given.
        text: String,
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
    #[error("The hub has no {what}. Check the spelling.")]
    Missing {
        /// What was looked for.
        what: String,
    },
    /// The model is only for those who accepted its terms.
    #[error(
        "{id} is gated: its makers want their terms accepted first. Accept them on the \
         model's page, then give an access token of that account."
    )]
    Gated {
        /// The model.
        id: String,
    },
    /// The hub wants to know who asks, or does not like the answer.
    #[error("{}", unauthorized(id, *token))]
    Unauthorized {
        /// The model.
        id: String,
        /// Whether a token was given.
        token: bool,
    },
    /// Too many requests were made.
    #[error(
        "The hub asks to wait for {seconds} seconds: too many requests came from here. \
         Try again after that; what is downloaded stays."
    )]
    RateLimited {
        /// How long to wait.
        seconds: u64,
    },
    /// The hub has a fault of its own.
    #[error(
        "The hub answered {status} again and again. Try again later; what is downloaded \
         stays."
    )]
    Server {
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
    #[error("The hub's description of {id} cannot be read: {reason}.")]
    Listing {
        /// The model.
        id: String,
        /// Why not.
        reason: String,
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
    /// What a fault of the place where a file is kept means.
    pub fn of_store(fault: StoreFault, file: &str) -> HubError {
        let file = file.to_owned();
        match fault {
            StoreFault::Full => HubError::StorageFull { file },
            StoreFault::Other(reason) => HubError::Storage { file, reason },
        }
    }
}

fn unauthorized(id: &str, token: bool) -> String {
    match token {
        true => format!(
            "The hub does not let this access token read {id}. Check that the token is \
             whole and still good, and that its account may see the model."
        ),
        false => format!(
            "The hub shows no {id} to everyone: it does not exist, or it is private. \
             Check the spelling, or give an access token."
        ),
    }
}
