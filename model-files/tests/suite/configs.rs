//! Published configurations: each family's names of fields in files of transformers 4,
//! and the errors of architectures that are not supported.

use model_files::ModelFileError;
use model_files::config::{Activation, Block, Config, MixerKind, QkNorm, RopeScaling};
use serde_json::{Value, json};

fn config(json: Value) -> Config {
    Config::from_json(json.to_string().as_bytes()).unwrap()
}

fn error(json: Value) -> ModelFileError {
    Config::from_json(json.to_string().as_bytes()).unwrap_err()
}

/// The number of layers with a window.
fn sliding(config: &Config) -> usize {
    config.layers.iter().filter(|layer| layer.window.is_some()).count()
}

#[test]
fn gemma_2_2b() {
    let config = config(json!({
        "architectures": ["Gemma2ForCausalLM"], "attention_bias": false, "attn_logit_softcapping": 50.0,
        "bos_token_id": 2, "cache_implementation": "hybrid", "eos_token_id": [1, 107],
        "final_logit_softcapping": 30.0, "head_dim": 256, "hidden_act": "gelu_pytorch_tanh",
        "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 2304, "intermediate_size": 9216,
        "max_position_embeddings": 8192, "model_type": "gemma2", "num_attention_heads": 8,
        "num_hidden_layers": 26, "num_key_value_heads": 4, "pad_token_id": 0, "query_pre_attn_scalar": 256,
        "rms_norm_eps": 1e-06, "rope_theta": 10000.0, "sliding_window": 4096, "vocab_size": 256000,
    }));
    assert_eq!(
        (config.block, config.mlp.activation),
        (Block::Sandwich, Activation::GeluTanh)
    );
    assert_eq!((config.attention.cap, config.logit_cap), (Some(50.0), Some(30.0)));
    assert_eq!((config.attention.scale, config.scales.embedding), (1.0 / 16.0, 48.0));
    assert_eq!((sliding(&config), config.layers[0].window), (13, Some(4096)));
    assert_eq!(config.tie_word_embeddings, Some(true));
    assert_eq!(config.end_of_generation, [1, 107]);
}

#[test]
fn gemma_3_1b_and_the_text_part_of_4b() {
    let small = config(json!({
        "architectures": ["Gemma3ForCausalLM"], "attention_bias": false, "attn_logit_softcapping": null,
        "bos_token_id": 2, "eos_token_id": [1, 106], "final_logit_softcapping": null, "head_dim": 256,
        "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 1152, "intermediate_size": 6912,
        "max_position_embeddings": 32768, "model_type": "gemma3_text", "num_attention_heads": 4,
        "num_hidden_layers": 26, "num_key_value_heads": 1, "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-06,
        "rope_local_base_freq": 10000, "rope_scaling": null, "rope_theta": 1000000, "sliding_window": 512,
        "sliding_window_pattern": 6, "vocab_size": 262144,
    }));
    assert_eq!((sliding(&small), small.layers[5].window), (22, None));
    assert_eq!(small.rope.theta, 1e6);
    assert_eq!(small.local_rope.as_ref().unwrap().theta, 1e4);
    assert_eq!((small.attention.cap, small.logit_cap), (None, None));
    assert_eq!(small.attention.qk_norm, QkNorm::Heads);

    // This file leaves out sizes that are transformers' defaults.
    let large = config(json!({
        "architectures": ["Gemma3ForConditionalGeneration"], "eoi_token_index": 256000, "eos_token_id": [1, 106],
        "image_token_index": 262144, "model_type": "gemma3",
        "text_config": {
            "hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text",
            "num_hidden_layers": 34, "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
            "sliding_window": 1024
        },
        "vision_config": {"hidden_size": 1152, "model_type": "siglip_vision_model", "num_attention_heads": 16},
    }));
    assert_eq!((large.num_attention_heads, large.num_key_value_heads), (8, 4));
    assert_eq!((large.head_dim, large.vocab_size), (256, 262_208));
    assert_eq!(large.rope.scaling, RopeScaling::Linear { factor: 8.0 });
    assert_eq!(large.local_rope.as_ref().unwrap().scaling, RopeScaling::None);
    assert_eq!((sliding(&large), large.context_length), (29, 131_072));
    assert_eq!(large.end_of_generation, [1, 106]);
}

#[test]
fn phi_3_5_mini_and_phi_2() {
    let factors = |last: f64| -> Vec<f64> {
        (0..48).map(|i| 1.0 + (last - 1.0) * f64::from(i) / 47.0).collect()
    };
    let long = config(json!({
        "attention_bias": false, "bos_token_id": 1, "eos_token_id": 32000, "hidden_act": "silu",
        "hidden_size": 3072, "intermediate_size": 8192, "max_position_embeddings": 131072,
        "model_type": "phi3", "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32,
        "original_max_position_embeddings": 4096, "rms_norm_eps": 1e-05,
        "rope_scaling": {"long_factor": factors(64.0), "short_factor": factors(2.0), "type": "longrope"},
        "rope_theta": 10000.0, "sliding_window": 262144, "tie_word_embeddings": false, "vocab_size": 32064,
    }));
    assert_eq!(long.rope.switches_at(), Some(4096));
    let expected = (1.0 + 32f64.ln() / 4096f64.ln()).sqrt();
    assert!((long.rope.attention_factor() - expected).abs() < 1e-12);
    assert_eq!(long.rope.rotated, 96);

    let phi = config(json!({
        "attention_dropout": 0.0, "bos_token_id": 50256, "eos_token_id": 50256, "hidden_act": "gelu_new",
        "hidden_size": 2560, "intermediate_size": 10240, "layer_norm_eps": 1e-05,
        "max_position_embeddings": 2048, "model_type": "phi", "num_attention_heads": 32,
        "num_hidden_layers": 32, "num_key_value_heads": 32, "partial_rotary_factor": 0.4,
        "qk_layernorm": false, "rope_scaling": null, "rope_theta": 10000.0, "tie_word_embeddings": false,
        "vocab_size": 51200,
    }));
    assert_eq!((phi.rope.rotated, phi.block, phi.head_bias), (32, Block::Parallel, true));
    assert_eq!((phi.mlp.gated, phi.mlp.activation), (false, Activation::GeluTanh));
}

#[test]
fn gpt_2_and_pythia() {
    let gpt2 = config(json!({
        "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1,
        "bos_token_id": 50256, "eos_token_id": 50256, "layer_norm_epsilon": 1e-05, "model_type": "gpt2",
        "n_ctx": 1024, "n_embd": 768, "n_head": 12, "n_layer": 12, "n_positions": 1024, "vocab_size": 50257,
    }));
    assert_eq!((gpt2.intermediate_size, gpt2.context_length), (3072, 1024));
    assert!(gpt2.learned_positions && gpt2.layers.iter().all(|layer| !layer.rope));

    let pythia = config(json!({
        "architectures": ["GPTNeoXForCausalLM"], "bos_token_id": 0, "eos_token_id": 0, "hidden_act": "gelu",
        "hidden_size": 768, "intermediate_size": 3072, "layer_norm_eps": 1e-05,
        "max_position_embeddings": 2048, "model_type": "gpt_neox", "num_attention_heads": 12,
        "num_hidden_layers": 12, "rotary_emb_base": 10000, "rotary_pct": 0.25,
        "tie_word_embeddings": false, "use_parallel_residual": true, "vocab_size": 50304,
    }));
    assert_eq!((pythia.rope.rotated, pythia.block), (16, Block::ParallelTwoNorms));
    assert_eq!(pythia.mlp.activation, Activation::Gelu);
}

#[test]
fn granite_olmo_stablelm_lfm_and_falcon() {
    let granite = config(json!({
        "attention_bias": false, "attention_multiplier": 0.015625, "embedding_multiplier": 12.0,
        "hidden_act": "silu", "hidden_size": 2048, "intermediate_size": 8192, "logits_scaling": 8.0,
        "max_position_embeddings": 131072, "mlp_bias": false, "model_type": "granite",
        "num_attention_heads": 32, "num_hidden_layers": 40, "num_key_value_heads": 8,
        "residual_multiplier": 0.22, "rms_norm_eps": 1e-05, "rope_scaling": null, "rope_theta": 10000000.0,
        "tie_word_embeddings": true, "vocab_size": 49159, "bos_token_id": 0, "eos_token_id": 0,
    }));
    assert_eq!((granite.scales.logits, granite.attention.scale), (0.125, 0.015625));

    let olmo = config(json!({
        "attention_bias": false, "eos_token_id": 100257, "hidden_act": "silu", "hidden_size": 2048,
        "intermediate_size": 8192, "max_position_embeddings": 4096, "model_type": "olmo2",
        "num_attention_heads": 16, "num_hidden_layers": 16, "num_key_value_heads": 16, "pad_token_id": 100277,
        "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 500000, "tie_word_embeddings": false,
        "vocab_size": 100352,
    }));
    assert_eq!((olmo.block, olmo.attention.qk_norm), (Block::PostNorm, QkNorm::Whole));

    let stable = config(json!({
        "bos_token_id": 100257, "eos_token_id": 100257, "hidden_act": "silu", "hidden_size": 2048,
        "intermediate_size": 5632, "layer_norm_eps": 1e-05, "max_position_embeddings": 4096,
        "model_type": "stablelm", "num_attention_heads": 32, "num_hidden_layers": 24,
        "num_key_value_heads": 32, "partial_rotary_factor": 0.25, "rope_theta": 10000,
        "tie_word_embeddings": false, "use_qkv_bias": true, "vocab_size": 100352,
    }));
    assert_eq!((stable.rope.rotated, stable.attention.qkv_bias), (16, true));

    let lfm = config(json!({
        "architectures": ["Lfm2ForCausalLM"], "block_auto_adjust_ff_dim": true, "block_dim": 1024,
        "block_ff_dim": 6656, "block_ffn_dim_multiplier": 1.0, "block_multiple_of": 256,
        "block_norm_eps": 1e-05, "block_use_swiglu": true, "bos_token_id": 1, "conv_L_cache": 3,
        "conv_bias": false, "conv_dim": 1024, "eos_token_id": 7,
        "full_attn_idxs": [2, 5, 8, 10, 12, 14], "hidden_size": 1024, "max_position_embeddings": 128000,
        "model_type": "lfm2", "norm_eps": 1e-05, "num_attention_heads": 16, "num_heads": 16,
        "num_hidden_layers": 16, "num_key_value_heads": 8, "rope_theta": 1000000.0,
        "vocab_size": 65536,
    }));
    assert_eq!((lfm.mixers(), lfm.intermediate_size), ((6, 10), 4608));
    assert_eq!(lfm.layers[2].mixer, MixerKind::Attention);

    let falcon = config(json!({
        "alibi": false, "bias": false, "bos_token_id": 11, "eos_token_id": 11, "hidden_size": 4544,
        "layer_norm_epsilon": 1e-05, "model_type": "falcon", "multi_query": true,
        "new_decoder_architecture": false, "num_attention_heads": 71, "num_hidden_layers": 32,
        "parallel_attn": true, "vocab_size": 65024,
    }));
    assert_eq!((falcon.num_key_value_heads, falcon.head_dim), (1, 64));
    assert_eq!((falcon.block, falcon.intermediate_size), (Block::Parallel, 4 * 4544));
}

#[test]
fn an_unsupported_architecture_is_named_with_all_supported_ones() {
    let unsupported = error(json!({"model_type": "rwkv5", "hidden_size": 64}));
    assert!(matches!(&unsupported, ModelFileError::UnsupportedArchitecture { .. }));
    let message = unsupported.to_string();
    assert!(message.contains("is not supported (of RWKV, only versions 4 and 7 are)"));
    for name in
        ["\"rwkv5\"", "rwkv7", "llama", "gemma3", "phi3", "gpt2", "lfm2", "falcon"]
    {
        assert!(message.contains(name), "{message}");
    }
    let other = error(json!({
        "model_type": "mpt", "attn_config": {"qk_ln": true}, "d_model": 64, "n_heads": 4,
        "n_layers": 1, "vocab_size": 8,
    }));
    assert!(other.to_string().contains("qk_ln"), "{other}");
    let mistyped = error(json!({
        "model_type": "gpt2", "n_embd": "64", "n_head": 4, "n_layer": 1, "vocab_size": 8,
    }));
    assert!(mistyped.to_string().contains("n_embd"), "{mistyped}");
    let missing = error(json!({"model_type": "granite", "hidden_size": 64}));
    assert!(missing.to_string().contains("num_attention_heads"), "{missing}");
}

#[test]
fn gpt_neo_alternates_as_its_attention_types_say() {
    let config = |more: &str| {
        let json = format!(
            r#"{{"model_type": "gpt_neo", "hidden_size": 64, "num_layers": 4, "num_heads": 4,
                "vocab_size": 100, "max_position_embeddings": 512, "window_size": 256{more}}}"#
        );
        Config::from_json(json.as_bytes()).unwrap()
    };
    let windows = |config: &Config| -> Vec<Option<usize>> {
        config.layers.iter().map(|layer| layer.window).collect()
    };
    let alternating = [None, Some(256), None, Some(256)];
    assert_eq!(windows(&config("")), alternating);
    let types = r#", "attention_types": [[["global", "local"], 2]]"#;
    assert_eq!(windows(&config(types)), alternating);
    let local = r#", "attention_layers": ["local", "local", "global", "global"]"#;
    assert_eq!(windows(&config(local)), [Some(256), Some(256), None, None]);
    assert_eq!(config("").attention.scale, 1.0);
}

#[test]
fn what_a_family_has_beyond_this_engine_is_refused_by_name() {
    let sizes = r#""hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "vocab_size": 100, "max_position_embeddings": 64"#;
    for (fields, what) in [
        (r#""model_type": "opt", "_remove_final_layer_norm": true"#, "no final norm"),
        (r#""model_type": "opt", "word_embed_proj_dim": 0"#, "word_embed_proj_dim"),
        (r#""model_type": "exaone4", "sliding_window": 8"#, "layer_types"),
    ] {
        let json = format!("{{{fields}, {sizes}}}");
        let error = Config::from_json(json.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
}
