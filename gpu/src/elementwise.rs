//! Gates: act(gate) · up (Shazeer, 2020, arXiv:2002.05202).

use crate::kernel::{Access, Kernel, Params};
use crate::limits::{Grid, Limits};
use crate::template::Template;

const GATE: &str = include_str!("wgsl/gate.wgsl");

/// The functions, as the shader names them.
const FUNCTIONS: [&str; 4] = ["SILU", "GELU", "GELU_TANH", "RELU"];

/// act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GateFunction {
    /// x / (1 + e⁻ˣ).
    Silu,
    /// x · Φ(x).
    Gelu,
    /// The approximation of it with tanh.
    GeluTanh,
    /// max(x, 0).
    Relu,
}

/// The gate of a feed-forward network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// act.
    pub function: GateFunction,
    /// I, numbers of a token's gate and of its up.
    pub width: usize,
}

impl Gate {
    /// The name of the kernel.
    pub fn name(&self) -> String {
        format!("gate, {}", self.flag())
    }

    fn flag(&self) -> &'static str {
        match self.function {
            GateFunction::Silu => "SILU",
            GateFunction::Gelu => "GELU",
            GateFunction::GeluTanh => "GELU_TANH",
            GateFunction::Relu => "RELU",
        }
    }

    /// The kernel. Its buffers are the projections, [T, 2 · I], gate first, and the results,
    /// [T, I].
    pub fn kernel(&self) -> Kernel {
        Kernel {
            name: self.name(),
            source: Template::default().one_of(&FUNCTIONS, self.flag()).expand(&[GATE]),
            buffers: vec![Access::Read, Access::Write],
        }
    }

    /// What a dispatch gets.
    pub fn dispatch(&self, tokens: usize, limits: &Limits) -> (Params, Grid) {
        let width = self.width;
        let params = Params::of([
            tokens.into(),
            width.into(),
            (2 * width).into(),
            0usize.into(),
            width.into(),
        ]);
        (params, Grid::of((tokens * width).div_ceil(256), 1, limits))
    }
}
