//! Rotary embeddings in a `config.json`: `rope_theta` and `rope_scaling` in version 4,
//! `rope_parameters` in version 5, and the names that some families have for them.

use super::fields::Fields;
use crate::config::rope::{long_attention_factor, yarn_attention_factor};
use crate::config::{RopeConfig, RopeScaling};
use crate::error::Result;
use crate::error::invalid_config;

/// A family's defaults for missing fields.
#[derive(Clone, Copy)]
pub(super) struct Defaults {
    pub(super) theta: f64,
    /// The fraction of a head's channels that is rotated.
    pub(super) rotated: f64,
}

impl Default for Defaults {
    fn default() -> Defaults {
        Defaults { theta: 10_000.0, rotated: 1.0 }
    }
}

/// The rotary embedding of layers of one kind: version 5 has the parameters of each kind one
/// level deeper; in version 4, only layers that see everything are scaled.
pub(super) fn of_layers(
    fields: Fields<'_>,
    kind: &str,
    head_dim: usize,
    context_length: usize,
    default_theta: f64,
) -> Result<RopeConfig> {
    let both = fields.object("rope_parameters")?;
    let within = both.map(|both| both.object(kind)).transpose()?.flatten();
    let within = match within {
        None if kind == "full_attention" => fields.object("rope_scaling")?,
        within => within,
    };
    let theta = within.map(|within| within.get("rope_theta")).transpose()?.flatten();
    let theta = match theta {
        Some(theta) => Some(theta),
        None => fields.get("rope_theta")?,
    };
    Ok(RopeConfig {
        theta: theta.unwrap_or(default_theta),
        rotated: head_dim,
        scaling: match within {
            Some(within) => scaling(within, fields, context_length)?,
            None => RopeScaling::None,
        },
        interleaved: false,
    })
}

/// The rotary embedding of heads of `head_dim` channels.
pub(super) fn config(
    fields: Fields<'_>,
    head_dim: usize,
    context_length: usize,
    defaults: Defaults,
) -> Result<RopeConfig> {
    let within = match fields.object("rope_parameters")? {
        Some(parameters) => Some(parameters),
        None => fields.object("rope_scaling")?,
    };
    let theta = within.map(|within| within.get("rope_theta")).transpose()?.flatten();
    let part = within.map(|within| within.get("partial_rotary_factor")).transpose()?;
    let theta = match theta {
        Some(theta) => Some(theta),
        None => fields.first(&["rope_theta", "rotary_emb_base"])?,
    };
    let part: f64 = match part.flatten() {
        Some(part) => part,
        None => fields
            .first(&["partial_rotary_factor", "rotary_pct"])?
            .unwrap_or(defaults.rotated),
    };
    if !(0.0..=1.0).contains(&part) {
        return Err(invalid_config(format!("partial_rotary_factor is {part}")));
    }
    Ok(RopeConfig {
        theta: theta.unwrap_or(defaults.theta),
        rotated: (head_dim as f64 * part) as usize,
        scaling: match within {
            Some(within) => scaling(within, fields, context_length)?,
            None => RopeScaling::None,
        },
        interleaved: false,
    })
}

/// The scaling of the frequencies. `within` has the parameters, `fields` the rest of the
/// configuration.
pub(super) fn scaling(
    within: Fields<'_>,
    fields: Fields<'_>,
    context_length: usize,
) -> Result<RopeScaling> {
    let kind: Option<String> = within.first(&["rope_type", "type"])?;
    let factor: Option<f64> = within.get("factor")?;
    let original = "original_max_position_embeddings";
    let original_context = match within.get(original)? {
        Some(context) => context,
        None => fields.get(original)?.unwrap_or(context_length),
    };
    let stretch = context_length as f64 / original_context.max(1) as f64;
    let attention_factor: Option<f64> = within.get("attention_factor")?;
    Ok(match kind.as_deref().unwrap_or("default") {
        // Dynamic scaling changes nothing up to the trained context, and longer texts are
        // not accepted.
        "default" | "dynamic" => RopeScaling::None,
        "linear" => RopeScaling::Linear { factor: need("factor", factor)? },
        "llama3" => RopeScaling::Llama3 {
            factor: need("factor", factor)?,
            low_freq_factor: need("low_freq_factor", within.get("low_freq_factor")?)?,
            high_freq_factor: need("high_freq_factor", within.get("high_freq_factor")?)?,
            original_context,
        },
        "yarn" if !within.has("long_factor") => {
            let factor = factor.unwrap_or(stretch);
            let mscales = (within.get("mscale")?, within.get("mscale_all_dim")?);
            let attention = match mscales {
                (Some(m), Some(all)) if m != 0.0 && all != 0.0 => {
                    yarn_attention_factor(factor, m) / yarn_attention_factor(factor, all)
                }
                _ => yarn_attention_factor(factor, 1.0),
            };
            RopeScaling::Yarn {
                factor,
                beta_fast: within.get("beta_fast")?.unwrap_or(32.0),
                beta_slow: within.get("beta_slow")?.unwrap_or(1.0),
                attention_factor: attention_factor.unwrap_or(attention),
                truncate: within.get("truncate")?.unwrap_or(true),
                original_context,
            }
        }
        // The first Phi-3 files have the other two names.
        "longrope" | "su" | "yarn" => RopeScaling::Long {
            short: within.need(&["short_factor"])?,
            long: within.need(&["long_factor"])?,
            attention_factor: attention_factor.unwrap_or_else(|| {
                long_attention_factor(factor.unwrap_or(stretch), original_context)
            }),
            original_context,
        },
        other => {
            return Err(invalid_config(format!(
                "rope scaling {other:?} is not supported"
            )));
        }
    })
}

fn need(name: &str, value: Option<f64>) -> Result<f64> {
    value.ok_or_else(|| invalid_config(format!("rope_scaling lacks {name}")))
}
