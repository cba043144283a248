//! Faults of a single request or a single write. What they mean for the download is decided
//! elsewhere.

/// Why a request gave less than was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestFault {
    /// No connection came about.
    Unreachable(String),
    /// The connection ended early.
    Cut,
    /// Nothing came for too long.
    Stalled,
    /// Another status than that of success.
    Status(Refusal),
    /// A redirect that is not followed: where to, and why not.
    Redirect(String),
    /// A part was asked for, and the whole file begins to come.
    NoRanges,
    /// Another part came than was asked for, or more of it.
    WrongRange,
    /// A web page came in place of the file, as from a network that wants people to sign in.
    Page,
    /// More came than there can be.
    TooLong,
    /// A file without a hash is not the one that was begun: what its host says of it differs, or it
    /// does not end where it should.
    Changed,
}

/// An answer that is not what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// `X-Error-Code`, by which the hub tells gated from missing.
    pub error_code: Option<String>,
    /// `X-Error-Message`, one line of it.
    pub message: Option<String>,
    /// Who answered, after redirects; none if that is not known.
    pub host: Option<String>,
}

impl RequestFault {
    /// What happened, in a few words.
    pub fn words(&self) -> String {
        match self {
            RequestFault::Unreachable(reason) => reason.clone(),
            RequestFault::Cut => "the connection was cut".into(),
            RequestFault::Stalled => "nothing came for a while".into(),
            RequestFault::Status(refusal) => {
                format!("the server answered {}", refusal.status)
            }
            RequestFault::Redirect(to) => format!("it redirects to {to}"),
            RequestFault::NoRanges => "the server sends no parts of files".into(),
            RequestFault::WrongRange => "the server sent another part of the file".into(),
            RequestFault::Page => "a web page came in its place".into(),
            RequestFault::TooLong => "the server sent more than there can be".into(),
            RequestFault::Changed => "the file changed while it was downloaded".into(),
        }
    }
}

/// Why something could not be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// There is no room left.
    Full,
    /// Anything else, in the words of the system or browser.
    Other(String),
}
