//! A GPU, by WebGPU, that reads long texts for the model in memory. The crate `gpu` says what
//! it computes; here is the browser's device, and what happens when it fails.

mod ahead;
mod attach;
mod bind;
mod bindings;
mod chosen;
mod compile;
mod device;
mod in_flight;
mod model;
mod pass;
mod patience;
mod reader;
mod service;
mod speed;
mod staging;
mod variants;
mod verdict;
mod weights;
mod wish;

pub(crate) use attach::{attach, attach_stored, refuses};
pub(crate) use wish::Wish;
