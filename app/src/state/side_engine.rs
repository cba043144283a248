//! A second engine beside the page's own, with another model or the same one at another place,
//! for comparisons. The page's own engine goes on as if there were none.

use protocol::{ModelDescription, Progress};

use super::engine_link::Readiness;
use super::requests::Requests;
use super::target::Target;
use super::tools::side::{SideParts, SideResult};

/// The second engine, and what was compared with it.
#[derive(Debug, Default)]
pub(crate) struct SideEngine {
    /// What it was opened with; none while there is no second engine.
    pub(crate) target: Option<Target>,
    /// The number of its connection. Messages of others are outdated.
    pub(crate) generation: u32,
    pub(crate) readiness: Readiness,
    pub(crate) model: Option<ModelDescription>,
    /// How far loading has come.
    pub(crate) progress: Option<Progress>,
    /// The requests that it has not answered.
    pub(crate) requests: Requests,
    /// What was asked last, with the answers so far.
    pub(crate) parts: Option<SideParts>,
    pub(crate) found: Option<SideResult>,
    /// Why there is no second engine, or no comparison.
    pub(crate) problem: Option<String>,
}

impl SideEngine {
    /// Whether its model answers.
    pub(crate) fn is_ready(&self) -> bool {
        self.target.is_some() && self.readiness == Readiness::Ready
    }

    /// Whether it starts or loads.
    pub(crate) fn is_loading(&self) -> bool {
        self.target.is_some() && self.readiness != Readiness::Ready
    }

    /// Whether anything is being computed there.
    pub(crate) fn is_busy(&self) -> bool {
        self.requests.any(|_| true)
    }
}
