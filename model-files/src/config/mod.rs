//! The shape of a decoder, from a Hugging Face `config.json` or from GGUF metadata: each
//! family's own names translated into one [`Config`]. Nothing is trusted: every size is
//! checked before memory is asked for.

mod checks;
mod ends;
mod gguf;
mod hugging_face;
mod rope;
mod shape;

pub use ends::end_ids;
pub use rope::{RopeConfig, RopeScaling};
pub use shape::{
    Activation, AttentionConfig, Block, Config, LayerKind, MixerKind, MlpConfig,
    NormConfig, NormKind, QkNorm, Scales,
};
