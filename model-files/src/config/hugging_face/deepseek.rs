//! DeepSeek-V2 (arXiv:2405.04434) and V3, and the models of GLM that are like them: latent
//! attention, and experts of which some serve all tokens.

use super::base::{base, base_with};
use super::fields::Fields;
use super::rope;
use crate::config::{
    Config, Experts, Latent, LayerKind, QkNorm, RopeScaling, Scales, Weighting,
};
use crate::error::{Result, invalid_config};
use crate::family::Family;

pub(super) fn v2(fields: Fields<'_>) -> Result<Config> {
    let mut config = latent("deepseek_v2", fields, Sizes::V2)?;
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
    let experts =
        experts(fields, (64, fields.need(&["num_experts_per_tok"])?), (1407, 2))?;
    config.experts = Some(Experts { groups, ..experts });
    sparse_after(&mut config, fields, 0)?;
    Ok(config)
}

/// DeepSeek-V3 (arXiv:2412.19437), such as Moonlight, and GLM-4.7-Flash: experts are chosen by
/// sigmoids.
pub(super) fn v3(architecture: &str, fields: Fields<'_>) -> Result<Config> {
    let (sizes, experts, dense) = match architecture {
        "deepseek_v3" => (Sizes::V3, ((256, 8), (2048, 1), 2.5, (8, 4)), 3),
        _ => (Sizes::GLM, ((64, 4), (1536, 1), 1.8, (1, 1)), 1),
    };
    let mut config = latent(architecture, fields, sizes)?;
    if architecture != "deepseek_v3" {
        config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-5);
    }
    config.rope.interleaved = fields.get("rope_interleave")?.unwrap_or(true);
    config.experts = Some(sigmoid_experts(fields, experts)?);
    sparse_after(&mut config, fields, dense)?;
    Ok(config)
}

/// Youtu-LLM: DeepSeek-V3 without experts.
pub(super) fn youtu(fields: Fields<'_>) -> Result<Config> {
    let mut config = latent("youtu", fields, Sizes::V3)?;
    config.rope.interleaved = fields.get("rope_interleave")?.unwrap_or(true);
    config.tie_word_embeddings.get_or_insert(true);
    Ok(config)
}

/// MiniCPM3 (arXiv:2404.06395): latent attention, and a factor of all that is added to the stream.
pub(super) fn minicpm3(fields: Fields<'_>) -> Result<Config> {
    let mut config = latent("minicpm3", fields, Sizes::MINICPM)?;
    config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-5);
    config.rope.interleaved = false;
    let hidden = config.hidden_size as f64;
    if let (Some(latent), false) = (&mut config.latent, fields.has("v_head_dim")) {
        latent.value_width = config.hidden_size / config.num_attention_heads.max(1);
    }
    let number = |name: &str, usual: f64| -> Result<f64> {
        Ok(fields.get(name)?.unwrap_or(usual))
    };
    // What is null by its name is no factor; left out, it is that of MiniCPM3-4B.
    let depth = match fields.names("scale_depth") {
        true => fields.get("scale_depth")?,
        false => Some(1.4),
    };
    let base = match fields.names("dim_model_base") {
        true => number("dim_model_base", hidden)?,
        false => 256.0,
    };
    config.scales = Scales {
        embedding: number("scale_emb", 12.0)?,
        residual: depth
            .map_or(1.0, |depth: f64| depth / (config.num_hidden_layers as f64).sqrt()),
        logits: base / hidden,
    };
    config.tie_word_embeddings.get_or_insert(true);
    Ok(config)
}

/// GLM-4.5 and its successors (arXiv:2508.06471): attention as in other models, and the experts
/// of DeepSeek-V3.
pub(super) fn glm4_moe(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("glm4_moe", fields)?;
    config.family = Family::Deepseek;
    config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-5);
    config.attention.output_bias = false;
    if fields.is_on("use_qk_norm")? {
        config.attention.qk_norm = QkNorm::Heads;
    }
    let defaults = rope::Defaults { rotated: 0.5, ..Default::default() };
    config.rope = rope::config(fields, config.head_dim, config.context_length, defaults)?;
    let usual = ((128, 8), (1408, 1), 1.0, (1, 1));
    config.experts = Some(sigmoid_experts(fields, usual)?);
    sparse_after(&mut config, fields, 1)?;
    Ok(config)
}

/// What sizes of latent attention are where a file leaves them out.
struct Sizes {
    query_rank: usize,
    rank: usize,
    rotated: usize,
    plain: usize,
    value_width: usize,
}

impl Sizes {
    const V2: Sizes =
        Sizes { query_rank: 1536, rank: 512, rotated: 64, plain: 128, value_width: 128 };
    const V3: Sizes = Sizes::V2;
    const GLM: Sizes =
        Sizes { query_rank: 768, plain: 192, value_width: 256, ..Sizes::V2 };
    const MINICPM: Sizes =
        Sizes { query_rank: 768, rank: 256, rotated: 32, plain: 64, value_width: 64 };
}

/// A model with latent attention, without its experts.
fn latent(architecture: &str, fields: Fields<'_>, usual: Sizes) -> Result<Config> {
    let size = |name: &str, usual: usize| -> Result<usize> {
        Ok(fields.get(name)?.unwrap_or(usual))
    };
    let rotated = size("qk_rope_head_dim", usual.rotated)?;
    // The width of heads is not that of the model by their number.
    let head_dim = |name: &str| (name == "head_dim").then_some(rotated);
    let mut config = base_with(architecture, fields, &head_dim)?;
    config.family = Family::Deepseek;
    config.head_dim = size("qk_nope_head_dim", usual.plain)?.saturating_add(rotated);
    // Keys of all heads come from the same narrow projection.
    config.num_key_value_heads = config.num_attention_heads;
    config.latent = Some(Latent {
        query_rank: match fields.names("q_lora_rank") {
            true => fields.get("q_lora_rank")?,
            // Left out where it is what transformers takes without it.
            false => Some(usual.query_rank),
        },
        rank: size("kv_lora_rank", usual.rank)?,
        rotated,
        value_width: size("v_head_dim", usual.value_width)?,
    });
    let context = config.context_length;
    config.rope = rope::config(fields, rotated, context, rope::Defaults::default())?;
    config.rope.interleaved = true;
    config.attention.scale = scale(fields, config.head_dim, &config.rope.scaling)?;
    Ok(config)
}

/// Experts, and what their numbers, the number of a token's, their width and the number of
/// those that serve all tokens are where a file leaves them out.
fn experts(
    fields: Fields<'_>,
    (count, used): (usize, usize),
    (inner, shared): (usize, usize),
) -> Result<Experts> {
    let size = |name: &str, usual: usize| -> Result<usize> {
        Ok(fields.get(name)?.unwrap_or(usual))
    };
    let inner = size("moe_intermediate_size", inner)?;
    Ok(Experts {
        count: fields.first(&["n_routed_experts", "num_local_experts"])?.unwrap_or(count),
        used: size("num_experts_per_tok", used)?,
        inner,
        weighting: Weighting::All,
        router_bias: false,
        choice_bias: false,
        shared_inner: inner.saturating_mul(size("n_shared_experts", shared)?),
        shared_gate: false,
        scale: fields.get("routed_scaling_factor")?.unwrap_or(1.0),
        groups: None,
    })
}

/// As [`experts`], chosen by sigmoids; with the usual factor and groups.
#[allow(clippy::type_complexity, reason = "the usual values of one family, in order")]
fn sigmoid_experts(
    fields: Fields<'_>,
    (counts, widths, scale, (groups, used_groups)): (
        (usize, usize),
        (usize, usize),
        f32,
        (usize, usize),
    ),
) -> Result<Experts> {
    let groups = fields.get("n_group")?.unwrap_or(groups);
    let used_groups = fields.get("topk_group")?.unwrap_or(used_groups);
    let normalised = fields.get("norm_topk_prob")?.unwrap_or(true);
    Ok(Experts {
        weighting: Weighting::Sigmoid { normalised },
        choice_bias: true,
        scale: fields.get("routed_scaling_factor")?.unwrap_or(scale),
        groups: (groups > 1).then_some((groups, used_groups)),
        ..experts(fields, counts, widths)?
    })
}

/// Layers with experts: those that the file names, or those after the first ones.
fn sparse_after(config: &mut Config, fields: Fields<'_>, usual: usize) -> Result<()> {
    let named: Option<Vec<String>> = fields.get("mlp_layer_types")?;
    let dense = fields.get("first_k_dense_replace")?.unwrap_or(usual);
    let has_experts = |layer: usize| match &named {
        Some(kinds) => kinds.get(layer).is_none_or(|kind| kind != "dense"),
        None => layer >= dense,
    };
    let kind = |layer| LayerKind { experts: has_experts(layer), ..LayerKind::ATTENTION };
    config.layers = (0..config.num_hidden_layers).map(kind).collect();
    Ok(())
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
