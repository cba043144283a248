//! The messages between the page and the engine.
//!
//! The page sends [`Request`]s, the engine answers with [`Reply`]s; both carry a
//! [`RequestId`]. The same types travel as JavaScript objects over `postMessage` and as
//! JSON over WebSocket. This crate depends on serde only and holds no behaviour beyond
//! checks and views of its own data.

mod command;
mod display;
mod distribution;
mod event;
mod failure;
pub mod limits;
mod model;
mod settings;
mod token;
mod wire;

pub use command::{Command, Message, Role};
pub use display::{Piece, display_pieces, display_text};
pub use distribution::{Candidate, Distribution, Outside, SamplerKind, SamplerStage};
pub use event::{Event, FinishReason, Phase, Progress, Timings};
pub use failure::{ErrorCode, Failure};
pub use model::{
    HubModel, LocalFile, ModelDescription, ModelSource, Precision, StoredModel,
    StoredModels,
};
pub use settings::{InvalidSetting, SamplerSettings};
pub use token::{ScoredToken, Token, TokenId, TokenScore};
pub use wire::FromWorker;

use serde::{Deserialize, Serialize};

/// Chosen by the sender, echoed in every reply. Unique among a connection's requests.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct RequestId(pub u32);

/// One command with the id that its replies will carry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Echoed in every reply to this request.
    pub id: RequestId,
    /// What to do.
    pub command: Command,
}

/// One event of the request it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The request that this belongs to.
    pub id: RequestId,
    /// What happened.
    pub event: Event,
}
