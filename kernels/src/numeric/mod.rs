//! Functions of many numbers, in forms that compilers turn into vectors.

mod exp;
mod exponential_sums;
mod lanes;
mod reduce;
mod rounding;

pub use exp::exp;
pub use exponential_sums::exponential_sums;
pub(crate) use lanes::{LANES, fold_lanes};
pub(crate) use reduce::{largest, largest_magnitude, norm, sum};
pub(crate) use rounding::{ROUNDING_ADDEND, nearest, to_bf16};
