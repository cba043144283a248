//! Llama, Mistral, Qwen2, Qwen3 and SmolLM3, and what is Llama in all but its name.

use super::base::{base, check_length, sliding};
use super::fields::Fields;
use super::rope;
use crate::config::{Activation, Config, LayerKind, NormConfig, NormKind, QkNorm};
use crate::error::{ModelFileError, Result};

pub(super) fn config(architecture: &str, fields: Fields<'_>) -> Result<Config> {
    let mut config = base(architecture, fields)?;
    config.layers = layers(architecture, fields, config.num_hidden_layers)?;
    match architecture {
        // Always has biases of queries, keys and values, and never one of the output.
        "qwen2" => {
            config.attention.qkv_bias = true;
            config.attention.output_bias = false;
        }
        "qwen3" => config.attention.qk_norm = QkNorm::Heads,
        "internlm3" => {
            config.attention.qkv_bias |= fields.is_on("qkv_bias")?;
            config.attention.output_bias |= fields.is_on("bias")?;
            config.mlp.bias |= fields.is_on("bias")?;
        }
        "seed_oss" => {
            config.attention.qkv_bias = fields.get("attention_bias")?.unwrap_or(true);
            config.attention.output_bias = fields.is_on("attention_out_bias")?;
        }
        "ministral3" => scaled_queries(&mut config, fields)?,
        "smollm3" => {
            let defaults = rope::Defaults { theta: 2_000_000.0, ..Default::default() };
            let context = config.context_length;
            config.rope = rope::config(fields, config.head_dim, context, defaults)?;
            config.tie_word_embeddings.get_or_insert(true);
        }
        _ => (),
    }
    Ok(config)
}

/// The text model of a model with vision.
pub(super) fn text_model(architecture: &str, fields: Fields<'_>) -> Result<Config> {
    let within = fields.object("text_config")?.unwrap_or(fields);
    let inner: Option<String> = within.get("model_type")?;
    match inner.as_deref() {
        Some(inner @ ("mistral" | "ministral" | "ministral3")) => config(inner, within),
        _ => Err(ModelFileError::UnsupportedArchitecture { name: architecture.into() }),
    }
}

/// Ministral 3 scales queries beyond the context that its rotary embedding was trained
/// for. Up to there the factor is 1, and texts end there.
fn scaled_queries(config: &mut Config, fields: Fields<'_>) -> Result<()> {
    let rope = match fields.object("rope_parameters")? {
        Some(rope) => Some(rope),
        None => fields.object("rope_scaling")?,
    };
    let Some(rope) = rope else { return Ok(()) };
    let beta: f64 = rope.get("llama_4_scaling_beta")?.unwrap_or(0.0);
    let original: Option<usize> = rope.get("original_max_position_embeddings")?;
    if let Some(original) = original.filter(|_| beta != 0.0) {
        config.context_length = config.context_length.min(original);
    }
    Ok(())
}

pub(super) fn layers(
    architecture: &str,
    fields: Fields<'_>,
    count: usize,
) -> Result<Vec<LayerKind>> {
    let sliding = sliding(fields, count)?;
    let marks: Option<Vec<u8>> = fields.get("no_rope_layers")?;
    if let Some(marks) = &marks {
        check_length("no_rope_layers", marks.len(), count)?;
    }
    // Only Mistral and its like have a window without `use_sliding_window`.
    let with_window = ["mistral", "ministral", "ministral3", "cwm"];
    let slides =
        fields.get("use_sliding_window")?.unwrap_or(with_window.contains(&architecture));
    let window: Option<usize> = fields.get("sliding_window")?;
    let without = ["llama", "internlm3", "iquestcoder", "seed_oss"];
    let window = window.filter(|_| slides && !without.contains(&architecture));
    let interval: usize = fields.get("no_rope_layer_interval")?.unwrap_or(4);
    let first_sliding: usize = fields.get("max_window_layers")?.unwrap_or(28);
    let kind = |i: usize| {
        // A 1 in the list marks a layer with rotary embedding.
        let rope = match (&marks, architecture) {
            (Some(marks), "smollm3") => marks[i] != 0,
            (None, "smollm3") => interval == 0 || !(i + 1).is_multiple_of(interval),
            _ => true,
        };
        let sliding = match (&sliding, architecture) {
            (_, "mistral" | "ministral3") | (None, "ministral") => true,
            // Every fourth sees everything, beginning with the first.
            (None, "cwm") => !i.is_multiple_of(4),
            (Some(sliding), _) => sliding[i],
            (None, "smollm3") => !rope,
            (None, _) => i >= first_sliding,
        };
        LayerKind { rope, window: window.filter(|_| sliding), ..LayerKind::ATTENTION }
    };
    Ok((0..count).map(kind).collect())
}

/// Hunyuan's plain models: queries and keys are normalised once they are rotated, and a factor
/// stretches the base of the rotation.
pub(super) fn hunyuan(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("hunyuan_v1_dense", fields)?;
    config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-5);
    config.attention.qk_norm = QkNorm::HeadsRotated;
    let within = match fields.object("rope_parameters")? {
        Some(parameters) => Some(parameters),
        None => fields.object("rope_scaling")?,
    };
    let alpha = within.map(|within| within.get::<f64>("alpha")).transpose()?.flatten();
    if let Some(alpha) = alpha.filter(|alpha| *alpha > 0.0) {
        let width = config.head_dim as f64;
        config.rope.theta *= alpha.powf(width / (width - 2.0));
    }
    Ok(config)
}

/// Arcee's AFM: the MLP has no gate, and squares what is above 0.
pub(super) fn arcee(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("arcee", fields)?;
    config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-5);
    squared(&mut config, fields);
    Ok(config)
}

/// Nemotron and Minitron (arXiv:2402.16819): the same MLP, and layer norms whose weights are
/// stored less 1.
pub(super) fn nemotron(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("nemotron", fields)?;
    config.norm = NormConfig {
        kind: NormKind::Layer,
        epsilon: fields.get("norm_eps")?.unwrap_or(1e-5),
        bias: true,
        offset: 1.0,
        ..config.norm
    };
    let defaults = rope::Defaults { rotated: 0.5, ..Default::default() };
    config.rope = rope::config(fields, config.head_dim, config.context_length, defaults)?;
    squared(&mut config, fields);
    Ok(config)
}

fn squared(config: &mut Config, fields: Fields<'_>) {
    config.mlp.gated = false;
    if !fields.has("hidden_act") {
        config.mlp.activation = Activation::ReluSquared;
    }
}
