//! Activations in 8 bits, as the products take them.

mod half_precision;
mod halves;
pub(crate) mod plain;
mod quantise;
mod rows;
mod scale;
#[cfg(target_arch = "wasm32")]
pub(crate) mod wasm;

pub(crate) use halves::split_into_halves;
pub(crate) use quantise::quantise_row;
pub use rows::QuantisedActivations;
pub(crate) use rows::{ActivationRowMut, ActivationRows};
