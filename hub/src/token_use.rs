//! What became of an access token, so that an error can say it.

/// What became of an access token in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// There is none.
    None,
    /// It was sent.
    Sent,
    /// It belongs to another hub and was not sent.
    OtherHub {
        /// The hub that it belongs to.
        host: String,
    },
    /// The hub's address is not encrypted, so it was not sent.
    Unencrypted,
}
