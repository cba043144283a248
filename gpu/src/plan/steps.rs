//! The dispatches of a pass, one after the other.

use std::collections::HashMap;

use super::buffers::BufferId;
use crate::kernel::{Kernel, Params};
use crate::limits::Grid;

/// A dispatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The number of its kernel in the plan.
    pub kernel: usize,
    /// What the kernel's storage buffers are bound to, each as a whole.
    pub buffers: Vec<BufferId>,
    /// Its numbers.
    pub params: Params,
    /// Its workgroups.
    pub grid: Grid,
}

/// Kernels, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Kernels {
    pub(super) all: Vec<Kernel>,
    by_name: HashMap<String, usize>,
}

impl Kernels {
    /// The number of a kernel.
    pub(super) fn number(&mut self, kernel: Kernel) -> usize {
        if let Some(number) = self.by_name.get(&kernel.name) {
            return *number;
        }
        self.by_name.insert(kernel.name.clone(), self.all.len());
        self.all.push(kernel);
        self.all.len() - 1
    }
}

/// Steps as they are put together.
pub(super) struct Steps<'a> {
    pub(super) kernels: &'a mut Kernels,
    pub(super) all: Vec<Step>,
}

impl Steps<'_> {
    /// Appends a dispatch.
    pub(super) fn push(
        &mut self,
        kernel: Kernel,
        buffers: &[BufferId],
        (params, grid): (Params, Grid),
    ) {
        debug_assert_eq!(kernel.buffers.len(), buffers.len(), "{}", kernel.name);
        let kernel = self.kernels.number(kernel);
        self.all.push(Step { kernel, buffers: buffers.to_vec(), params, grid });
    }
}
