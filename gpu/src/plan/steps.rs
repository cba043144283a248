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
    /// The number of the kernel of a name; it is made if there is none yet.
    fn number(&mut self, name: String, kernel: impl FnOnce() -> Kernel) -> usize {
        if let Some(number) = self.by_name.get(&name) {
            return *number;
        }
        let kernel = kernel();
        debug_assert_eq!(kernel.name, name);
        self.by_name.insert(name, self.all.len());
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
    /// Appends a dispatch of the kernel of a name. The kernel is only asked for where it is
    /// not known: making the text of a shader takes longer than encoding its dispatch.
    pub(super) fn push(
        &mut self,
        (name, kernel): (String, impl FnOnce() -> Kernel),
        buffers: &[BufferId],
        (params, grid): (Params, Grid),
    ) {
        let kernel = self.kernels.number(name, kernel);
        debug_assert_eq!(self.kernels.all[kernel].buffers.len(), buffers.len());
        self.all.push(Step { kernel, buffers: buffers.to_vec(), params, grid });
    }
}
