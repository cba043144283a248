//! Mixtures of experts: widths are those of tensors, since not every converter writes keys for
//! them. Sources: llama.cpp's `llama-model.cpp` and its converters.

use super::keys::Keys;
use crate::config::{Experts, Weighting};
use crate::error::{Result, invalid_config};

/// llama.cpp's numbers of the functions that weigh experts: a softmax over all, sigmoids, and a
/// softmax over the chosen ones.
const GATINGS: [usize; 3] = [1, SIGMOID, 3];
const SIGMOID: usize = 2;

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
    let biased = keys.has_tensor(&format!("blk.{layer}.exp_probs_b.bias"));
    let groups = keys.size("expert_group_count").ok().filter(|count| *count > 1);
    // Groups by sigmoids are chosen by their best two experts, others by the best one.
    let by_softmax = biased && keys.architecture == "ernie4_5-moe";
    if !GATINGS.contains(&gating) || biased != (gating == SIGMOID || by_softmax) {
        let what = "the way in which experts are chosen is not supported";
        return Err(invalid_config(what));
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
            _ if gating == SIGMOID => {
                Weighting::Sigmoid { normalised: normalised.unwrap_or(false) }
            }
            // A file that says nothing may say so by `false`.
            Some(true) => Weighting::Chosen,
            Some(false) | None => usual,
        },
        choice_bias: biased,
        router_bias: keys.has_tensor(&format!("blk.{layer}.ffn_gate_inp.bias")),
        shared_inner: rows("ffn_up_shexp", 2).unwrap_or(0),
        scale: scale.unwrap_or(1.0) as f32,
        groups: match groups {
            Some(groups) => Some((groups, keys.size("expert_group_used_count")?)),
            None => None,
        },
        shared_gate: keys.has_tensor(&format!("blk.{layer}.ffn_gate_inp_shexp.weight")),
    }))
}
