//! Whether the model in use thinks before it answers, where its chat template can be told. It is
//! kept for each model, by its name.

use protocol::{ModelDescription, TemplateValue, TemplateVariables};

use super::page::State;

/// The most models of which it is kept.
const MAX_MODELS: usize = 100;

impl State {
    /// The model in use, if it can be told whether to think.
    fn can_think(&self) -> Option<&ModelDescription> {
        self.engine.model.as_ref().filter(|model| !model.thinking.is_empty())
    }

    /// Whether the model thinks before it answers; none if it cannot be told.
    pub(crate) fn thinks(&self) -> Option<bool> {
        let model = self.can_think()?;
        let otherwise = self.models.remembered.thinking.contains(&model.name);
        Some(model.thinks_unasked != otherwise)
    }

    /// Has the model think before it answers, or not.
    pub(crate) fn set_thinking(&mut self, thinks: bool) {
        let Some(model) = self.can_think() else { return };
        let (name, otherwise) = (model.name.clone(), thinks != model.thinks_unasked);
        let names = &mut self.models.remembered.thinking;
        names.retain(|known| *known != name);
        if otherwise {
            names.push(name);
        }
        names.drain(..names.len().saturating_sub(MAX_MODELS));
    }

    /// What the chat template is told. Nothing, where the model does what it does unasked.
    pub(crate) fn template_variables(&self) -> TemplateVariables {
        let told = self.can_think().zip(self.thinks());
        let told = told.filter(|(model, thinks)| *thinks != model.thinks_unasked);
        told.map(|(model, thinks)| (model.thinking.clone(), TemplateValue::Flag(thinks)))
            .into_iter()
            .collect()
    }
}
