//! Published configurations of mixtures of experts, as they were written by transformers 4, and
//! what is refused.

use model_files::config::{Config, RopeScaling, Weighting};
use serde_json::{Value, json};

fn config(json: &Value) -> Config {
    Config::from_json(json.to_string().as_bytes()).unwrap()
}

#[test]
fn mixtral_8x7b() {
    let mixtral = config(&json!({
        "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 14336,
        "max_position_embeddings": 32768, "model_type": "mixtral", "num_attention_heads": 32,
        "num_experts_per_tok": 2, "num_hidden_layers": 32, "num_key_value_heads": 8,
        "num_local_experts": 8, "rms_norm_eps": 1e-05, "rope_theta": 1e6,
        "sliding_window": null, "tie_word_embeddings": false, "vocab_size": 32000,
    }));
    let experts = mixtral.experts.unwrap();
    assert_eq!((experts.count, experts.used, experts.inner), (8, 2, 14336));
    assert_eq!(experts.weighting, Weighting::Chosen);
    assert!(mixtral.layers.iter().all(|layer| layer.experts && layer.window.is_none()));
    // As published: 46.7 and 12.9 billion.
    let (all, active) = mixtral.parameters();
    assert_eq!(mixtral.active_parameters(), active);
    assert_eq!((all / 100_000_000, active / 100_000_000), (467, 128));
}

#[test]
fn qwen1_5_moe_a2_7b_and_qwen3_30b_a3b() {
    let qwen2 = config(&json!({
        "decoder_sparse_step": 1, "hidden_size": 2048, "intermediate_size": 5632,
        "max_window_layers": 21, "model_type": "qwen2_moe", "moe_intermediate_size": 1408,
        "norm_topk_prob": false, "num_attention_heads": 16, "num_experts": 60,
        "num_experts_per_tok": 4, "num_hidden_layers": 24, "num_key_value_heads": 16,
        "shared_expert_intermediate_size": 5632, "sliding_window": 32768,
        "use_sliding_window": false, "tie_word_embeddings": false, "vocab_size": 151_936,
    }));
    let experts = qwen2.experts.unwrap();
    assert_eq!((experts.shared_inner, experts.shared_gate), (5632, true));
    assert_eq!(experts.weighting, Weighting::All);
    assert!(qwen2.layers.iter().all(|layer| layer.window.is_none()));
    // As published: 14.3 and 2.7 billion.
    let (all, active) = qwen2.parameters();
    assert_eq!((all / 100_000_000, active / 100_000_000), (143, 26));

    let qwen3 = json!({
        "head_dim": 128, "hidden_size": 2048, "intermediate_size": 6144, "mlp_only_layers": [],
        "model_type": "qwen3_moe", "moe_intermediate_size": 768, "norm_topk_prob": true,
        "num_attention_heads": 32, "num_experts": 128, "num_experts_per_tok": 8,
        "num_hidden_layers": 48, "num_key_value_heads": 4, "rope_theta": 1e6,
        "sliding_window": null, "tie_word_embeddings": false, "use_sliding_window": false,
        "vocab_size": 151_936,
    });
    // As published: 30.5 and 3.3 billion.
    let (all, active) = config(&qwen3).parameters();
    assert_eq!((all / 100_000_000, active / 100_000_000), (305, 33));
}

#[test]
fn gpt_oss_20b() {
    let mut file = json!({
        "attention_bias": true, "head_dim": 64, "hidden_size": 2880, "intermediate_size": 2880,
        "layer_types": ["sliding_attention", "full_attention"], "model_type": "gpt_oss",
        "num_attention_heads": 64, "num_experts_per_tok": 4, "num_hidden_layers": 2,
        "num_key_value_heads": 8, "num_local_experts": 32, "rms_norm_eps": 1e-05,
        "rope_scaling": {
            "beta_fast": 32.0, "beta_slow": 1.0, "factor": 32.0,
            "original_max_position_embeddings": 4096, "rope_type": "yarn", "truncate": false
        },
        "quantization_config": {"quant_method": "mxfp4"},
        "rope_theta": 150_000, "sliding_window": 128, "swiglu_limit": 7.0, "vocab_size": 201_088,
    });
    let model = config(&file);
    assert!(matches!(model.rope.scaling, RopeScaling::Yarn { truncate: false, .. }));
    assert_eq!(model.layers[0].window, Some(128));
    assert!(model.attention.sinks && model.experts.unwrap().router_bias);

    file["swiglu_limit"] = json!(6.0);
    let refused = Config::from_json(file.to_string().as_bytes()).unwrap_err().to_string();
    assert!(refused.contains("swiglu_limit"), "{refused}");
}

#[test]
fn more_experts_than_there_are_cannot_be_used() {
    let file = json!({
        "hidden_size": 64, "model_type": "mixtral", "num_attention_heads": 4,
        "num_experts_per_tok": 9, "num_hidden_layers": 1, "num_local_experts": 8,
        "vocab_size": 8,
    });
    let refused = Config::from_json(file.to_string().as_bytes()).unwrap_err().to_string();
    assert!(refused.contains("experts"), "{refused}");
}
