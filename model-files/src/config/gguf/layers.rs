//! The kinds of a model's layers.

use super::altup;
use super::experts::has_experts;
use super::keys::Keys;
use crate::config::layer_kind::{LayerKind, MixerKind};
use crate::error::{Result, invalid_config};

/// In SmolLM3 every fourth layer has no rotary embedding; GGUF files do not say so.
const NO_ROPE_INTERVAL: usize = 4;

/// Whether an architecture has the delta rule in most layers.
pub(super) fn is_delta(architecture: &str) -> bool {
    matches!(architecture, "qwen35" | "qwen35moe" | "qwen3next")
}

/// The kind of each layer, and the number of key/value heads.
///
/// # Errors
/// If the number of heads differs between attention layers, or is not given for each
/// layer.
pub(super) fn layers(
    keys: &Keys<'_>,
    count: usize,
    heads: usize,
) -> Result<(Vec<LayerKind>, usize)> {
    if matches!(keys.architecture, "mamba" | "mamba2" | "rwkv7") {
        return Ok((vec![LayerKind::RECURRENCE; count], 1));
    }
    if is_delta(keys.architecture) {
        let kind = |layer| LayerKind {
            experts: has_experts(keys, layer),
            ..match keys.has_tensor(&format!("blk.{layer}.ssm_a")) {
                true => LayerKind::RECURRENCE,
                false => LayerKind::ATTENTION,
            }
        };
        let kv_heads = keys.size("attention.head_count_kv")?;
        return Ok(((0..count).map(kind).collect(), kv_heads));
    }
    let window = keys.size("attention.sliding_window").ok().filter(|window| *window > 0);
    let name = keys.key("attention.head_count_kv");
    // LFM2 has a list, with 0 heads for a convolution; Granite 4 with 0 for a recurrence.
    if let Ok(list) = keys.gguf.numbers(&name) {
        let list: Vec<i64> = list.integers().flatten().collect();
        if list.len() != count {
            return Err(invalid_config(format!("{name} has {} entries", list.len())));
        }
        let kv_heads = list.iter().copied().max().unwrap_or(0);
        if list.iter().any(|heads| *heads != 0 && *heads != kv_heads) {
            return Err(invalid_config(
                "layers with other numbers of heads are not supported",
            ));
        }
        let hybrid = keys.architecture == "granitehybrid";
        // Granite 4 has positions only if a key says so.
        let rope = !hybrid || keys.flag("rope.scaling.finetuned").unwrap_or(false);
        let kind = |(layer, heads): (usize, &i64)| match heads {
            0 if hybrid => {
                LayerKind { experts: has_experts(keys, layer), ..LayerKind::RECURRENCE }
            }
            0 => LayerKind {
                mixer: MixerKind::Convolution,
                rope: false,
                experts: has_experts(keys, layer),
                ..LayerKind::ATTENTION
            },
            _ => LayerKind {
                window,
                rope,
                experts: has_experts(keys, layer),
                ..LayerKind::ATTENTION
            },
        };
        let kv_heads = usize::try_from(kv_heads).unwrap_or(0);
        return Ok((list.iter().enumerate().map(kind).collect(), kv_heads));
    }
    // The last of each `pattern` layers sees everything.
    let pattern = match keys.architecture {
        "gemma2" | "gpt-oss" => Some(2),
        "gemma3" => Some(6),
        "gemma3n" => Some(5),
        "cohere2" | "exaone4" | "olmo2" => Some(4),
        _ => None,
    };
    let stated = keys.size("attention.sliding_window_pattern").ok();
    let pattern = stated.filter(|pattern| *pattern > 0).or(pattern);
    // Or there is a list, of whether each layer has a window.
    let listed = keys.gguf.numbers(&keys.key("attention.sliding_window_pattern")).ok();
    let listed: Option<Vec<bool>> =
        listed.map(|list| list.floats().map(|slides| slides != 0.0).collect());
    if listed.as_ref().is_some_and(|listed| listed.len() != count) {
        return Err(invalid_config(
            "attention.sliding_window_pattern has another length",
        ));
    }
    let kind = |layer: usize| {
        let is_last_of = |group: usize| (layer + 1).is_multiple_of(group);
        let sees_all = match &listed {
            Some(listed) => !listed[layer],
            None => pattern.is_some_and(is_last_of),
        };
        let rope = match keys.architecture {
            "smollm3" => !is_last_of(NO_ROPE_INTERVAL),
            "gpt2" | "starcoder" | "bloom" | "mpt" => false,
            // Those that see everything have no positions.
            "cohere2" | "exaone4" if window.is_some() => !sees_all,
            _ => true,
        };
        let window = window.filter(|_| !sees_all);
        let experts = has_experts(keys, layer);
        LayerKind { rope, window, experts, ..LayerKind::ATTENTION }
    };
    let kv_heads = keys.size("attention.head_count_kv").unwrap_or(heads);
    let mut layers: Vec<LayerKind> = (0..count).map(kind).collect();
    altup::share(keys, &mut layers)?;
    Ok((layers, kv_heads))
}
