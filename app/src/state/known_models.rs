//! Which models have answered on this page, so that what one of them computed is never
//! taken for another's.

use protocol::ModelDescription;

use super::target::Target;

/// A model that has answered on this page. Equal ids are the same model: the same files,
/// loaded in the same way at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct ModelId(u32);

/// What distinguishes a model from others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ModelIdentity {
    /// What was opened.
    pub(crate) target: Target,
    /// What answered.
    pub(crate) description: ModelDescription,
}

/// All models that have answered on this page. None is forgotten, since a text of any of
/// them can be shown again.
#[derive(Debug, Default)]
pub(crate) struct KnownModels {
    /// Names and identities by id. An identity that turned out to be another model's is
    /// none.
    identities: Vec<(String, Option<ModelIdentity>)>,
}

impl KnownModels {
    /// The id of a model, which is a new one for a new identity.
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

    /// Gives a new id to the model that was identified as `mistaken`: it has the same identity
    /// but tokenizes texts differently.
    pub(crate) fn tell_apart(&mut self, mistaken: ModelId) -> ModelId {
        let Some((name, identity)) = self.identities.get_mut(mistaken.0 as usize) else {
            return mistaken;
        };
        let twin = (name.clone(), identity.take());
        self.identities.push(twin);
        ModelId(self.identities.len() as u32 - 1)
    }

    /// The name of a model.
    pub(crate) fn name(&self, id: ModelId) -> &str {
        self.identities.get(id.0 as usize).map_or("another model", |(name, _)| name)
    }
}
