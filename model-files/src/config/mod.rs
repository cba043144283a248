//! The configuration of a decoder, from a Hugging Face `config.json` or from GGUF
//! metadata: each family's names are translated into one [`Config`]. Files are not
//! trusted: every size is checked before memory is allocated.

mod alibi;
mod altup;
mod checks;
mod ends;
mod experts;
mod gguf;
mod hugging_face;
mod latent;
mod layer_kind;
mod parameters;
mod recurrence;
mod rope;
mod shape;

pub use alibi::Alibi;
pub use altup::AltUp;
pub use ends::end_ids;
pub use experts::{Experts, Weighting};
pub use latent::Latent;
pub use layer_kind::{LayerKind, MixerKind};
pub use recurrence::{Recurrence, RecurrenceKind};
pub use rope::{RopeConfig, RopeScaling};
pub use shape::{
    Activation, AttentionConfig, Block, Config, MlpConfig, NormConfig, NormKind, QkNorm,
    Scales,
};
