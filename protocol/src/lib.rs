//! The messages between the page and the engine.
//!
//! The page sends [`Request`]s, the engine answers with [`Reply`]s; both carry a
//! [`RequestId`]. The same types travel as JavaScript objects over `postMessage` and as
//! JSON over WebSocket. This crate depends on serde only and holds no behaviour beyond
//! checks and views of its own data.

mod command;
mod display;
mod distribution;
mod draws;
mod event;
mod failure;
mod formats;
mod growth;
mod inspection;
pub mod limits;
mod log_probabilities;
mod lookup;
mod model;
mod settings;
mod settings_check;
mod template_variables;
mod text_comparison;
mod timings;
mod token;
mod verification;
mod wire;

pub use command::{Command, Message, RequestId, Role, TokenizeOptions};
pub use display::{Piece, display_pieces, display_text};
pub use distribution::{Candidate, Distribution, Outside, SamplerKind, SamplerStage};
pub use draws::{ChiSquare, DrawnToken, Draws, Sweep, SweepPoint, SweptKnob, SweptToken};
pub use event::{Event, FinishReason, Phase, Progress};
pub use failure::{ErrorCode, Failure};
pub use growth::{GrowMode, GrowSettings, GrownNode, Growth};
pub use inspection::{
    AttentionLayer, AttentionWeights, AttributedToken, Attribution, AttributionPart,
    Finding, HeadWeights, Inspection, LensLayer, LensPosition, Occluded, OcclusionStart,
    OcclusionUnit, RankedToken, TokenRank, tokens_to_read, units as inspection_units,
};
pub use log_probabilities::LogProbabilities;
pub use lookup::{Word, WordForm, Words};
pub use model::{
    DeviceSpeeds, HubFile, HubFiles, HubModel, LocalFile, ModelDescription, ModelSource,
    Precision, PromptDevice, StoredModel, StoredModels,
};
pub use settings::{AllowedTexts, SamplerOrder, SamplerSettings, TokenBias};
pub use settings_check::InvalidSetting;
pub use template_variables::{TemplateValue, TemplateVariables};
pub use text_comparison::{ComparedCandidate, ComparedText, Divergence, TextComparison};
pub use timings::Timings;
pub use token::{ScoredToken, Token, TokenId, TokenScore};
pub use verification::{Verification, VerifiedToken};
pub use wire::{FromWorker, Reply, Request};
