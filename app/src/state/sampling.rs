//! The samplers of the two tabs.

use protocol::SamplerSettings;

use super::node::TokenOrigin;
use super::page::State;

impl State {
    /// The explorer's sampler, for the distribution in view.
    pub(crate) fn sampler(&self) -> SamplerSettings {
        let settings = self.knobs.sampler(self.engine.model_id());
        match settings.depends_on_prompt() {
            true => {
                let prompt = self.prompt_length().min(self.explorer.position());
                settings.after_prompt(prompt)
            }
            false => settings,
        }
    }

    /// The chat's sampler. The engine knows where the prompt of a reply ends.
    pub(crate) fn chat_sampler(&self) -> SamplerSettings {
        self.knobs.chat_sampler(self.engine.model_id())
    }

    /// How many tokens of the running text are its prompt.
    fn prompt_length(&self) -> usize {
        let nodes = self.explorer.tree.nodes();
        nodes.take_while(|node| node.origin == TokenOrigin::Prompt).count()
    }
}
