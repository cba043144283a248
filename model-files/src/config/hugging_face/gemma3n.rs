//! The text part of Gemma 3n (Google, 2025, the model's card and code).

use serde_json::Value;

use super::fields::Fields;
use super::gemma;
use crate::config::altup::{normal_quantile, share_last};
use crate::config::{AltUp, Config};
use crate::error::{Result, invalid_config};
use crate::family::Family;

/// The last of each group of this many layers sees everything.
const PATTERN: usize = 5;
/// If a file does not say which layers are sparse: so many of the first, and how sparse.
const SPARSE: (usize, f64) = (10, 0.95);

pub(super) fn config(fields: Fields<'_>) -> Result<Config> {
    let changed = fields.with([
        ("intermediate_size", inner(fields)?.into()),
        ("sliding_window", fields.get("sliding_window")?.unwrap_or(512_u32).into()),
    ]);
    let mut config = gemma::with_two_ropes("gemma3n", Fields::of(&changed), PATTERN)?;
    let count = config.num_hidden_layers;
    if fields.get("altup_active_idx")?.unwrap_or(0) != 0 {
        return Err(invalid_config("altup_active_idx is not 0"));
    }
    let size = |name, default| fields.get(name).map(|size| size.unwrap_or(default));
    config.altup = Some(AltUp {
        streams: size("altup_num_inputs", 4)?,
        scaled: fields.get("altup_correct_scale")?.unwrap_or(true),
        laurel_rank: size("laurel_rank", 64)?,
        layer_width: size("hidden_size_per_layer_input", 256)?,
        layer_vocab: size("vocab_size_per_layer_input", 262_144)?,
        cutoffs: cutoffs(fields, count)?,
    });
    share_last(&mut config.layers, size("num_kv_shared_layers", 15)?)?;
    config.family = Family::Gemma3n;
    config.norm.offset = 0.0;
    config.attention.scale = 1.0;
    config.attention.cap = None;
    config.attention.value_norm = true;
    config.logit_cap = gemma::cap(fields, "final_logit_softcapping", Some(30.0))?;
    Ok(config)
}

/// The width of the networks, of which files have a list.
fn inner(fields: Fields<'_>) -> Result<usize> {
    let widths: Vec<usize> = match fields.get::<Value>("intermediate_size")? {
        None => vec![16_384],
        Some(Value::Array(_)) => fields.need(&["intermediate_size"])?,
        Some(_) => vec![fields.need(&["intermediate_size"])?],
    };
    match widths.split_first() {
        Some((first, rest)) if rest.iter().all(|width| width == first) => Ok(*first),
        _ => Err(invalid_config("layers of different widths are not supported")),
    }
}

/// For each layer what its gate's channels are to be above their mean, in standard
/// deviations.
fn cutoffs(fields: Fields<'_>, count: usize) -> Result<Vec<Option<f32>>> {
    let shares: Vec<f64> = match fields.get("activation_sparsity_pattern")? {
        Some(shares) => shares,
        None if count <= SPARSE.0 => vec![0.0; count],
        None => (0..count).map(|at| if at < SPARSE.0 { SPARSE.1 } else { 0.0 }).collect(),
    };
    if !shares.iter().all(|share| (0.0..1.0).contains(share)) {
        return Err(invalid_config("an activation sparsity is not a share"));
    }
    let cutoff = |share: &f64| (*share > 0.0).then(|| normal_quantile(*share) as f32);
    Ok(shares.iter().map(cutoff).collect())
}
