//! What a pass through a model dispatches: the buffers it needs, the kernels, and their order.

mod buffers;
mod layer;
mod layer_buffers;
mod model;
mod pass;
mod steps;
mod working;

pub use buffers::{Buffer, BufferId, Content, Working};
pub use model::{
    HeadNorm, LayerFormats, LayerShape, MatrixId, MatrixRole, ModelShape, NumbersId,
    NumbersRole, Structure, Unfit,
};
pub use pass::{Pass, Plan, PlanLimits};
pub use steps::Step;
