//! All files of a model, as Hugging Face lays them out.

use std::path::Path;

use serde_json::json;

use crate::numbers::Numbers;
use crate::safetensors_file::safetensors_file;
use crate::shape::Shape;
use crate::tokenizer::{END_OF_TEXT, END_OF_TURN, Kind, tokenizer, tokenizer_config};

/// A model's files.
#[derive(Clone, Debug)]
pub struct Files {
    /// `config.json`.
    pub config: Vec<u8>,
    /// `model.safetensors`.
    pub safetensors: Vec<u8>,
    /// `tokenizer.json`: byte-level, without merges.
    pub tokenizer: Vec<u8>,
    /// `tokenizer_config.json`, with a ChatML template unless it is a base model.
    pub tokenizer_config: Vec<u8>,
    /// `generation_config.json`.
    pub generation_config: Vec<u8>,
}

/// The files of a random Llama with tied embeddings, in F32.
///
/// ```
/// use random_model::{Kind, Shape, files};
///
/// let base = files(&Shape::tiny(), Kind::Base, 1);
/// let same = files(&Shape::tiny(), Kind::Base, 1);
/// assert_eq!(base.safetensors, same.safetensors);
/// let instruct = files(&Shape::tiny(), Kind::Instruct, 1);
/// assert!(String::from_utf8_lossy(&instruct.tokenizer_config).contains("chat_template"));
/// ```
pub fn files(shape: &Shape, kind: Kind, seed: u64) -> Files {
    files_of(shape, kind, Numbers::F32, seed)
}

/// The same, with numbers in the given format.
pub fn files_of(shape: &Shape, kind: Kind, numbers: Numbers, seed: u64) -> Files {
    let config = json!({
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": shape.hidden_size,
        "intermediate_size": shape.intermediate_size,
        "num_hidden_layers": shape.num_hidden_layers,
        "num_attention_heads": shape.num_attention_heads,
        "num_key_value_heads": shape.num_key_value_heads,
        "vocab_size": shape.vocab_size,
        "max_position_embeddings": shape.max_position_embeddings,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10_000.0,
        "hidden_act": "silu",
        "tie_word_embeddings": true,
        "eos_token_id": END_OF_TEXT,
    });
    let generation_config = json!({ "eos_token_id": [END_OF_TEXT, END_OF_TURN] });
    Files {
        config: bytes(&config),
        safetensors: safetensors_file(shape, numbers, seed),
        tokenizer: bytes(&tokenizer()),
        tokenizer_config: bytes(&tokenizer_config(kind)),
        generation_config: bytes(&generation_config),
    }
}

impl Files {
    /// Writes the files into a folder, which is created if it does not exist.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write_to(&self, folder: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let files = [
            ("config.json", &self.config),
            ("model.safetensors", &self.safetensors),
            ("tokenizer.json", &self.tokenizer),
            ("tokenizer_config.json", &self.tokenizer_config),
            ("generation_config.json", &self.generation_config),
        ];
        files
            .iter()
            .try_for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes))
    }
}

fn bytes(json: &serde_json::Value) -> Vec<u8> {
    json.to_string().into_bytes()
}
