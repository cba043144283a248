//! A distribution together with the model and the text that it was computed for, so that it
//! is never shown for anything else.

use std::rc::Rc;

use protocol::Distribution;

use super::known_models::ModelId;
use super::node::NodeId;

/// The text that a distribution follows, as one model reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextKey {
    pub(crate) model: ModelId,
    /// The last token of the text. Its ancestors in the tree are the rest.
    pub(crate) tail: NodeId,
}

/// A distribution that is given out only to whoever names the text that it follows.
#[derive(Clone, Debug)]
pub(crate) struct TextDistribution {
    key: TextKey,
    distribution: Rc<Distribution>,
}

impl TextDistribution {
    /// A distribution that follows a text.
    pub(crate) fn new(key: TextKey, distribution: Rc<Distribution>) -> TextDistribution {
        TextDistribution { key, distribution }
    }

    /// The distribution, if this is the text that it follows.
    pub(crate) fn following(&self, key: TextKey) -> Option<&Rc<Distribution>> {
        (self.key == key).then_some(&self.distribution)
    }
}
