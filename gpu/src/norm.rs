//! Norms of rows: x / √(mean(x²) + ε) · weight (Zhang & Sennrich, 2019, arXiv:1910.07467).

use crate::kernel::{Access, Kernel, Params};
use crate::limits::{Grid, Limits};
use crate::template::Template;

const NORM: &str = include_str!("wgsl/norm.wgsl");

/// Where the normalised rows go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NormTarget {
    /// Into another buffer.
    Store,
    /// Onto what another buffer has, times this.
    Add(f32),
    /// Where they came from.
    InPlace,
}

/// The norm of rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Norm {
    /// ε.
    pub epsilon: f32,
    /// Where they go.
    pub target: NormTarget,
    /// Whether squares are added up by subgroups.
    pub subgroups: bool,
}

/// Where rows are, in numbers from the beginning of their buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NormRows {
    /// How many there are.
    pub rows: usize,
    /// Numbers of a row.
    pub width: usize,
    /// The first row.
    pub first: usize,
    /// From one row to the next.
    pub stride: usize,
    /// The first row of the results.
    pub out_first: usize,
    /// From one row of them to the next.
    pub out_stride: usize,
}

impl NormRows {
    /// Rows that lie one after the other, from buffer to buffer.
    pub fn dense(rows: usize, width: usize) -> NormRows {
        NormRows { rows, width, first: 0, stride: width, out_first: 0, out_stride: width }
    }
}

impl Norm {
    /// The name of the kernel.
    pub fn name(&self) -> String {
        let name = match self.target {
            NormTarget::Store => "norm",
            NormTarget::Add(_) => "norm, added",
            NormTarget::InPlace => "norm in place",
        };
        if self.subgroups { format!("{name}, subgroups") } else { name.to_owned() }
    }

    /// The kernel. Its buffers are the weights, the results, and the rows if those are
    /// elsewhere.
    pub fn kernel(&self) -> Kernel {
        let in_place = self.target == NormTarget::InPlace;
        let add = matches!(self.target, NormTarget::Add(_));
        let template = Template::default()
            .flag("IN_PLACE", in_place)
            .flag("ADD", add)
            .flag("SUBGROUPS", self.subgroups);
        let mut buffers = vec![Access::Read, Access::Write];
        if !in_place {
            buffers.push(Access::Read);
        }
        Kernel { name: self.name(), source: template.expand(&[NORM]), buffers }
    }

    /// What a dispatch gets. In place, where results go is not asked.
    pub fn dispatch(&self, rows: NormRows, limits: &Limits) -> (Params, Grid) {
        let (out_stride, out_first) = match self.target {
            NormTarget::InPlace => (rows.stride, rows.first),
            _ => (rows.out_stride, rows.out_first),
        };
        let scale = match self.target {
            NormTarget::Add(scale) => scale,
            _ => 1.0,
        };
        let params = Params::of([
            rows.rows.into(),
            rows.width.into(),
            rows.stride.into(),
            rows.first.into(),
            out_stride.into(),
            out_first.into(),
            self.epsilon.into(),
            scale.into(),
        ]);
        (params, Grid::of(rows.rows, 1, limits))
    }
}
