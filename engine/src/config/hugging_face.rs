//! `config.json` as transformers writes it, versions 4 and 5.

use serde::Deserialize;

use super::rope::yarn_attention_factor;
use super::{Config, LayerKind, RopeConfig, RopeScaling, invalid};
use crate::error::{EngineError, Result};

/// The fields that matter here, under the names that they have in the file.
#[derive(Deserialize)]
struct Raw {
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    vocab_size: usize,
    max_position_embeddings: Option<usize>,
    rms_norm_eps: Option<f64>,
    hidden_act: Option<String>,
    rope_theta: Option<f64>,
    rope_scaling: Option<RawRope>,
    /// Version 5 puts `rope_theta` and `rope_scaling` here.
    rope_parameters: Option<RawRope>,
    attention_bias: Option<bool>,
    mlp_bias: Option<bool>,
    tie_word_embeddings: Option<bool>,
    sliding_window: Option<usize>,
    use_sliding_window: Option<bool>,
    max_window_layers: Option<usize>,
    layer_types: Option<Vec<String>>,
    no_rope_layers: Option<Vec<u8>>,
    no_rope_layer_interval: Option<usize>,
    eos_token_id: Option<OneOrMany>,
}

#[derive(Deserialize, Default)]
struct RawRope {
    rope_type: Option<String>,
    /// The older name of `rope_type`.
    r#type: Option<String>,
    rope_theta: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<usize>,
    attention_factor: Option<f64>,
    beta_fast: Option<f64>,
    beta_slow: Option<f64>,
    mscale: Option<f64>,
    mscale_all_dim: Option<f64>,
    truncate: Option<bool>,
    partial_rotary_factor: Option<f64>,
}

/// A token id, or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(u32),
    Many(Vec<u32>),
}

impl OneOrMany {
    pub(crate) fn into_vec(self) -> Vec<u32> {
        match self {
            OneOrMany::One(id) => vec![id],
            OneOrMany::Many(ids) => ids,
        }
    }
}

impl Config {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// If it is not JSON, names an architecture outside of the Llama family, or its
    /// sizes contradict each other.
    pub fn from_json(json: &[u8]) -> Result<Config> {
        // The architecture first: other families' files lack the fields of `Raw`.
        let value: serde_json::Value = serde_json::from_slice(json)
            .map_err(|e| invalid(format!("config.json is not JSON ({e})")))?;
        let named = value["model_type"].as_str().map(str::to_owned).or_else(|| {
            value["architectures"][0]
                .as_str()
                .map(|class| class.trim_end_matches("ForCausalLM").to_lowercase())
        });
        let architecture =
            named.ok_or_else(|| invalid("config.json has no model_type"))?;
        if !SUPPORTED.contains(&architecture.as_str()) {
            return Err(EngineError::UnsupportedArchitecture { name: architecture });
        }
        let raw: Raw = serde_json::from_value(value)
            .map_err(|e| invalid(format!("config.json: {e}")))?;
        raw.into_config(architecture)
    }
}

const SUPPORTED: [&str; 5] = ["llama", "mistral", "qwen2", "qwen3", "smollm3"];

impl Raw {
    fn into_config(mut self, architecture: String) -> Result<Config> {
        if let Some(act) = self.hidden_act.as_deref().filter(|act| *act != "silu") {
            return Err(invalid(format!("the activation {act:?} is not supported")));
        }
        let heads = self.num_attention_heads;
        let head_dim = match self.head_dim {
            Some(head_dim) => head_dim,
            None if heads > 0 && self.hidden_size.is_multiple_of(heads) => {
                self.hidden_size / heads
            }
            None => {
                return Err(invalid(format!(
                    "hidden_size {} does not divide into {heads} heads",
                    self.hidden_size
                )));
            }
        };
        // Checked before `layers` makes a list of that length.
        if self.num_hidden_layers > 1 << 10 {
            return Err(invalid(format!("it has {} layers", self.num_hidden_layers)));
        }
        let layers = self.layers(&architecture)?;
        let context_length = self.max_position_embeddings.unwrap_or(2048);
        let attention_bias = self.attention_bias.unwrap_or(false);
        Config {
            hidden_size: self.hidden_size,
            intermediate_size: self.intermediate_size,
            num_hidden_layers: self.num_hidden_layers,
            num_attention_heads: heads,
            num_key_value_heads: self.num_key_value_heads.unwrap_or(heads),
            head_dim,
            vocab_size: self.vocab_size,
            context_length,
            rms_norm_eps: self.rms_norm_eps.unwrap_or(1e-6),
            rope: self.rope(&architecture, context_length)?,
            // Qwen2 always has these three and never the output bias.
            qkv_bias: attention_bias || architecture == "qwen2",
            output_bias: attention_bias && architecture != "qwen2",
            mlp_bias: self.mlp_bias.unwrap_or(false),
            qk_norm: architecture == "qwen3",
            tie_word_embeddings: self
                .tie_word_embeddings
                .or((architecture == "smollm3").then_some(true)),
            layers,
            end_of_generation: self
                .eos_token_id
                .take()
                .map(OneOrMany::into_vec)
                .unwrap_or_default(),
            architecture,
        }
        .checked()
    }

    fn layers(&self, architecture: &str) -> Result<Vec<LayerKind>> {
        let count = self.num_hidden_layers;
        let complete = |name: &str, length: Option<usize>| match length {
            Some(length) if length != count => {
                Err(invalid(format!("{name} has {length} entries for {count} layers")))
            }
            _ => Ok(()),
        };
        complete("layer_types", self.layer_types.as_ref().map(Vec::len))?;
        complete("no_rope_layers", self.no_rope_layers.as_ref().map(Vec::len))?;
        // Only Mistral slides without being told so a second time.
        let slides = self.use_sliding_window.unwrap_or(architecture == "mistral");
        let window = self.sliding_window.filter(|_| slides && architecture != "llama");
        let interval = self.no_rope_layer_interval.unwrap_or(4);
        let kind = |i: usize| {
            // The list marks with 1 the layers that do rotate.
            let rope = match (&self.no_rope_layers, architecture) {
                (Some(marks), "smollm3") => marks[i] != 0,
                (None, "smollm3") => interval == 0 || !(i + 1).is_multiple_of(interval),
                _ => true,
            };
            let sliding = match (&self.layer_types, architecture) {
                (_, "mistral") => true,
                (Some(types), _) => types[i] == "sliding_attention",
                (None, "smollm3") => !rope,
                (None, _) => i >= self.max_window_layers.unwrap_or(28),
            };
            LayerKind { rope, window: window.filter(|_| sliding) }
        };
        Ok((0..count).map(kind).collect())
    }

    fn rope(&mut self, architecture: &str, context_length: usize) -> Result<RopeConfig> {
        let raw = self.rope_parameters.take().or(self.rope_scaling.take());
        let raw = raw.unwrap_or_default();
        let default_theta =
            if architecture == "smollm3" { 2_000_000.0 } else { 10_000.0 };
        let theta = raw.rope_theta.or(self.rope_theta).unwrap_or(default_theta);
        if raw.partial_rotary_factor.is_some_and(|part| part != 1.0) {
            return Err(invalid("partial rotary embeddings are not supported"));
        }
        let kind = raw.rope_type.as_deref().or(raw.r#type.as_deref());
        let need = |name: &str, value: Option<f64>| {
            value.ok_or_else(|| invalid(format!("rope_scaling lacks {name}")))
        };
        let original_context =
            raw.original_max_position_embeddings.unwrap_or(context_length);
        let scaling = match kind.unwrap_or("default") {
            // Dynamic scaling changes nothing up to the trained context, and the
            // session takes no more than that.
            "default" | "dynamic" => RopeScaling::None,
            "linear" => RopeScaling::Linear { factor: need("factor", raw.factor)? },
            "llama3" => RopeScaling::Llama3 {
                factor: need("factor", raw.factor)?,
                low_freq_factor: need("low_freq_factor", raw.low_freq_factor)?,
                high_freq_factor: need("high_freq_factor", raw.high_freq_factor)?,
                original_context,
            },
            "yarn" => {
                let factor = raw
                    .factor
                    .unwrap_or(context_length as f64 / original_context.max(1) as f64);
                let attention = match (raw.mscale, raw.mscale_all_dim) {
                    (Some(m), Some(all)) if m != 0.0 && all != 0.0 => {
                        yarn_attention_factor(factor, m)
                            / yarn_attention_factor(factor, all)
                    }
                    _ => yarn_attention_factor(factor, 1.0),
                };
                RopeScaling::Yarn {
                    factor,
                    beta_fast: raw.beta_fast.unwrap_or(32.0),
                    beta_slow: raw.beta_slow.unwrap_or(1.0),
                    attention_factor: raw.attention_factor.unwrap_or(attention),
                    truncate: raw.truncate.unwrap_or(true),
                    original_context,
                }
            }
            other => {
                return Err(invalid(format!("rope scaling {other:?} is not supported")));
            }
        };
        Ok(RopeConfig { theta, scaling, interleaved: false })
    }
}
