//! The published configuration of RWKV-4, and what is refused.

use model_files::config::{Config, RecurrenceKind};
use serde_json::{Value, json};

/// Of 169 million weights, as published.
fn published() -> Value {
    json!({
        "architectures": ["RwkvForCausalLM"], "attention_hidden_size": 768, "bos_token_id": 0,
        "context_length": 1024, "eos_token_id": 0, "hidden_size": 768,
        "intermediate_size": 3072, "layer_norm_epsilon": 1e-05, "model_type": "rwkv",
        "num_hidden_layers": 12, "rescale_every": 6, "tie_word_embeddings": false,
        "use_cache": true, "vocab_size": 50277,
    })
}

fn read(json: &Value) -> model_files::Result<Config> {
    Config::from_json(json.to_string().as_bytes())
}

#[test]
fn rwkv_4_169m() {
    let config = read(&published()).unwrap();
    let recurrence = config.recurring().unwrap();
    assert_eq!(recurrence.kind, RecurrenceKind::Averages { inner: 768 });
    // The last inputs of mixer and network, and three numbers of each channel.
    assert_eq!(config.state_bytes(), 12 * 5 * 768 * size_of::<f32>());
    assert_eq!((config.context_length, config.vocab_size), (1024, 50277));
    let (matrices, active) = config.parameters();
    assert_eq!((matrices / 1_000_000, active), (169, matrices));
    let mut short = published();
    for field in ["attention_hidden_size", "intermediate_size", "context_length"] {
        short.as_object_mut().unwrap().remove(field);
    }
    assert_eq!(read(&short).unwrap(), config);
}

#[test]
fn what_no_published_rwkv_4_has_is_refused() {
    for (field, value, words) in [
        ("attention_hidden_size", json!(512), "attention_hidden_size is 512"),
        ("layer_norm_epsilon", json!(1e-3), "layer_norm_epsilon is not"),
        ("vocab_size", json!(0), "vocab_size is 0"),
    ] {
        let mut changed = published();
        changed[field] = value;
        let error = format!("{:?}", read(&changed).unwrap_err());
        assert!(error.contains(words), "{error}");
    }
}
