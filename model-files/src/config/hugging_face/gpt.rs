//! GPT-2 (Radford et al., 2019), GPT-Neo (Black et al., 2021) and GPT-NeoX
//! (arXiv:2204.06745).

use super::base::{activation, base, check_length};
use super::fields::Fields;
use super::rope;
use crate::config::{Block, Config, LayerKind, NormKind};
use crate::error::Result;
use crate::error::invalid_config;
use crate::family::Family;

pub(super) fn gpt2(fields: Fields<'_>) -> Result<Config> {
    for other in ["scale_attn_by_inverse_layer_idx", "add_cross_attention"] {
        if fields.is_on(other)? {
            return Err(invalid_config(format!("{other} is not supported")));
        }
    }
    let mut config = base("gpt2", fields)?;
    config.family = Family::Gpt2;
    config.context_length = fields.get("n_positions")?.unwrap_or(1024);
    if !fields.get("scale_attn_weights")?.unwrap_or(true) {
        config.attention.scale = 1.0;
    }
    set_gpt_defaults(&mut config, fields, "layer_norm_epsilon")?;
    let act: Option<String> = fields.get("activation_function")?;
    config.mlp.activation = activation(act.as_deref().unwrap_or("gelu_new"))?;
    config.attention.qkv_bias = true;
    config.attention.output_bias = true;
    config.learned_positions = true;
    config.layers.fill(LayerKind { rope: false, ..LayerKind::ATTENTION });
    config.tie_word_embeddings.get_or_insert(true);
    Ok(config)
}

pub(super) fn gpt_neo(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("gpt_neo", fields)?;
    config.family = Family::GptNeo;
    set_gpt_defaults(&mut config, fields, "layer_norm_epsilon")?;
    let act: Option<String> = fields.get("activation_function")?;
    config.mlp.activation = activation(act.as_deref().unwrap_or("gelu_new"))?;
    config.attention.qkv_bias = false;
    config.attention.output_bias = true;
    config.attention.scale = 1.0;
    config.learned_positions = true;
    config.tie_word_embeddings.get_or_insert(true);
    let window = fields.get("window_size")?.unwrap_or(256);
    let kind = |local: bool| LayerKind {
        rope: false,
        window: local.then_some(window),
        ..LayerKind::ATTENTION
    };
    let local = local_layers(fields, config.num_hidden_layers)?;
    config.layers = local.into_iter().map(kind).collect();
    Ok(config)
}

/// Whether each layer of a GPT-Neo sees a window only: a list, or kinds with how often they
/// are repeated.
fn local_layers(fields: Fields<'_>, count: usize) -> Result<Vec<bool>> {
    let listed: Option<Vec<String>> = fields.get("attention_layers")?;
    let kinds = match listed {
        Some(listed) => listed,
        None => {
            let types: Option<Vec<(Vec<String>, usize)>> =
                fields.get("attention_types")?;
            let pattern = || (vec!["global".to_owned(), "local".to_owned()], count);
            let types = types.unwrap_or_else(|| vec![pattern()]);
            let repeated = types
                .iter()
                .flat_map(|(kinds, times)| std::iter::repeat_n(kinds, *times).flatten());
            repeated.take(count).cloned().collect()
        }
    };
    check_length("attention_layers", kinds.len(), count)?;
    Ok(kinds.iter().map(|kind| kind == "local").collect())
}

pub(super) fn gpt_neox(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("gpt_neox", fields)?;
    config.family = Family::GptNeox;
    if fields.get("use_parallel_residual")?.unwrap_or(true) {
        config.block = Block::ParallelTwoNorms;
    }
    set_gpt_defaults(&mut config, fields, "layer_norm_eps")?;
    let act: Option<String> = fields.get("hidden_act")?;
    config.mlp.activation = activation(act.as_deref().unwrap_or("gelu"))?;
    let bias = fields.get("attention_bias")?.unwrap_or(true);
    config.attention.qkv_bias = bias;
    config.attention.output_bias = bias;
    let defaults = rope::Defaults { rotated: 0.25, ..Default::default() };
    let context = config.context_length;
    config.rope = rope::config(fields, config.head_dim, context, defaults)?;
    config.tie_word_embeddings.get_or_insert(false);
    Ok(config)
}

/// Sets as many key/value heads as query heads, layer norms with biases, and an MLP with
/// biases and without a gate.
pub(super) fn set_gpt_defaults(
    config: &mut Config,
    fields: Fields<'_>,
    epsilon: &str,
) -> Result<()> {
    config.num_key_value_heads = config.num_attention_heads;
    config.norm.kind = NormKind::Layer;
    config.norm.bias = true;
    config.norm.epsilon = fields.get(epsilon)?.unwrap_or(1e-5);
    config.mlp.gated = false;
    config.mlp.bias = true;
    Ok(())
}
