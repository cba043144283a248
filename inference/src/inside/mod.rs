//! How a prediction came about, worked out from what [`Taps`](crate::Taps) keep of a pass:
//! what the stream predicts after each layer, and what each part of the model adds to a
//! logit.

mod attribution;
mod final_norm;
mod lens;

pub use attribution::{attribution_parts, contributions};
pub use final_norm::final_states;
pub use lens::{lens_layer, most_probable};
