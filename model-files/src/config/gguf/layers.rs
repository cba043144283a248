//! What sets the layers of a model apart.

use super::keys::Keys;
use crate::config::shape::{LayerKind, MixerKind};
use crate::error::{Result, invalid_config};

/// Every so many layers of SmolLM3 one has no rotary embedding; the files do not say so.
const NO_ROPE_INTERVAL: usize = 4;

/// What sets the layers apart, and the number of key/value heads.
pub(super) fn layers(
    keys: &Keys<'_>,
    count: usize,
    heads: usize,
) -> Result<(Vec<LayerKind>, usize)> {
    let window = keys.size("attention.sliding_window").ok().filter(|window| *window > 0);
    let name = keys.key("attention.head_count_kv");
    // LFM2 has a list: no heads where there is a convolution.
    if let Ok(list) = keys.gguf.numbers(&name) {
        let list: Vec<i64> = list.integers().flatten().collect();
        if list.len() != count {
            return Err(invalid_config(format!("{name} has {} entries", list.len())));
        }
        let most = list.iter().copied().max().unwrap_or(0);
        if list.iter().any(|heads| *heads != 0 && *heads != most) {
            return Err(invalid_config(
                "layers with other numbers of heads are not supported",
            ));
        }
        let kind = |heads: &i64| match heads {
            0 => LayerKind { mixer: MixerKind::Convolution, rope: false, window: None },
            _ => LayerKind { window, ..LayerKind::ATTENTION },
        };
        let most = usize::try_from(most).unwrap_or(0);
        return Ok((list.iter().map(kind).collect(), most));
    }
    // One layer of so many sees everything, the last of them.
    let pattern = match keys.architecture {
        "gemma2" => Some(2),
        "gemma3" => Some(6),
        _ => None,
    };
    let stated = keys.size("attention.sliding_window_pattern").ok();
    let pattern = stated.filter(|pattern| *pattern > 0).or(pattern);
    let kind = |layer: usize| {
        let last_of = |several: usize| (layer + 1).is_multiple_of(several);
        let rope = match keys.architecture {
            "smollm3" => !last_of(NO_ROPE_INTERVAL),
            "gpt2" => false,
            _ => true,
        };
        let sees_all = pattern.is_some_and(last_of);
        LayerKind { rope, window: window.filter(|_| !sees_all), ..LayerKind::ATTENTION }
    };
    let kv_heads = keys.size("attention.head_count_kv").unwrap_or(heads);
    Ok(((0..count).map(kind).collect(), kv_heads))
}
