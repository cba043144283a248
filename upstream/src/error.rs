//! Why an engine elsewhere cannot be asked.

use protocol::{ErrorCode, Failure};

use crate::{AnswerError, Kind};

/// Why an engine elsewhere cannot be asked, or its answer cannot be used. No variant holds a
/// key, or what a person wrote.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// No replica can be reached.
    #[error("The engine at {at} cannot be reached: {reason}.")]
    Unreachable {
        /// The address that was tried last.
        at: String,
        /// What the system says.
        reason: String,
    },
    /// It takes too long.
    #[error("The engine at {at} has not answered within {seconds} seconds.")]
    TooSlow {
        /// The address.
        at: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// It answers that it cannot now.
    #[error("The engine at {at} is busy or broken: it answers with status {status}.")]
    Busy {
        /// The address.
        at: String,
        /// The status.
        status: u16,
    },
    /// It refuses the key, or wants one.
    #[error(
        "The engine at {at} refuses the key, or wants one: it answers with status {status}."
    )]
    Forbidden {
        /// The address.
        at: String,
        /// The status.
        status: u16,
    },
    /// It leads elsewhere.
    #[error("The engine at {at} redirects, which is not followed.")]
    Redirects {
        /// The address.
        at: String,
    },
    /// It refuses the question.
    #[error(
        "The engine at {at} refuses what it is asked, with status {status}: {message}"
    )]
    Refused {
        /// The address.
        at: String,
        /// The status.
        status: u16,
        /// What it says.
        message: String,
    },
    /// It answers something else than it was asked.
    #[error("The engine at {at} gave an answer that cannot be used: {error}.")]
    Answer {
        /// The address.
        at: String,
        /// What is wrong.
        error: AnswerError,
    },
    /// Nothing known speaks there.
    #[error("What speaks at {at} is not known here. It can be {}.", Kind::NAMES)]
    UnknownKind {
        /// The address.
        at: String,
    },
    /// Its tokens are others.
    #[error("The engine at {at} reads texts with another tokenizer: {why}.")]
    OtherTokenizer {
        /// The address.
        at: String,
        /// How that is known.
        why: String,
    },
    /// A replica runs another model.
    #[error("The engine at {at} does not run {model}.")]
    OtherModel {
        /// The address.
        at: String,
        /// The model of the first replica, or the one that was named.
        model: String,
    },
    /// It does not tell probabilities.
    #[error("The engine at {at} tells no log probabilities.")]
    NoProbabilities {
        /// The address.
        at: String,
    },
    /// The network cannot be used at all.
    #[error("The network cannot be used: {0}.")]
    NoNetwork(String),
}

impl UpstreamError {
    /// Whether the same question may get an answer another time, or from another replica.
    pub(crate) fn may_pass(&self) -> bool {
        use UpstreamError as E;
        matches!(
            self,
            E::Unreachable { .. } | E::TooSlow { .. } | E::Busy { .. } | E::Answer { .. }
        )
    }

    /// The error as a person sees it.
    pub fn failure(&self) -> Failure {
        use UpstreamError as E;
        let (code, hint) = match self {
            E::Unreachable { .. } => (
                ErrorCode::Network,
                "Look whether it runs, and at its address; then try again.",
            ),
            E::TooSlow { .. } | E::Busy { .. } => {
                (ErrorCode::Network, "Wait a moment and try again.")
            }
            E::Forbidden { .. } => (
                ErrorCode::Network,
                "Start this server again with the right key in the environment.",
            ),
            E::Redirects { .. } => (
                ErrorCode::Network,
                "Start this server again with the address it leads to.",
            ),
            E::Refused { .. } => {
                (ErrorCode::Unsupported, "Look at that engine's settings.")
            }
            E::Answer { .. } => (
                ErrorCode::Network,
                "Try again; if it happens again, look at that engine.",
            ),
            E::UnknownKind { .. } => {
                (ErrorCode::Unsupported, "Say what it is with --upstream-kind.")
            }
            E::OtherTokenizer { .. } => (
                ErrorCode::UnsupportedModel,
                "Name the model that it runs with --model, so that its tokenizer is used.",
            ),
            E::OtherModel { .. } => {
                (ErrorCode::UnsupportedModel, "Let all replicas run the same model.")
            }
            E::NoProbabilities { .. } => (
                ErrorCode::Unsupported,
                "Let it tell some, as vLLM does with --max-logprobs 256.",
            ),
            E::NoNetwork(_) => (ErrorCode::Network, "Look at this machine's network."),
        };
        Failure { code, message: self.to_string(), hint: Some(hint.into()) }
    }
}
