//! What a model computed, kept together with the model and the text that it was computed
//! for, so that it can be shown of nothing else.

use std::rc::Rc;

use protocol::{Distribution, ModelDescription};

use super::engine_link::Target;
use super::tree::NodeId;

/// A model that has answered on this page. Equal ids are the same model: the same files,
/// loaded in the same way at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ModelId(u32);

/// How a model is told from others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ModelIdentity {
    /// What was opened.
    pub(crate) target: Target,
    /// What answered.
    pub(crate) description: ModelDescription,
}

/// All models that have answered on this page. None is forgotten, since texts of any of
/// them can come back.
#[derive(Debug, Default)]
pub(crate) struct KnownModels {
    /// None for an identity that turned out to have been taken by another model.
    identities: Vec<(String, Option<ModelIdentity>)>,
}

impl KnownModels {
    /// The id of a model that answers.
    pub(crate) fn identify(&mut self, identity: ModelIdentity) -> ModelId {
        let known = self
            .identities
            .iter()
            .position(|(_, known)| known.as_ref() == Some(&identity));
        let index = known.unwrap_or_else(|| {
            let name = identity.description.name.clone();
            self.identities.push((name, Some(identity)));
            self.identities.len() - 1
        });
        ModelId(index as u32)
    }

    /// A fresh id for the model that was taken for `mistaken`, because it looks the same
    /// and reads texts differently.
    pub(crate) fn tell_apart(&mut self, mistaken: ModelId) -> ModelId {
        let Some((name, identity)) = self.identities.get_mut(mistaken.0 as usize) else {
            return mistaken;
        };
        let twin = (name.clone(), identity.take());
        self.identities.push(twin);
        ModelId(self.identities.len() as u32 - 1)
    }

    /// The name of a model, for people.
    pub(crate) fn name(&self, id: ModelId) -> &str {
        self.identities.get(id.0 as usize).map_or("another model", |(name, _)| name)
    }
}

/// The text that a distribution follows, as one model reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextKey {
    pub(crate) model: ModelId,
    /// The last token of the text; the tree tells the rest of it.
    pub(crate) tail: NodeId,
}

/// A distribution, which can be had only by naming the text that it follows.
#[derive(Clone, Debug)]
pub(crate) struct TextDistribution {
    key: TextKey,
    distribution: Rc<Distribution>,
}

impl TextDistribution {
    pub(crate) fn new(key: TextKey, distribution: Rc<Distribution>) -> TextDistribution {
        TextDistribution { key, distribution }
    }

    /// The distribution, if this is the text that it follows.
    pub(crate) fn following(&self, key: TextKey) -> Option<&Rc<Distribution>> {
        (self.key == key).then_some(&self.distribution)
    }
}
