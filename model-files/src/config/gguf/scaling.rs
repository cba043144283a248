//! The scaling of rotary embeddings to longer contexts.

use super::keys::Keys;
use crate::config::rope::{RopeScaling, yarn_attention_factor};
use crate::error::{Result, invalid_config};

/// The scaling of a model's rotary embedding.
///
/// # Errors
/// If its type is not supported.
pub(super) fn scaling(keys: &Keys<'_>, context_length: usize) -> Result<RopeScaling> {
    let float = |name: &str| keys.float(&format!("rope.scaling.{name}"));
    let factor = float("factor").unwrap_or(1.0);
    let original_context =
        keys.size("rope.scaling.original_context_length").unwrap_or(context_length);
    // Phi-3's factors are tensors; they are read when the weights are loaded.
    let has_long_factors = keys.has_tensor("rope_factors_long.weight");
    match keys.gguf.string(&keys.key("rope.scaling.type")).unwrap_or("none") {
        _ if has_long_factors => Ok(RopeScaling::Long {
            short: Vec::new(),
            long: Vec::new(),
            attention_factor: float("attn_factor").unwrap_or(1.0),
            original_context,
        }),
        "none" => Ok(RopeScaling::None),
        "linear" => Ok(RopeScaling::Linear { factor }),
        "yarn" => Ok(RopeScaling::Yarn {
            factor,
            beta_fast: float("yarn_beta_fast").unwrap_or(32.0),
            beta_slow: float("yarn_beta_slow").unwrap_or(1.0),
            // DeepSeek's scores grow instead of cosines and sines.
            attention_factor: match float("yarn_log_multiplier") {
                Some(_) => 1.0,
                None => {
                    float("attn_factor").unwrap_or(1.0)
                        * yarn_attention_factor(factor, 1.0)
                }
            },
            // llama.cpp rounds whatever the model does; gpt-oss was trained without.
            truncate: keys.architecture != "gpt-oss",
            original_context,
        }),
        other => Err(invalid_config(format!("rope scaling {other:?} is not supported"))),
    }
}
