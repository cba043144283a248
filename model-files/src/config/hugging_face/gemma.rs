//! Gemma (arXiv:2403.08295), Gemma 2 (arXiv:2408.00118) and the text part of Gemma 3 (arXiv:2503.19786).

use super::base::{base_with, sliding};
use super::fields::Fields;
use super::rope;
use crate::config::{
    Activation, Block, Config, LayerKind, QkNorm, RopeConfig, RopeScaling,
};
use crate::error::Result;
use crate::error::invalid_config;
use crate::family::Family;

/// The last of each group of this many layers sees everything; the others have a window.
const GEMMA2_PATTERN: usize = 2;
const GEMMA3_PATTERN: usize = 6;

/// A Llama with norms that are stored less 1, and a scaled embedding.
pub(super) fn gemma1(fields: Fields<'_>) -> Result<Config> {
    let mut config = base_with("gemma", fields, &|name| match name {
        "head_dim" => Some(256),
        _ => None,
    })?;
    config.norm.offset = 1.0;
    if !fields.has("hidden_activation") && !fields.has("hidden_act") {
        config.mlp.activation = Activation::GeluTanh;
    }
    config.scales.embedding = (config.hidden_size as f64).sqrt();
    config.tie_word_embeddings.get_or_insert(true);
    Ok(config)
}

pub(super) fn gemma2(fields: Fields<'_>) -> Result<Config> {
    let mut config = gemma("gemma2", fields, GEMMA2_PATTERN)?;
    config.attention.cap = cap(fields, "attn_logit_softcapping", Some(50.0))?;
    config.logit_cap = cap(fields, "final_logit_softcapping", Some(30.0))?;
    Ok(config)
}

/// Gemma 2 without the norms after attention and MLP.
pub(super) fn vaultgemma(fields: Fields<'_>) -> Result<Config> {
    let mut config = gemma2(fields)?;
    config.architecture = "vaultgemma".into();
    config.block = Block::PreNorm;
    Ok(config)
}

pub(super) fn gemma3(fields: Fields<'_>) -> Result<Config> {
    let pattern = fields.get("sliding_window_pattern")?.unwrap_or(GEMMA3_PATTERN);
    with_two_ropes("gemma3", fields, pattern)
}

/// A Gemma 3, whose layers with a window have a rotary embedding of their own.
pub(super) fn with_two_ropes(
    architecture: &str,
    fields: Fields<'_>,
    pattern: usize,
) -> Result<Config> {
    let mut config = gemma(architecture, fields, pattern)?;
    config.attention.cap = cap(fields, "attn_logit_softcapping", None)?;
    config.logit_cap = cap(fields, "final_logit_softcapping", None)?;
    config.attention.qk_norm = QkNorm::Heads;

    // Version 5 has the parameters of both kinds of layers one level deeper.
    let both = fields.object("rope_parameters")?;
    let parameters_of =
        |kind| both.map(|both| both.object(kind)).transpose().map(Option::flatten);
    let (head_dim, context) = (config.head_dim, config.context_length);
    let rope_config = |within: Option<Fields<'_>>, older: &str, default: f64| {
        let theta = within.map(|within| within.get("rope_theta")).transpose()?.flatten();
        let theta = match theta {
            Some(theta) => theta,
            None => fields.get(older)?.unwrap_or(default),
        };
        let scaling = match within {
            Some(within) => rope::scaling(within, fields, context)?,
            None => RopeScaling::None,
        };
        Ok::<_, crate::ModelFileError>(RopeConfig {
            theta,
            scaling,
            rotated: head_dim,
            interleaved: false,
        })
    };
    let global = match parameters_of("full_attention")? {
        Some(within) => Some(within),
        None => fields.object("rope_scaling")?,
    };
    config.rope = rope_config(global, "rope_theta", 1_000_000.0)?;
    let local = parameters_of("sliding_attention")?;
    config.local_rope = Some(rope_config(local, "rope_local_base_freq", 10_000.0)?);
    Ok(config)
}

fn gemma(architecture: &str, fields: Fields<'_>, pattern: usize) -> Result<Config> {
    if fields.is_on("use_bidirectional_attention")? {
        return Err(invalid_config("models that look ahead are not supported"));
    }
    // Files of the multimodal models leave out sizes that are transformers' defaults.
    let default = |name: &str| match name {
        "hidden_size" if architecture == "gemma3n" => Some(2048),
        "num_hidden_layers" if architecture == "gemma3n" => Some(35),
        "num_key_value_heads" if architecture == "gemma3n" => Some(2),
        "vocab_size" if architecture == "gemma3n" => Some(262_400),
        "max_position_embeddings" if architecture == "gemma3n" => Some(32_768),
        "hidden_size" => Some(2304),
        "intermediate_size" => Some(9216),
        "num_hidden_layers" => Some(26),
        "num_attention_heads" => Some(8),
        "num_key_value_heads" => Some(4),
        "head_dim" => Some(256),
        "vocab_size" if architecture == "gemma3" => Some(262_208),
        "vocab_size" => Some(256_000),
        "max_position_embeddings" if architecture == "gemma3" => Some(131_072),
        "max_position_embeddings" => Some(8192),
        _ => None,
    };
    let mut config = base_with(architecture, fields, &default)?;
    config.family = Family::Gemma;
    config.block = Block::Sandwich;
    config.norm.offset = 1.0;
    if !fields.has("hidden_activation") && !fields.has("hidden_act") {
        config.mlp.activation = Activation::GeluTanh;
    }
    let scalar: f64 = fields.get("query_pre_attn_scalar")?.unwrap_or(256.0);
    config.attention.scale = 1.0 / scalar.sqrt();
    config.scales.embedding = (config.hidden_size as f64).sqrt();
    config.tie_word_embeddings.get_or_insert(true);
    let count = config.num_hidden_layers;
    let window = fields.get("sliding_window")?.unwrap_or(4096);
    let sliding = sliding(fields, count)?.unwrap_or_else(|| {
        (0..count).map(|i| pattern == 0 || !(i + 1).is_multiple_of(pattern)).collect()
    });
    config.layers = sliding
        .into_iter()
        .map(|slides| LayerKind {
            window: slides.then_some(window),
            ..LayerKind::ATTENTION
        })
        .collect();
    Ok(config)
}

/// A cap: `default` if the file does not have the field, `None` if it is null.
pub(super) fn cap(
    fields: Fields<'_>,
    name: &str,
    default: Option<f32>,
) -> Result<Option<f32>> {
    match fields.names(name) {
        true => fields.get(name),
        false => Ok(default),
    }
}
