//! Activations in 16 bits, as the products take them.

pub(crate) mod plain;
mod planes;
mod quantise;
mod rows;
mod scale;
#[cfg(target_arch = "wasm32")]
pub(crate) mod wasm;

pub(crate) use planes::COLUMN_ORDER;
pub(crate) use quantise::quantise_row;
pub use rows::QuantisedActivations;
pub(crate) use rows::{ActivationRowMut, ActivationRows};
