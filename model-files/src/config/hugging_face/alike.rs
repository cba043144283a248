//! Architectures whose names are not known here, and whose settings are those of a family
//! that is: a Llama under another name. Whether their tensors are, too, is checked when they
//! are loaded ([`SafetensorsSource::fit`](crate::weights::SafetensorsSource::fit)).

use serde_json::Value;

use super::fields::Fields;
use super::llama;
use super::other_code::has_other_code;
use crate::config::Config;
use crate::error::{ModelFileError, Result};

/// Classes of transformers and the architectures that they are of. Models with code of
/// their own often keep the class's name, or name it in `auto_map`.
const CLASSES: [(&str, &str); 4] = [
    ("LlamaForCausalLM", "llama"),
    ("MistralForCausalLM", "mistral"),
    ("Qwen2ForCausalLM", "qwen2"),
    ("Qwen3ForCausalLM", "qwen3"),
];

/// Settings that every Llama has.
const OF_LLAMA: [&str; 6] = [
    "hidden_size",
    "intermediate_size",
    "num_attention_heads",
    "num_hidden_layers",
    "rms_norm_eps",
    "vocab_size",
];

/// Settings by which a model computes something that a Llama does not, unless they are off.
const OTHERWISE: [&str; 41] = [
    "alibi",
    "attention_multiplier",
    "attention_sinks",
    "attn_logit_softcapping",
    "clip_qkv",
    "conv_kernel",
    "cross_attention_layers",
    "dim_model_base",
    "embedding_multiplier",
    "ffn_layernorm",
    "final_logit_softcapping",
    "first_k_dense_replace",
    "hidden_size_per_layer_input",
    "is_encoder_decoder",
    "kv_lora_rank",
    "layer_norm_eps",
    "logit_scale",
    "logits_scaling",
    "moe_intermediate_size",
    "n_routed_experts",
    "no_rope_layers",
    "num_experts",
    "num_experts_per_tok",
    "num_kv_shared_layers",
    "num_local_experts",
    "parallel_attn",
    "q_lora_rank",
    "qk_layernorm",
    "qk_norm",
    "query_pre_attn_scalar",
    "residual_multiplier",
    "rope_interleave",
    "rope_interleaved",
    "scale_depth",
    "scale_emb",
    "ssm_state_size",
    "state_size",
    "use_alibi",
    "use_bidirectional_attention",
    "use_parallel_residual",
    "use_qk_norm",
];

/// The configuration of a model that calls itself `name`.
///
/// # Errors
/// If its settings are not a known family's, with the first that says so.
pub(super) fn config(name: &str, value: &Value, fields: Fields<'_>) -> Result<Config> {
    let unsupported = || ModelFileError::UnsupportedArchitecture { name: name.into() };
    let like = class(value);
    let is_llama = OF_LLAMA.iter().all(|name| fields.has(name));
    if has_other_code(name) || !is_llama {
        return Err(unsupported());
    }
    let unlike = |what: String| ModelFileError::Unlike { name: name.into(), what };
    for setting in OTHERWISE {
        if let Some(value) = value.get(setting).filter(|value| !is_off(value)) {
            return Err(unlike(format!("its setting {setting} is {value}")));
        }
    }
    let kinds = value["layer_types"].as_array().into_iter().flatten();
    let known = ["full_attention", "sliding_attention"];
    let mut kinds = kinds.filter_map(Value::as_str);
    if let Some(kind) = kinds.find(|kind| !known.contains(kind)) {
        return Err(unlike(format!("it has layers of the type {kind:?}")));
    }
    let position = value["position_embedding_type"].as_str().unwrap_or("rope");
    if !position.starts_with("ro") {
        return Err(unlike(format!("its position_embedding_type is {position:?}")));
    }
    let like = like.unwrap_or("llama");
    let mut config = llama::config(like, fields)?;
    // Who has a window says so, whatever the class.
    if like == "llama" && fields.get("use_sliding_window")?.unwrap_or(true) {
        config.layers = llama::layers("ministral", fields, config.num_hidden_layers)?;
    }
    // Other programs' names of the same setting.
    let has_bias =
        ["qkv_bias", "use_bias", "bias"].iter().any(|name| is_true(value, name));
    config.attention.qkv_bias |= has_bias;
    config.calls_itself = Some(name.to_owned());
    Ok(config)
}

/// The architecture of a class that the file names: in `architectures`, or in `auto_map` as
/// `modeling_yi.YiForCausalLM`.
fn class(value: &Value) -> Option<&'static str> {
    let listed = value["architectures"].as_array().into_iter().flatten();
    let mapped = value["auto_map"].as_object().into_iter().flat_map(|map| map.values());
    let names = listed.chain(mapped).filter_map(Value::as_str);
    names.filter_map(known_class).next()
}

fn known_class(name: &str) -> Option<&'static str> {
    let name = name.rsplit('.').next().unwrap_or(name);
    CLASSES
        .iter()
        .find(|(class, _)| *class == name)
        .map(|(_, architecture)| *architecture)
}

fn is_true(value: &Value, name: &str) -> bool {
    value[name] == Value::Bool(true)
}

/// Whether a setting has the value by which it does nothing.
fn is_off(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => matches!(number.as_f64(), Some(0.0 | 1.0)),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) => false,
    }
}
