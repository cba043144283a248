//! Mixtures of experts: Mixtral (arXiv:2401.04088), Qwen2-MoE and Qwen3-MoE
//! (arXiv:2505.09388), GraniteMoE, OLMoE (arXiv:2409.02060) and gpt-oss (arXiv:2508.10925).

use super::base::{base, sliding};
use super::fields::Fields;
use super::{granite, rope};
use crate::config::{
    Activation, Config, Experts, LayerKind, QkNorm, RopeScaling, Weighting,
};
use crate::error::{Result, invalid_config};
use crate::family::Family;

/// Experts of the configured width. Fields of the first names, or their usual values.
pub(super) fn experts(
    fields: Fields<'_>,
    inner: usize,
    (count, used): (usize, usize),
    weighting: Weighting,
) -> Result<Experts> {
    Ok(Experts {
        count: fields.first(&["num_experts", "num_local_experts"])?.unwrap_or(count),
        used: fields.get("num_experts_per_tok")?.unwrap_or(used),
        inner,
        weighting,
        router_bias: false,
        choice_bias: false,
        shared_inner: 0,
        shared_gate: false,
        scale: 1.0,
        groups: None,
    })
}

/// The softmax over all experts, or over the chosen ones.
fn weighting(fields: Fields<'_>) -> Result<Weighting> {
    Ok(match fields.is_on("norm_topk_prob")? {
        true => Weighting::Chosen,
        false => Weighting::All,
    })
}

pub(super) fn mixtral(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("mixtral", fields)?;
    config.family = Family::Moe;
    config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-5);
    let inner = config.intermediate_size;
    config.experts = Some(experts(fields, inner, (8, 2), Weighting::Chosen)?);
    let window = fields.get("sliding_window")?;
    config.layers.fill(LayerKind { window, experts: true, ..LayerKind::ATTENTION });
    Ok(config)
}

pub(super) fn granite(fields: Fields<'_>) -> Result<Config> {
    let mut config = granite::config(fields)?;
    config.architecture = "granitemoe".into();
    config.family = Family::Moe;
    let inner = config.intermediate_size;
    config.experts = Some(experts(fields, inner, (8, 2), Weighting::Chosen)?);
    config.layers.fill(LayerKind { experts: true, ..LayerKind::ATTENTION });
    Ok(config)
}

pub(super) fn olmoe(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("olmoe", fields)?;
    config.family = Family::Moe;
    config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-5);
    config.attention.qk_norm = QkNorm::Whole;
    config.attention.clip = fields.get("clip_qkv")?;
    let inner = config.intermediate_size;
    config.experts = Some(experts(fields, inner, (64, 8), weighting(fields)?)?);
    config.layers.fill(LayerKind { experts: true, ..LayerKind::ATTENTION });
    Ok(config)
}

pub(super) fn qwen2(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("qwen2_moe", fields)?;
    config.family = Family::Moe;
    config.attention.qkv_bias = fields.get("qkv_bias")?.unwrap_or(true);
    config.attention.output_bias = false;
    let inner = fields.get("moe_intermediate_size")?.unwrap_or(1408);
    config.experts = Some(Experts {
        shared_inner: fields.get("shared_expert_intermediate_size")?.unwrap_or(5632),
        shared_gate: true,
        ..experts(fields, inner, (60, 4), weighting(fields)?)?
    });
    let count = config.num_hidden_layers;
    let window = window(fields)?;
    let first: usize = fields.get("max_window_layers")?.unwrap_or(28);
    let sliding = sliding(fields, count)?.unwrap_or_else(|| {
        (0..count).map(|i| i.is_multiple_of(2) && i < first).collect()
    });
    let kind = |slides: bool| LayerKind {
        window: window.filter(|_| slides),
        ..LayerKind::ATTENTION
    };
    config.layers = sparse(fields, sliding.into_iter().map(kind))?;
    Ok(config)
}

pub(super) fn qwen3(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("qwen3_moe", fields)?;
    config.family = Family::Moe;
    config.attention.qk_norm = QkNorm::Heads;
    let inner = fields.get("moe_intermediate_size")?.unwrap_or(768);
    config.experts = Some(experts(fields, inner, (128, 8), weighting(fields)?)?);
    let window = window(fields)?;
    let count = config.num_hidden_layers;
    let kind = LayerKind { window, ..LayerKind::ATTENTION };
    config.layers = sparse(fields, std::iter::repeat_n(kind, count))?;
    Ok(config)
}

/// Qwen's window, which has to be switched on.
fn window(fields: Fields<'_>) -> Result<Option<usize>> {
    let window = fields.get("sliding_window")?;
    Ok(window.filter(|_| fields.is_on("use_sliding_window").unwrap_or(false)))
}

/// Qwen's layers of some kinds, with experts but where the file says otherwise.
pub(super) fn sparse(
    fields: Fields<'_>,
    kinds: impl Iterator<Item = LayerKind>,
) -> Result<Vec<LayerKind>> {
    let step: usize = fields.get("decoder_sparse_step")?.unwrap_or(1);
    let dense: Vec<usize> = fields.get("mlp_only_layers")?.unwrap_or_default();
    let kind = |(layer, kind): (usize, LayerKind)| LayerKind {
        experts: !dense.contains(&layer) && (layer + 1).is_multiple_of(step),
        ..kind
    };
    Ok(kinds.enumerate().map(kind).collect())
}

pub(super) fn gpt_oss(fields: Fields<'_>) -> Result<Config> {
    let own = |name: &str, usual: f64| -> Result<()> {
        let value: f64 = fields.get(name)?.unwrap_or(usual);
        match value == usual {
            true => Ok(()),
            false => Err(invalid_config(format!("{name} {value} is not supported"))),
        }
    };
    own("swiglu_alpha", 1.702)?;
    own("swiglu_limit", 7.0)?;
    let mut config = base("gpt_oss", fields)?;
    config.family = Family::GptOss;
    config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-5);
    let bias = fields.get("attention_bias")?.unwrap_or(true);
    config.attention.qkv_bias = bias;
    config.attention.output_bias = bias;
    config.attention.sinks = true;
    config.mlp.bias = true;
    config.mlp.activation = Activation::ClampedSwiglu;
    let inner = config.intermediate_size;
    config.experts = Some(Experts {
        router_bias: true,
        ..experts(fields, inner, (128, 4), Weighting::Chosen)?
    });
    let defaults = rope::Defaults { theta: 150_000.0, ..Default::default() };
    let context = config.context_length;
    config.rope = rope::config(fields, config.head_dim, context, defaults)?;
    if !fields.has("rope_parameters") && !fields.has("rope_scaling") {
        config.rope.scaling = RopeScaling::Yarn {
            factor: 32.0,
            beta_fast: 32.0,
            beta_slow: 1.0,
            attention_factor: 0.1 * 32f64.ln() + 1.0,
            truncate: false,
            original_context: 4096,
        };
    }
    let count = config.num_hidden_layers;
    let window = fields.get("sliding_window")?.unwrap_or(128);
    let sliding = sliding(fields, count)?
        .unwrap_or_else(|| (0..count).map(|i| i.is_multiple_of(2)).collect());
    let kind = |slides: bool| LayerKind {
        window: slides.then_some(window),
        experts: true,
        ..LayerKind::ATTENTION
    };
    config.layers = sliding.into_iter().map(kind).collect();
    Ok(config)
}
