//! Models under names that are not known: read as the family that their settings and
//! tensors are of, and refused where either says otherwise. What is not supported is never
//! called damaged.

use engine::{EngineError, Session};
use protocol::{ErrorCode, Precision};
use random_model::{Files, Kind, Shape};
use serde_json::{Map, Value, json};

use crate::common::tiny::load;

fn files() -> Files {
    random_model::files(&Shape::tiny(), Kind::Instruct, 1)
}

/// Files whose configuration has other members; null takes one away.
fn with_config(members: Value) -> Files {
    let mut files = files();
    let mut config: Map<String, Value> = serde_json::from_slice(&files.config).unwrap();
    for (name, value) in members.as_object().unwrap() {
        match value.is_null() {
            true => config.remove(name),
            false => config.insert(name.clone(), value.clone()),
        };
    }
    files.config = serde_json::to_vec(&config).unwrap();
    files
}

/// The same weights with tensors under other names, and tensors of one number added.
fn renamed(file: &[u8], name: impl Fn(&str) -> String, added: &[&str]) -> Vec<u8> {
    let (length, rest) = file.split_first_chunk::<8>().unwrap();
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let header: Map<String, Value> = serde_json::from_slice(header).unwrap();
    let mut tensors: Map<String, Value> =
        header.into_iter().map(|(old, tensor)| (name(&old), tensor)).collect();
    let mut data = data.to_vec();
    for name in added {
        let start = data.len();
        data.extend(1f32.to_le_bytes());
        let offsets = [start, data.len()];
        let tensor = json!({"dtype": "F32", "shape": [1], "data_offsets": offsets});
        tensors.insert((*name).to_owned(), tensor);
    }
    let header = serde_json::to_vec(&tensors).unwrap();
    [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()
}

fn open(files: Files) -> engine::Result<Session> {
    load(files, Precision::F32)
}

fn check_refused(result: engine::Result<Session>, words: &str) {
    let error: EngineError = result.unwrap_err();
    let failure = error.failure();
    let hint = failure.hint.unwrap_or_default();
    assert!(failure.message.contains(words), "{words}: {error}");
    assert!(!hint.contains("again"), "{error} {hint}");
    assert_eq!(failure.code, ErrorCode::UnsupportedModel, "{error}");
}

#[test]
fn a_llama_under_another_name_is_read_and_says_so() {
    for members in [
        json!({"model_type": "Yi", "architectures": ["YiForCausalLM"]}),
        json!({"model_type": "aquila", "auto_map": {"AutoModelForCausalLM": "modeling_aquila.AquilaForCausalLM"}}),
        json!({"model_type": "smollm", "architectures": ["LlamaForCausalLM"]}),
        json!({"model_type": null, "architectures": ["XverseForCausalLM"]}),
        json!({"model_type": "somebodys-own", "qk_norm": false, "embedding_multiplier": 1.0, "num_experts": 0}),
    ] {
        let files = with_config(members.clone());
        let description = open(files).unwrap().description().clone();
        assert_eq!(description.architecture, "llama", "{members}");
        assert!(description.calls_itself.is_some(), "{members}");
    }
    let known = open(files()).unwrap().description().clone();
    assert_eq!(known.calls_itself, None);
}

#[test]
fn a_setting_that_means_something_else_is_a_reason_to_refuse() {
    let name = "somebodys-own";
    for (members, words) in [
        (json!({"num_experts": 8}), "num_experts is 8"),
        (json!({"kv_lora_rank": 512}), "kv_lora_rank is 512"),
        (json!({"use_qk_norm": true}), "use_qk_norm is true"),
        (json!({"scale_emb": 12}), "scale_emb is 12"),
        (
            json!({"layer_types": ["full_attention", "linear_attention"]}),
            "linear_attention",
        ),
        (json!({"position_embedding_type": "alibi"}), "alibi"),
        (json!({"rms_norm_eps": null}), "is not supported"),
    ] {
        let mut members = members;
        members["model_type"] = name.into();
        let result = open(with_config(members));
        check_refused(result, words);
    }
    // These have code of their own, whatever their settings look like.
    for name in ["xglm", "dots1", "internlm2", "rwkv5"] {
        check_refused(open(with_config(json!({"model_type": name}))), "is not supported");
    }
}

#[test]
fn a_tensor_that_a_llama_lacks_is_a_reason_to_refuse() {
    for tensor in [
        "model.layers.0.self_attn.q_norm.weight",
        "model.layers.0.mlp.gate.weight",
        "model.layers.0.self_attn.sinks",
        "model.layers.1.input_layernorm.bias",
    ] {
        let mut files = with_config(json!({"model_type": "somebodys-own"}));
        files.safetensors = renamed(&files.safetensors, str::to_owned, &[tensor]);
        check_refused(open(files), tensor);
    }
    // A buffer of older files is nothing that is computed with.
    let mut files = with_config(json!({"model_type": "somebodys-own"}));
    let buffer = "model.layers.0.self_attn.rotary_emb.inv_freq";
    files.safetensors = renamed(&files.safetensors, str::to_owned, &[buffer]);
    assert!(open(files).is_ok());
}

#[test]
fn weights_whose_names_begin_otherwise_are_found() {
    for before in ["module.", "_orig_mod.", "base_model.model.", "language_model."] {
        let mut files = files();
        files.safetensors =
            renamed(&files.safetensors, |name| format!("{before}{name}"), &[]);
        assert!(open(files).is_ok(), "{before}");
    }
    let mut files = files();
    let inner = |name: &str| match name.strip_prefix("model.") {
        Some(rest) => format!("model.language_model.{rest}"),
        None => name.to_owned(),
    };
    files.safetensors = renamed(&files.safetensors, inner, &["model.vision_tower.x"]);
    assert!(open(files).is_ok());
}

#[test]
fn quantised_weights_and_adapters_are_told_by_their_tensors() {
    for (tensor, words) in [
        ("model.layers.0.mlp.up_proj.qweight", "quantised by GPTQ or AWQ"),
        ("model.layers.0.mlp.up_proj.weight_packed", "quantised by compressed-tensors"),
        ("model.layers.0.mlp.up_proj.weight.absmax", "quantised by bitsandbytes"),
        ("model.layers.0.mlp.up_proj.biases", "quantised by MLX"),
        ("model.layers.0.mlp.up_proj.lora_A.default.weight", "an adapter (LoRA)"),
    ] {
        let mut files = files();
        files.safetensors = renamed(&files.safetensors, str::to_owned, &[tensor]);
        check_refused(open(files), words);
    }
}

#[test]
fn files_of_two_models_and_models_without_a_head_are_not_called_damaged() {
    let wider = with_config(json!({"hidden_size": 96, "head_dim": 16}));
    check_refused(open(wider), "do not fit its configuration");
    let mut files = with_config(json!({"tie_word_embeddings": false}));
    let no_head = |name: &str| match name {
        "lm_head.weight" => "score.weight".to_owned(),
        name => name.to_owned(),
    };
    files.safetensors = renamed(&files.safetensors, no_head, &[]);
    check_refused(open(files), "without an output head");
}
