//! The published configurations of Gemma 3n, and what is refused.

use model_files::config::Config;
use serde_json::{Value, json};

/// A text model as published, with some layers and so many that have keys and values of their
/// own.
fn text(layers: usize, own: usize, inner: usize) -> Value {
    let kind = |layer: usize| match (layer + 1).is_multiple_of(5) {
        true => "full_attention",
        false => "sliding_attention",
    };
    let sparse = |layer: usize| if layer < 10 { 0.95 } else { 0.0 };
    json!({
        "model_type": "gemma3n_text", "altup_active_idx": 0, "altup_correct_scale": true,
        "altup_num_inputs": 4, "final_logit_softcapping": 30.0, "head_dim": 256,
        "activation_sparsity_pattern": (0..layers).map(sparse).collect::<Vec<_>>(),
        "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 2048,
        "hidden_size_per_layer_input": 256, "intermediate_size": vec![inner; layers],
        "laurel_rank": 64, "layer_types": (0..layers).map(kind).collect::<Vec<_>>(),
        "max_position_embeddings": 32768, "num_attention_heads": 8,
        "num_hidden_layers": layers, "num_key_value_heads": 2,
        "num_kv_shared_layers": layers - own, "query_pre_attn_scalar": 256,
        "rms_norm_eps": 1e-06, "rope_local_base_freq": 10000.0, "rope_scaling": null,
        "rope_theta": 1_000_000.0, "sliding_window": 512, "vocab_size": 262_400,
        "vocab_size_per_layer_input": 262_144,
    })
}

fn config(json: &Value) -> Config {
    Config::from_json(json.to_string().as_bytes()).unwrap()
}

#[test]
fn gemma_3n_e2b_and_e4b() {
    // Weights in tens of millions: all of the text model that are used, which has 5 and 8
    // billion with what sees and hears, and those that a token goes through.
    for (text, all, active) in
        [(text(30, 20, 8192), 443, 242), (text(35, 20, 16_384), 683, 448)]
    {
        let alone = config(&text);
        let whole = config(&json!({"model_type": "gemma3n", "text_config": text}));
        assert_eq!(alone, whole);
        let altup = alone.altup.as_ref().unwrap();
        assert_eq!((altup.streams, altup.laurel_rank, altup.layer_width), (4, 64, 256));
        let cutoff = altup.cutoffs[9].unwrap();
        // As torch has the quantile in f32.
        assert!((cutoff - 1.644_853_5).abs() < 1e-6, "{cutoff}");
        assert_eq!(altup.cutoffs[10], None);
        assert_eq!((alone.attention.scale, alone.logit_cap), (1.0, Some(30.0)));
        assert_eq!(alone.norm.offset, 0.0);
        // The last of each kind with keys of its own.
        assert_eq!(alone.layers[20].shares, Some(18));
        assert_eq!(alone.layers[24].shares, Some(19));
        assert_eq!(alone.caching_layers(), 20);
        let (theta, local) = (alone.rope.theta, alone.local_rope.as_ref().unwrap().theta);
        assert_eq!((theta, local), (1_000_000.0, 10_000.0));
        let (weights, used) = alone.parameters();
        assert_eq!(weights / 10_000_000, all);
        assert_eq!(used / 10_000_000, active);
        assert_eq!(alone.active_parameters(), used);
    }
}

#[test]
fn what_no_published_gemma_3n_has_is_refused() {
    for (change, words) in [
        (json!({"altup_active_idx": 1}), "altup_active_idx is not 0"),
        (json!({"altup_num_inputs": 0}), "altup_num_inputs is 0"),
        (json!({"altup_num_inputs": 17}), "altup_num_inputs is 17"),
        (json!({"num_kv_shared_layers": 31}), "num_kv_shared_layers is 31"),
        (json!({"num_kv_shared_layers": 27}), "that no layer has"),
        (json!({"intermediate_size": [8192, 4096]}), "different widths"),
        (json!({"intermediate_size": []}), "different widths"),
        (json!({"activation_sparsity_pattern": [0.5]}), "sparsities cannot be used"),
        (json!({"activation_sparsity_pattern": vec![1.0; 30]}), "is not a share"),
        (json!({"vocab_size_per_layer_input": 0}), "vocab_size_per_layer_input is 0"),
        (json!({"hidden_size_per_layer_input": 1 << 20}), "hidden_size_per_layer_input"),
    ] {
        let mut changed = text(30, 20, 8192);
        let members = changed.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        let error = Config::from_json(changed.to_string().as_bytes()).unwrap_err();
        let message = format!("{error} {error:?}");
        assert!(message.contains(words), "{change}: {message}");
    }
}
