//! Faults of a single request or of a single write, before anyone has decided what they
//! mean for the download.

/// Why a request gave less than was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No connection came about.
    Unreachable(String),
    /// The connection ended early.
    Cut,
    /// Nothing came for too long.
    Stalled,
    /// Another status than that of success.
    Status {
        /// The HTTP status.
        code: u16,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
        /// `X-Error-Code`, by which the hub tells gated from missing.
        error_code: Option<String>,
    },
    /// A part was asked for, and the whole file begins to come.
    NoRanges,
    /// Another part came than was asked for, or more of it.
    WrongRange,
}

impl Fault {
    /// What happened, in a few words.
    pub fn words(&self) -> String {
        match self {
            Fault::Unreachable(reason) => reason.clone(),
            Fault::Cut => "the connection was cut".into(),
            Fault::Stalled => "nothing came for a while".into(),
            Fault::Status { code, .. } => format!("the server answered {code}"),
            Fault::NoRanges => "the server sends no parts of files".into(),
            Fault::WrongRange => "the server sent another part of the file".into(),
        }
    }
}

/// Why something could not be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// There is no room left.
    Full,
    /// Anything else, in the words of the system or browser.
    Other(String),
}
