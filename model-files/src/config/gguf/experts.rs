//! Mixtures of experts: widths are those of tensors, since not every converter writes keys for
//! them. Sources: llama.cpp's `llama-model.cpp` and its converters.

use super::keys::Keys;
use crate::config::{Experts, Weighting};
use crate::error::{Result, invalid_config};

/// llama.cpp's numbers of the functions that weigh experts: softmax over all, and over the
/// chosen ones. The others are sigmoids.
const GATINGS: [usize; 2] = [1, 3];

/// Whether a layer has experts.
pub(super) fn has_experts(keys: &Keys<'_>, layer: usize) -> bool {
    keys.has_tensor(&format!("blk.{layer}.ffn_gate_inp.weight"))
}

/// The experts of a model; `None` if it has none.
///
/// # Errors
/// If they are chosen in a way that is not supported, or tensors are missing.
pub(super) fn experts(keys: &Keys<'_>, layers: usize) -> Result<Option<Experts>> {
    let Some(layer) = (0..layers).find(|layer| has_experts(keys, *layer)) else {
        return Ok(None);
    };
    let gating = keys.size("expert_gating_func").unwrap_or(GATINGS[0]);
    let scale = keys.float("expert_weights_scale").filter(|scale| *scale != 0.0);
    if !GATINGS.contains(&gating)
        || keys.size("expert_group_count").is_ok_and(|count| count > 1)
        || keys.has_tensor(&format!("blk.{layer}.exp_probs_b.bias"))
    {
        return Err(invalid_config(
            "experts that are chosen by sigmoids or by groups are not supported",
        ));
    }
    let rows = |name: &str, from_last: usize| {
        let tensor = keys.gguf.tensor(&format!("blk.{layer}.{name}.weight"))?;
        let shape = &tensor.shape;
        shape.len().checked_sub(from_last).map(|index| shape[index])
    };
    // [E, I, H], or a tensor for each expert, or gate and up in one.
    let inner = rows("ffn_up_exps", 2)
        .or_else(|| rows("ffn_up.0", 2))
        .or_else(|| rows("ffn_gate_up_exps", 2).map(|both| both / 2));
    let usual = match keys.architecture {
        "qwen2moe" | "olmoe" | "deepseek2" => Weighting::All,
        _ => Weighting::Chosen,
    };
    let normalised = keys.flag("expert_weights_norm");
    Ok(Some(Experts {
        count: keys.size("expert_count")?,
        used: keys.size("expert_used_count")?,
        inner: inner.ok_or_else(|| invalid_config("the experts' tensors are missing"))?,
        weighting: match normalised {
            // A file that says nothing may say so by `false`.
            Some(true) => Weighting::Chosen,
            Some(false) | None => usual,
        },
        router_bias: keys.has_tensor(&format!("blk.{layer}.ffn_gate_inp.bias")),
        shared_inner: rows("ffn_up_shexp", 2).unwrap_or(0),
        scale: scale.unwrap_or(1.0) as f32,
        groups: None,
        shared_gate: keys.has_tensor(&format!("blk.{layer}.ffn_gate_inp_shexp.weight")),
    }))
}
