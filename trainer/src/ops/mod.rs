//! Operations that are one step of the graph instead of many, with their gradients.
//! Candle has none of these in one piece on a CPU, and most of a training step's time
//! outside of the matrix products would go to the memory that lies between the pieces.

mod attention;
mod head_loss;
mod rms_norm;
mod swiglu;

pub use attention::Attention;
pub use head_loss::HeadLoss;
pub use rms_norm::RmsNorm;
pub use swiglu::SwiGlu;

use candle_core::{CpuStorage, Layout, Result, bail};

/// The numbers of a contiguous f32 tensor.
fn floats<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let all = storage.as_slice::<f32>()?;
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&all[start..end]),
        None => bail!("the tensor {:?} must be contiguous", layout.shape()),
    }
}
