//! Whether the tensors of a model whose architecture is not known are those of the family
//! that its settings look like.

use super::SafetensorsSource;
use crate::config::{Config, QkNorm};
use crate::error::{ModelFileError, Result};
use crate::weights::source::TensorSource;
use crate::weights::tensor_id::{Role, TensorId};

/// Buffers that older files hold and nothing reads.
const BUFFERS: [&str; 3] = ["rotary_emb.inv_freq", ".attn.masked_bias", ".attn.bias"];

impl Config {
    /// Completes the configuration of a model that calls itself something else by what its
    /// tensors say: which projections have biases. Does nothing for architectures that are
    /// known.
    pub fn fit(&mut self, source: &dyn TensorSource) {
        if self.calls_itself.is_none() {
            return;
        }
        let has_bias = |role| {
            source.contains(TensorId { role, layer: Some(0), expert: None, bias: true })
        };
        self.attention.qkv_bias = has_bias(Role::Query);
        self.attention.output_bias = has_bias(Role::Output);
        self.mlp.bias = has_bias(Role::Down);
    }
}

impl SafetensorsSource<'_> {
    /// Checks the names of all tensors of a model that calls itself something else. Does
    /// nothing for architectures that are known.
    ///
    /// # Errors
    /// If there is a tensor that the family does not have.
    pub fn check_alike(&self, config: &Config) -> Result<()> {
        let Some(name) = &config.calls_itself else { return Ok(()) };
        let with_norms = config.attention.qk_norm != QkNorm::None;
        let of_model = self
            .names()
            .filter(|name| !BUFFERS.iter().any(|buffer| name.ends_with(buffer)));
        for stored in of_model {
            // Other parts of a model, such as those that read pictures, are not of the text
            // model.
            let Some(usual) = self.renaming.usual_name(stored) else { continue };
            let known = [usual.as_str(), stored];
            if !known.iter().any(|name| self.layout.knows(name, with_norms)) {
                let what = format!("it has a tensor {stored}, which those lack");
                return Err(ModelFileError::Unlike { name: name.clone(), what });
            }
        }
        Ok(())
    }
}
