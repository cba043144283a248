//! The tabs of the page.

use serde::{Deserialize, Serialize};

/// Which of the two tabs is in front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Tab {
    /// The Token Explorer.
    #[default]
    Explorer,
    /// The chat.
    Chat,
}
