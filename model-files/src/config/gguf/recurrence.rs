//! State spaces in GGUF files.

use super::keys::Keys;
use crate::config::{Recurrence, RecurrenceKind};
use crate::error::{Result, invalid_config};

/// The recurrence of a model; `None` if it has none.
///
/// # Errors
/// If a size is missing.
pub(super) fn recurrence(keys: &Keys<'_>, epsilon: f64) -> Result<Option<Recurrence>> {
    if keys.architecture == "rwkv7" {
        return wkv(keys, epsilon).map(Some);
    }
    let size = |name: &str| keys.size(&format!("ssm.{name}"));
    let Ok(inner) = size("inner_size") else { return Ok(None) };
    let (states, rank) = (size("state_size")?, size("time_step_rank")?);
    let normed = keys.flag("ssm.dt_b_c_rms").unwrap_or(false);
    // Its rank is the number of heads.
    let width = inner / rank.max(1);
    let kind = match keys.architecture {
        "mamba" => RecurrenceKind::Selective { inner, states, rank, normed },
        "qwen35" | "qwen35moe" | "qwen3next" => RecurrenceKind::Delta {
            key_heads: size("group_count")?,
            value_heads: rank,
            key_width: states,
            value_width: width,
            tiled: keys.architecture != "qwen3next",
        },
        _ => RecurrenceKind::Heads {
            heads: rank,
            width,
            states,
            groups: size("group_count")?,
        },
    };
    let has = |tensor: &str| {
        // Some layers have attention instead.
        (0..8).any(|layer| keys.has_tensor(&format!("blk.{layer}.{tensor}")))
    };
    Ok(Some(Recurrence {
        kind,
        taps: size("conv_kernel")?,
        taps_bias: has("ssm_conv1d.bias"),
        bias: has("ssm_in.bias"),
        // Falcon Mamba's own, which files do not have.
        epsilon: if normed { 1e-6 } else { epsilon },
    }))
}

/// RWKV-7's.
fn wkv(keys: &Keys<'_>, epsilon: f64) -> Result<Recurrence> {
    let (hidden, width) = (keys.size("embedding_length")?, keys.size("wkv.head_size")?);
    if width == 0 || !hidden.is_multiple_of(width) {
        return Err(invalid_config(format!(
            "the width {hidden} does not divide into heads of {width}"
        )));
    }
    let rank = |name: &str| keys.size(&format!("attention.{name}_lora_rank"));
    let kind = RecurrenceKind::Wkv {
        heads: hidden / width,
        width,
        ranks: [
            rank("decay")?,
            rank("iclr")?,
            rank("gate")?,
            rank("value_residual_mix")?,
        ],
    };
    let epsilon = epsilon * width as f64;
    Ok(Recurrence { kind, taps: 2, taps_bias: false, bias: false, epsilon })
}
