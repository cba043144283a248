//! A decoder's configuration from GGUF metadata. Source of the keys: ggml's
//! `docs/gguf.md`; of what files leave out: llama.cpp's `llama-model.cpp`.

mod altup;
mod experts;
mod keys;
mod latent;
mod layers;
mod recurrence;
mod scaling;
mod traits;

use self::experts::experts;
use self::keys::Keys;
use self::layers::{is_delta, layers};
use self::recurrence::recurrence;
use self::scaling::scaling;
use self::traits::Traits;
use super::alibi::Alibi;
use super::layer_kind::MixerKind;
use super::rope::{RopeConfig, RopeScaling};
use super::shape::{
    AttentionConfig, Block, Config, MlpConfig, NormConfig, NormKind, QkNorm, Scales,
};
use crate::error::{ModelFileError, Result, invalid_config};
use crate::family::Family;
use crate::gguf::Gguf;

/// Models with this many layers (the largest Gemmas) scale attention by 1 / √(H / N)
/// instead of 1 / √D.
const GEMMA2_27B_LAYERS: usize = 46;
const GEMMA3_27B_LAYERS: usize = 62;

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
            return Err(ModelFileError::UnsupportedArchitecture { name });
        };
        let keys = Keys { gguf, architecture };
        let hidden_size = keys.size("embedding_length")?;
        // Without attention there are no heads.
        let wkv = traits.family == Family::Rwkv7;
        let alone = traits.block == Block::MixerOnly;
        let heads = if alone || wkv { 1 } else { keys.size("attention.head_count")? };
        // Layers behind the model's own predict further tokens.
        let further = keys.size("nextn_predict_layers").unwrap_or(0);
        let layer_count = keys.size("block_count")?.saturating_sub(further);
        if heads == 0 || layer_count > 1 << 10 {
            return Err(invalid_config(format!(
                "it has {heads} heads and {layer_count} layers"
            )));
        }
        let latent = latent::latent(&keys)?;
        let head_dim = match (alone || wkv, &latent) {
            (true, _) => 2,
            (_, Some((_, head_dim))) => *head_dim,
            _ => keys.size("attention.key_length").unwrap_or(hidden_size / heads),
        };
        let context_length = keys.size("context_length")?;
        let vocab_size = match gguf.tensor("token_embd.weight").map(|t| &t.shape[..]) {
            Some([rows, _]) => *rows,
            _ => return Err(invalid_config("the tensor token_embd.weight is missing")),
        };
        let epsilon = match traits.norm {
            NormKind::Rms => "attention.layer_norm_rms_epsilon",
            NormKind::Layer => "attention.layer_norm_epsilon",
        };
        let (layers, kv_heads) = layers(&keys, layer_count, heads)?;
        // Keys of all heads come from the same narrow projection.
        let kv_heads = if latent.is_some() { heads } else { kv_heads };
        let first_attention =
            layers.iter().position(|kind| kind.mixer == MixerKind::Attention);
        let block = |name: &str| format!("blk.{}.{name}", first_attention.unwrap_or(0));
        let has_in_block = |name: &str| keys.has_tensor(&block(name));
        let two_norms = match architecture {
            "falcon" => has_in_block("attn_norm_2.weight"),
            "gptneox" => keys.flag("use_parallel_residual").unwrap_or(true),
            _ => false,
        };
        let shape = match (architecture, two_norms) {
            ("falcon", true) => Block::ParallelTwoNorms,
            ("gptneox", false) => Block::PreNorm,
            ("stablelm", _) if !has_in_block("ffn_norm.weight") => Block::Parallel,
            _ => traits.block,
        };
        let gemma = matches!(traits.family, Family::Gemma | Family::Gemma3n);
        let rope = RopeConfig {
            theta: keys.float("rope.freq_base").unwrap_or(10_000.0),
            rotated: keys
                .size("rope.dimension_count")
                .ok()
                .filter(|rotated| *rotated > 0)
                .unwrap_or(head_dim),
            scaling: scaling(&keys, context_length)?,
            interleaved: traits.interleaved,
        };
        let epsilon = keys
            .float(epsilon)
            .ok_or_else(|| invalid_config("the epsilon of the norms is missing"))?;
        Config {
            family: traits.family,
            hidden_size,
            intermediate_size: match keys.gguf.tensor(&block("ffn_up.weight")) {
                _ if alone => 1,
                // Granite 4 has another length in its keys.
                Some(up) if traits.family == Family::GraniteHybrid => up.shape[0],
                // A list there, of the same for all layers.
                Some(up) if traits.family == Family::Gemma3n => up.shape[0],
                // A key only of layers without experts, and not in every file of others.
                _ => match keys.size("feed_forward_length") {
                    Err(_) if is_delta(architecture) => {
                        keys.size("expert_feed_forward_length")?
                    }
                    length => length?,
                },
            },
            num_hidden_layers: layer_count,
            num_attention_heads: heads,
            num_key_value_heads: kv_heads,
            head_dim,
            vocab_size,
            context_length,
            norm: NormConfig {
                kind: traits.norm,
                epsilon,
                weights: architecture != "olmo",
                bias: keys.has_tensor("output_norm.bias"),
                // llama.cpp's converter has added Gemma's offset of 1 to the weights.
                offset: 0.0,
            },
            block: shape,
            attention: AttentionConfig {
                qkv_bias: ["attn_q.bias", "attn_qkv.bias", "attn_kv_a_mqa.bias"]
                    .into_iter()
                    .any(has_in_block),
                output_bias: has_in_block("attn_output.bias"),
                qk_norm: match has_in_block("attn_q_norm.weight") {
                    true if matches!(architecture, "stablelm" | "command-r") => {
                        QkNorm::EachHead
                    }
                    true if traits.qk_norm == QkNorm::None => QkNorm::Heads,
                    true => traits.qk_norm,
                    false => QkNorm::None,
                },
                scale: attention_scale(&keys, hidden_size, heads, head_dim, layer_count),
                cap: keys.float("attn_logit_softcapping").map(|cap| cap as f32),
                clip: keys
                    .float("attention.clamp_kqv")
                    .filter(|clip| *clip > 0.0)
                    .map(|clip| clip as f32),
                sinks: has_in_block("attn_sinks.weight"),
                gated: is_delta(architecture),
                value_norm: traits.family == Family::Gemma3n,
            },
            mlp: MlpConfig {
                gated: traits.gated,
                activation: traits.activation,
                bias: has_in_block("ffn_up.bias") || has_in_block("ffn_up_exps.bias"),
                output_gate: false,
            },
            experts: experts(&keys, layer_count)?,
            alibi: alibi(&keys, heads)?,
            embedding_norm: wkv || architecture == "bloom",
            local_rope: local_rope(&keys, &rope),
            rope,
            learned_positions: matches!(architecture, "gpt2" | "starcoder"),
            convolution_taps: keys.size("shortconv.l_cache").unwrap_or(0),
            convolution_bias: false,
            latent: latent.map(|(latent, _)| latent),
            embedding_width: None,
            recurrence: recurrence(&keys, epsilon)?,
            altup: altup::altup(&keys, layer_count)?,
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
                    // Cohere's is a factor, Granite's a divisor.
                    Some(scale) if scale != 0.0 && traits.block == Block::Parallel => {
                        scale
                    }
                    Some(scale) if scale != 0.0 => 1.0 / scale,
                    _ => 1.0,
                },
            },
            logit_cap: match keys.float("final_logit_softcapping") {
                Some(cap) => Some(cap as f32),
                None => altup::usual_cap(architecture),
            },
            head_bias: keys.has_tensor("output.bias"),
            tie_word_embeddings: Some(!keys.has_tensor("output.weight")),
            layers,
            end_of_generation: ends(gguf),
            architecture: architecture.to_owned(),
            calls_itself: None,
        }
        .checked()
    }
}

/// The biases of scores by position.
fn alibi(keys: &Keys<'_>, heads: usize) -> Result<Option<Alibi>> {
    match keys.architecture {
        "bloom" => Alibi::geometric(heads).map(Some),
        "mpt" => {
            match keys.float("attention.max_alibi_bias").filter(|most| *most > 0.0) {
                Some(most) => Alibi::of_mpt(heads, most).map(Some),
                None => Err(invalid_config("MPT without alibi is not supported")),
            }
        }
        _ => Ok(None),
    }
}

/// The rotary embedding of layers with a window, if it differs.
fn local_rope(keys: &Keys<'_>, rope: &RopeConfig) -> Option<RopeConfig> {
    let theta = match keys.architecture {
        "gemma3" | "gemma3n" => keys.float("rope.freq_base_swa").unwrap_or(10_000.0),
        // OLMo 3: only layers that see everything are scaled.
        "olmo2" => rope.theta,
        _ => return None,
    };
    Some(RopeConfig { theta, scaling: RopeScaling::None, ..rope.clone() })
}

/// The factor of attention scores.
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
        None if keys.architecture == "gemma3n" => 1.0,
        None => latent::growth(keys) / (width as f64).sqrt(),
    }
}

/// The tokens that end a text or a turn.
fn ends(gguf: &Gguf) -> Vec<u32> {
    let id = |kind| gguf.usize(&format!("tokenizer.ggml.{kind}_token_id")).ok();
    ["eos", "eot", "eom"]
        .into_iter()
        .filter_map(id)
        .filter_map(|id| u32::try_from(id).ok())
        .collect()
}
