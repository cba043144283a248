//! DeepSeek-V2 (arXiv:2405.04434): latent attention, and experts of which some serve all
//! tokens.

use super::base::base;
use super::fields::Fields;
use super::rope;
use crate::config::{Config, Experts, Latent, LayerKind, RopeScaling, Weighting};
use crate::error::{Result, invalid_config};
use crate::family::Family;

pub(super) fn v2(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("deepseek_v2", fields)?;
    config.family = Family::Deepseek;
    let size = |name: &str, usual: usize| -> Result<usize> {
        Ok(fields.get(name)?.unwrap_or(usual))
    };
    let rotated = size("qk_rope_head_dim", 64)?;
    config.head_dim = size("qk_nope_head_dim", 128)?.saturating_add(rotated);
    // Keys of all heads come from the same narrow projection.
    config.num_key_value_heads = config.num_attention_heads;
    config.latent = Some(Latent {
        query_rank: match fields.names("q_lora_rank") {
            true => fields.get("q_lora_rank")?,
            // Left out where it is what transformers takes without it.
            false => Some(1536),
        },
        rank: size("kv_lora_rank", 512)?,
        rotated,
        value_width: size("v_head_dim", 128)?,
    });
    let context = config.context_length;
    config.rope = rope::config(fields, rotated, context, rope::Defaults::default())?;
    config.rope.interleaved = true;
    config.attention.scale = scale(fields, config.head_dim, &config.rope.scaling)?;
    let inner = size("moe_intermediate_size", 1407)?;
    let (count, shared) = (size("n_routed_experts", 64)?, size("n_shared_experts", 2)?);
    let method: Option<String> = fields.get("topk_method")?;
    let groups = match method.as_deref().unwrap_or("greedy") {
        "greedy" => None,
        "group_limited_greedy" => {
            Some((fields.need(&["n_group"])?, fields.need(&["topk_group"])?))
        }
        other => {
            return Err(invalid_config(format!(
                "topk_method {other:?} is not supported"
            )));
        }
    };
    config.experts = Some(Experts {
        count,
        used: fields.need(&["num_experts_per_tok"])?,
        inner,
        weighting: Weighting::All,
        router_bias: false,
        shared_inner: inner.saturating_mul(shared),
        shared_gate: false,
        scale: fields.get("routed_scaling_factor")?.unwrap_or(1.0),
        groups,
    });
    let dense = size("first_k_dense_replace", 0)?;
    let kind = |layer| LayerKind { experts: layer >= dense, ..LayerKind::ATTENTION };
    config.layers = (0..config.num_hidden_layers).map(kind).collect();
    Ok(config)
}

/// The factor of scores, which grows with the context that YaRN stretches to.
fn scale(fields: Fields<'_>, head_dim: usize, scaling: &RopeScaling) -> Result<f64> {
    let plain = 1.0 / (head_dim as f64).sqrt();
    let RopeScaling::Yarn { factor, .. } = scaling else { return Ok(plain) };
    let within = match fields.object("rope_parameters")? {
        Some(parameters) => Some(parameters),
        None => fields.object("rope_scaling")?,
    };
    let all = within.map(|within| within.get::<f64>("mscale_all_dim")).transpose()?;
    let all = all.flatten().filter(|all| *all != 0.0);
    let factor = all.map_or(1.0, |all| match *factor > 1.0 {
        true => 0.1 * all * factor.ln() + 1.0,
        false => 1.0,
    });
    Ok(plain * factor * factor)
}
