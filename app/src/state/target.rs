//! What the page can open: a model in this browser, or a native server with its own model.

use protocol::{ModelSource, Precision};
use serde::{Deserialize, Serialize};

/// Where the model runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BackendKind {
    /// In a Web Worker of this page.
    #[default]
    Worker,
    /// In the native server.
    Native,
}

/// Whether the browser's GPU computes in place of its processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum GpuUse {
    /// Never.
    #[default]
    Off,
    /// Where it was measured to be faster.
    IfFaster,
    /// Wherever it can.
    On,
}

/// What the page opens: a backend, with the model that it loads there or the address of the
/// server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) backend: BackendKind,
    pub(crate) native_address: String,
    pub(crate) source: ModelSource,
    pub(crate) precision: Precision,
}

/// A target that worked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LastGood {
    pub(crate) target: Target,
    /// The model's name.
    pub(crate) name: String,
}

impl Target {
    /// Whether both are the same model at the same place.
    pub(crate) fn is_same(&self, other: &Target) -> bool {
        self.essentials() == other.essentials()
    }

    /// The target without what makes no difference to which model runs.
    pub(crate) fn essentials(&self) -> Target {
        let mut target = self.clone();
        match target.backend {
            // A server has a model of its own.
            BackendKind::Native => target.source = ModelSource::Demo,
            BackendKind::Worker => target.native_address.clear(),
        }
        if let ModelSource::Hub(model) = &mut target.source {
            model.stored_only = false;
        }
        target
    }
}
