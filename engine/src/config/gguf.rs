//! GGUF metadata as a decoder's configuration. Keys: ggml's `docs/gguf.md`; what the
//! files leave out: llama.cpp's `llama-model.cpp`.

use super::rope::yarn_attention_factor;
use super::{Config, LayerKind, RopeConfig, RopeScaling, invalid};
use crate::error::{EngineError, Result};
use crate::gguf::Gguf;

const SUPPORTED: [&str; 4] = ["llama", "qwen2", "qwen3", "smollm3"];

/// Every so many layers of SmolLM3 one has no rotary embedding; the files do not say so.
const NO_ROPE_INTERVAL: usize = 4;

impl Config {
    /// Reads the configuration from a GGUF file's metadata and tensor names.
    ///
    /// # Errors
    /// If the architecture is outside of the Llama family, a key is missing, or sizes
    /// contradict each other.
    pub fn from_gguf(gguf: &Gguf) -> Result<Config> {
        let architecture = gguf.string("general.architecture")?.to_owned();
        if !SUPPORTED.contains(&architecture.as_str()) {
            return Err(EngineError::UnsupportedArchitecture { name: architecture });
        }
        let key = |name: &str| format!("{architecture}.{name}");
        let size = |name: &str| gguf.usize(&key(name));
        let float = |name: &str| gguf.f64(&key(name)).ok();

        let hidden_size = size("embedding_length")?;
        let heads = size("attention.head_count")?;
        let layer_count = size("block_count")?;
        if heads == 0 || layer_count > 1 << 10 {
            return Err(invalid(format!(
                "it has {heads} heads and {layer_count} layers"
            )));
        }
        let head_dim = size("attention.key_length").unwrap_or(hidden_size / heads);
        if size("rope.dimension_count").is_ok_and(|rotated| rotated != head_dim) {
            return Err(invalid("partial rotary embeddings are not supported"));
        }
        let context_length = size("context_length")?;
        let rope = RopeConfig {
            theta: float("rope.freq_base").unwrap_or(10_000.0),
            scaling: scaling(gguf, &architecture, context_length)?,
            // Files of these architectures have their q and k rows reordered for it.
            interleaved: matches!(architecture.as_str(), "llama" | "smollm3"),
        };
        let rotates = |layer: usize| {
            architecture != "smollm3" || !(layer + 1).is_multiple_of(NO_ROPE_INTERVAL)
        };
        let window = size("attention.sliding_window").ok().filter(|window| *window > 0);
        let layers = (0..layer_count)
            .map(|layer| LayerKind { rope: rotates(layer), window })
            .collect();
        let vocab_size = match gguf.tensor("token_embd.weight").map(|t| &t.shape[..]) {
            Some([rows, _]) => *rows,
            _ => return Err(invalid("the tensor token_embd.weight is missing")),
        };
        let has = |name: &str| gguf.tensor(name).is_some();
        let ends = ["eos", "eot", "eom"]
            .iter()
            .filter_map(|kind| {
                gguf.usize(&format!("tokenizer.ggml.{kind}_token_id")).ok()
            })
            .filter_map(|id| u32::try_from(id).ok())
            .collect();
        Config {
            hidden_size,
            intermediate_size: size("feed_forward_length")?,
            num_hidden_layers: layer_count,
            num_attention_heads: heads,
            num_key_value_heads: size("attention.head_count_kv").unwrap_or(heads),
            head_dim,
            vocab_size,
            context_length,
            rms_norm_eps: float("attention.layer_norm_rms_epsilon")
                .ok_or_else(|| invalid("the epsilon of the norms is missing"))?,
            rope,
            qkv_bias: has("blk.0.attn_q.bias"),
            output_bias: has("blk.0.attn_output.bias"),
            mlp_bias: has("blk.0.ffn_up.bias"),
            qk_norm: has("blk.0.attn_q_norm.weight"),
            tie_word_embeddings: None,
            layers,
            end_of_generation: ends,
            architecture,
        }
        .checked()
    }
}

fn scaling(
    gguf: &Gguf,
    architecture: &str,
    context_length: usize,
) -> Result<RopeScaling> {
    let key = |name: &str| format!("{architecture}.rope.scaling.{name}");
    let float = |name: &str| gguf.f64(&key(name)).ok();
    let factor = float("factor").unwrap_or(1.0);
    match gguf.string(&key("type")).unwrap_or("none") {
        "none" => Ok(RopeScaling::None),
        "linear" => Ok(RopeScaling::Linear { factor }),
        "yarn" => Ok(RopeScaling::Yarn {
            factor,
            beta_fast: float("yarn_beta_fast").unwrap_or(32.0),
            beta_slow: float("yarn_beta_slow").unwrap_or(1.0),
            attention_factor: float("attn_factor").unwrap_or(1.0)
                * yarn_attention_factor(factor, 1.0),
            truncate: true,
            original_context: gguf
                .usize(&key("original_context_length"))
                .unwrap_or(context_length),
        }),
        other => Err(invalid(format!("rope scaling {other:?} is not supported"))),
    }
}
