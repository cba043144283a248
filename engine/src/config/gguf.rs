//! GGUF metadata as a decoder's configuration. Keys: ggml's `docs/gguf.md`; what the
//! files leave out: llama.cpp's `llama-model.cpp`.

use super::rope::yarn_attention_factor;
use super::{
    Activation, AttentionConfig, Block, Config, Family, LayerKind, MixerKind, MlpConfig,
    NormConfig, NormKind, QkNorm, RopeConfig, RopeScaling, Scales, invalid,
};
use crate::error::{EngineError, Result};
use crate::gguf::Gguf;

/// Every so many layers of SmolLM3 one has no rotary embedding; the files do not say so.
const NO_ROPE_INTERVAL: usize = 4;
/// Models of these many layers scale attention by the hidden width (the largest Gemmas).
const GEMMA2_27B_LAYERS: usize = 46;
const GEMMA3_27B_LAYERS: usize = 62;

/// What sets an architecture apart that its metadata do not say.
struct Traits {
    family: Family,
    norm: NormKind,
    block: Block,
    qk_norm: QkNorm,
    gated: bool,
    activation: Activation,
    /// Files of these have the rows of q and k reordered for neighbours to be rotated.
    interleaved: bool,
}

impl Traits {
    fn of(architecture: &str) -> Option<Traits> {
        let llama = Traits {
            family: Family::Llama,
            norm: NormKind::Rms,
            block: Block::PreNorm,
            qk_norm: QkNorm::None,
            gated: true,
            activation: Activation::Silu,
            interleaved: false,
        };
        let gpt = Traits {
            family: Family::Gpt2,
            norm: NormKind::Layer,
            gated: false,
            activation: Activation::GeluTanh,
            ..llama
        };
        Some(match architecture {
            "llama" | "smollm3" | "granite" => Traits { interleaved: true, ..llama },
            "qwen2" => llama,
            "qwen3" => Traits { qk_norm: QkNorm::Heads, ..llama },
            "stablelm" => Traits { norm: NormKind::Layer, ..llama },
            "phi3" => Traits { family: Family::Phi3, ..llama },
            "olmo2" => Traits {
                family: Family::Olmo2,
                block: Block::PostNorm,
                qk_norm: QkNorm::Whole,
                ..llama
            },
            "gemma2" | "gemma3" => Traits {
                family: Family::Gemma,
                block: Block::Sandwich,
                qk_norm: match architecture {
                    "gemma3" => QkNorm::Heads,
                    _ => QkNorm::None,
                },
                activation: Activation::GeluTanh,
                ..llama
            },
            "lfm2" => Traits { family: Family::Lfm2, qk_norm: QkNorm::Heads, ..llama },
            "gpt2" => gpt,
            // llama.cpp takes tanh for these too; they were trained with the exact one.
            "gptneox" => Traits {
                family: Family::GptNeox,
                block: Block::ParallelTwoNorms,
                activation: Activation::Gelu,
                ..gpt
            },
            "phi2" => Traits { family: Family::Phi, block: Block::Parallel, ..gpt },
            "falcon" => Traits {
                family: Family::Falcon,
                block: Block::Parallel,
                activation: Activation::Gelu,
                ..gpt
            },
            _ => return None,
        })
    }
}

/// The metadata of one architecture.
struct Keys<'a> {
    gguf: &'a Gguf,
    architecture: &'a str,
}

impl Keys<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    fn size(&self, name: &str) -> Result<usize> {
        Ok(self.gguf.usize(&self.key(name))?)
    }

    fn float(&self, name: &str) -> Option<f64> {
        self.gguf.f64(&self.key(name)).ok()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.gguf.bool(&self.key(name)).ok()
    }

    fn has(&self, tensor: &str) -> bool {
        self.gguf.tensor(tensor).is_some()
    }
}

impl Config {
    /// Reads the configuration from a GGUF file's metadata and tensor names.
    ///
    /// # Errors
    /// If the file is not a whole model, the architecture is not supported, a key is
    /// missing, or sizes contradict each other.
    pub fn from_gguf(gguf: &Gguf) -> Result<Config> {
        gguf.check_kind()?;
        let architecture = gguf.string("general.architecture")?;
        let Some(traits) = Traits::of(architecture) else {
            let name = architecture.to_owned();
            return Err(EngineError::UnsupportedArchitecture { name });
        };
        let keys = Keys { gguf, architecture };
        let hidden_size = keys.size("embedding_length")?;
        let heads = keys.size("attention.head_count")?;
        let layer_count = keys.size("block_count")?;
        if heads == 0 || layer_count > 1 << 10 {
            return Err(invalid(format!(
                "it has {heads} heads and {layer_count} layers"
            )));
        }
        let head_dim = keys.size("attention.key_length").unwrap_or(hidden_size / heads);
        let context_length = keys.size("context_length")?;
        let vocab_size = match gguf.tensor("token_embd.weight").map(|t| &t.shape[..]) {
            Some([rows, _]) => *rows,
            _ => return Err(invalid("the tensor token_embd.weight is missing")),
        };
        let epsilon = match traits.norm {
            NormKind::Rms => "attention.layer_norm_rms_epsilon",
            NormKind::Layer => "attention.layer_norm_epsilon",
        };
        let (layers, kv_heads) = layers(&keys, layer_count, heads)?;
        let attends = layers.iter().position(|kind| kind.mixer == MixerKind::Attention);
        let block = |name: &str| format!("blk.{}.{name}", attends.unwrap_or(0));
        let has = |name: &str| keys.has(&block(name));
        let two_norms = match architecture {
            "falcon" => has("attn_norm_2.weight"),
            "gptneox" => keys.flag("use_parallel_residual").unwrap_or(true),
            _ => false,
        };
        let shape = match (architecture, two_norms) {
            ("falcon", true) => Block::ParallelTwoNorms,
            ("gptneox", false) => Block::PreNorm,
            ("stablelm", _) if !has("ffn_norm.weight") => Block::Parallel,
            _ => traits.block,
        };
        if architecture == "stablelm" && has("attn_q_norm.weight") {
            return Err(invalid(
                "norms of queries and keys with weights of each head's own \
                 (StableLM 2 12B) are not supported",
            ));
        }
        let gemma = traits.family == Family::Gemma;
        let rope = RopeConfig {
            theta: keys.float("rope.freq_base").unwrap_or(10_000.0),
            rotated: keys.size("rope.dimension_count").unwrap_or(head_dim),
            scaling: scaling(&keys, context_length)?,
            interleaved: traits.interleaved,
        };
        Config {
            family: traits.family,
            hidden_size,
            intermediate_size: keys.size("feed_forward_length")?,
            num_hidden_layers: layer_count,
            num_attention_heads: heads,
            num_key_value_heads: kv_heads,
            head_dim,
            vocab_size,
            context_length,
            norm: NormConfig {
                kind: traits.norm,
                epsilon: keys
                    .float(epsilon)
                    .ok_or_else(|| invalid("the epsilon of the norms is missing"))?,
                bias: traits.norm == NormKind::Layer,
                // The converter has added Gemma's 1.
                offset: 0.0,
            },
            block: shape,
            attention: AttentionConfig {
                qkv_bias: has("attn_q.bias") || has("attn_qkv.bias"),
                output_bias: has("attn_output.bias"),
                qk_norm: match has("attn_q_norm.weight") {
                    true if traits.qk_norm == QkNorm::None => QkNorm::Heads,
                    true => traits.qk_norm,
                    false => QkNorm::None,
                },
                scale: attention_scale(&keys, hidden_size, heads, head_dim, layer_count),
                cap: keys.float("attn_logit_softcapping").map(|cap| cap as f32),
            },
            mlp: MlpConfig {
                gated: traits.gated,
                activation: traits.activation,
                bias: has("ffn_up.bias"),
            },
            local_rope: (architecture == "gemma3").then(|| RopeConfig {
                theta: keys.float("rope.freq_base_swa").unwrap_or(10_000.0),
                scaling: RopeScaling::None,
                ..rope.clone()
            }),
            rope,
            learned_positions: architecture == "gpt2",
            convolution_taps: keys.size("shortconv.l_cache").unwrap_or(0),
            convolution_bias: false,
            scales: Scales {
                embedding: match keys.float("embedding_scale").filter(|x| *x != 0.0) {
                    Some(scale) => scale,
                    None if gemma => (hidden_size as f64).sqrt(),
                    None => 1.0,
                },
                residual: keys
                    .float("residual_scale")
                    .filter(|scale| *scale != 0.0)
                    .unwrap_or(1.0),
                logits: match keys.float("logit_scale") {
                    Some(scale) if scale != 0.0 => 1.0 / scale,
                    _ => 1.0,
                },
            },
            logit_cap: keys.float("final_logit_softcapping").map(|cap| cap as f32),
            head_bias: keys.has("output.bias"),
            tie_word_embeddings: None,
            layers,
            end_of_generation: ends(gguf),
            architecture: architecture.to_owned(),
        }
        .checked()
    }
}

/// What sets the layers apart, and the number of key/value heads.
fn layers(
    keys: &Keys<'_>,
    count: usize,
    heads: usize,
) -> Result<(Vec<LayerKind>, usize)> {
    let window = keys.size("attention.sliding_window").ok().filter(|window| *window > 0);
    let name = keys.key("attention.head_count_kv");
    // LFM2 has a list: no heads where there is a convolution.
    if let Ok(list) = keys.gguf.numbers(&name) {
        let list: Vec<i64> = list.integers().flatten().collect();
        if list.len() != count {
            return Err(invalid(format!("{name} has {} entries", list.len())));
        }
        let most = list.iter().copied().max().unwrap_or(0);
        if list.iter().any(|heads| *heads != 0 && *heads != most) {
            return Err(invalid("layers with other numbers of heads are not supported"));
        }
        let kind = |heads: &i64| match heads {
            0 => LayerKind { mixer: MixerKind::Convolution, rope: false, window: None },
            _ => LayerKind { window, ..LayerKind::ATTENTION },
        };
        let most = usize::try_from(most).unwrap_or(0);
        return Ok((list.iter().map(kind).collect(), most));
    }
    // One layer of so many sees everything, the last of them.
    let pattern = match keys.architecture {
        "gemma2" => Some(2),
        "gemma3" => Some(6),
        _ => None,
    };
    let stated = keys.size("attention.sliding_window_pattern").ok();
    let pattern = stated.filter(|pattern| *pattern > 0).or(pattern);
    let kind = |layer: usize| {
        let last_of = |several: usize| (layer + 1).is_multiple_of(several);
        let rope = match keys.architecture {
            "smollm3" => !last_of(NO_ROPE_INTERVAL),
            "gpt2" => false,
            _ => true,
        };
        let sees_all = pattern.is_some_and(last_of);
        LayerKind { rope, window: window.filter(|_| !sees_all), ..LayerKind::ATTENTION }
    };
    let kv_heads = keys.size("attention.head_count_kv").unwrap_or(heads);
    Ok(((0..count).map(kind).collect(), kv_heads))
}

fn attention_scale(
    keys: &Keys<'_>,
    hidden_size: usize,
    heads: usize,
    head_dim: usize,
    layer_count: usize,
) -> f64 {
    let by_width = match keys.architecture {
        "gemma2" => layer_count == GEMMA2_27B_LAYERS,
        "gemma3" => layer_count == GEMMA3_27B_LAYERS,
        _ => false,
    };
    let width = if by_width { hidden_size / heads } else { head_dim };
    match keys.float("attention.scale").filter(|scale| *scale != 0.0) {
        Some(scale) => scale,
        None => 1.0 / (width as f64).sqrt(),
    }
}

fn ends(gguf: &Gguf) -> Vec<u32> {
    let id = |kind| gguf.usize(&format!("tokenizer.ggml.{kind}_token_id")).ok();
    ["eos", "eot", "eom"]
        .into_iter()
        .filter_map(id)
        .filter_map(|id| u32::try_from(id).ok())
        .collect()
}

fn scaling(keys: &Keys<'_>, context_length: usize) -> Result<RopeScaling> {
    let float = |name: &str| keys.float(&format!("rope.scaling.{name}"));
    let factor = float("factor").unwrap_or(1.0);
    let original_context =
        keys.size("rope.scaling.original_context_length").unwrap_or(context_length);
    // Phi-3's factors are tensors; the decoder's builder fills them in.
    let long = keys.has("rope_factors_long.weight");
    match keys.gguf.string(&keys.key("rope.scaling.type")).unwrap_or("none") {
        _ if long => Ok(RopeScaling::Long {
            short: Vec::new(),
            long: Vec::new(),
            attention_factor: float("attn_factor").unwrap_or(1.0),
            original_context,
        }),
        "none" => Ok(RopeScaling::None),
        "linear" => Ok(RopeScaling::Linear { factor }),
        "yarn" => Ok(RopeScaling::Yarn {
            factor,
            beta_fast: float("yarn_beta_fast").unwrap_or(32.0),
            beta_slow: float("yarn_beta_slow").unwrap_or(1.0),
            attention_factor: float("attn_factor").unwrap_or(1.0)
                * yarn_attention_factor(factor, 1.0),
            truncate: true,
            original_context,
        }),
        other => Err(invalid(format!("rope scaling {other:?} is not supported"))),
    }
}
