//! The shipped files: weights in 8-bit blocks as GGUF, in llama.cpp's layout, and the
//! Hugging Face forms of the rest.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result};
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use serde_json::json;
use tokenizers::Tokenizer;

use crate::model::{EPSILON, Model, THETA, Weight};
use crate::shape::Shape;
use crate::vocabulary::{CONTROL, TEXT, TURN_END};

/// ChatML.
const TEMPLATE: &str = "{{ bos_token }}{% for message in messages %}\
    {{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}\
    {% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
/// `MOSTLY_Q8_0` among llama.cpp's file types.
const FILE_TYPE: u32 = 7;

/// Writes all files of a trained model.
pub fn write(folder: &Path, model: &Model, tokenizer: &Tokenizer) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let text = tokenizer.to_string(false).map_err(|error| anyhow::anyhow!("{error}"))?;
    let shape = model.shape();
    let config = json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama",
        "hidden_size": shape.hidden, "intermediate_size": shape.inner,
        "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads, "head_dim": shape.head_dim(),
        "vocab_size": shape.vocab, "max_position_embeddings": shape.context,
        "rms_norm_eps": 1e-5, "rope_theta": THETA, "hidden_act": "silu",
        "tie_word_embeddings": true, "attention_bias": false, "mlp_bias": false,
        "bos_token_id": TEXT, "eos_token_id": TEXT, "dtype": "float32",
    });
    let generation = json!({ "bos_token_id": TEXT, "eos_token_id": [TEXT, TURN_END] });
    let tokenizer_config = json!({
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": CONTROL[0],
        "eos_token": CONTROL[0], "chat_template": TEMPLATE,
        "model_max_length": shape.context, "clean_up_tokenization_spaces": false,
    });
    std::fs::write(folder.join("tokenizer.json"), &text)?;
    for (name, value) in [
        ("config.json", config),
        ("generation_config.json", generation),
        ("tokenizer_config.json", tokenizer_config),
    ] {
        let text = serde_json::to_string_pretty(&value)? + "\n";
        std::fs::write(folder.join(name), text)?;
    }
    let entries = metadata(shape, &serde_json::from_str(&text)?)?;
    write_gguf(&folder.join("model.gguf"), model, &entries)
}

/// The model with its matrices as they are shipped, rounded to 8 bits.
pub fn as_shipped(model: &Model) -> Result<Model> {
    let mut rounded = model.clone();
    for weight in rounded.weights.all_mut() {
        let stored = QTensor::quantize(&weight.tensor()?, stored_type(weight))?;
        weight.set(&stored.dequantize(&Device::Cpu)?)?;
    }
    Ok(rounded)
}

/// Matrices are rounded, the few numbers of norms are not.
fn stored_type(weight: &Weight) -> GgmlDType {
    if weight.dims.len() == 2 { GgmlDType::Q8_0 } else { GgmlDType::F32 }
}

/// What a GGUF file of this model says about itself.
fn metadata(shape: Shape, tokenizer: &serde_json::Value) -> Result<Vec<(String, Value)>> {
    let text = |text: &str| Value::String(text.to_owned());
    let number = |number: usize| Value::U32(number as u32);
    let vocab = tokenizer["model"]["vocab"].as_object().context("no vocabulary")?;
    let mut tokens = vec![String::new(); shape.vocab];
    for (token, id) in vocab {
        let id = id.as_u64().context("an id is no number")? as usize;
        *tokens.get_mut(id).context("an id is too large")? = token.clone();
    }
    let merges = tokenizer["model"]["merges"].as_array().context("no merges")?;
    let merges = merges.iter().map(|merge| match merge.as_array() {
        Some(pair) => {
            let parts: Vec<&str> = pair.iter().filter_map(|part| part.as_str()).collect();
            text(&parts.join(" "))
        }
        None => text(merge.as_str().unwrap_or_default()),
    });
    // 1 is a token of text, 3 a control token.
    let kinds =
        (0..shape.vocab).map(|id| Value::I32(if id < CONTROL.len() { 3 } else { 1 }));
    let entries = [
        ("general.architecture", text("llama")),
        ("general.name", text("Demo model")),
        (
            "general.description",
            text(
                "A very small language model of little stories, for Next-Token Visualizer.",
            ),
        ),
        ("general.license", text("cdla-sharing-1.0")),
        ("general.file_type", Value::U32(FILE_TYPE)),
        ("llama.context_length", number(shape.context)),
        ("llama.embedding_length", number(shape.hidden)),
        ("llama.block_count", number(shape.layers)),
        ("llama.feed_forward_length", number(shape.inner)),
        ("llama.attention.head_count", number(shape.heads)),
        ("llama.attention.head_count_kv", number(shape.kv_heads)),
        ("llama.attention.key_length", number(shape.head_dim())),
        ("llama.attention.value_length", number(shape.head_dim())),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(EPSILON)),
        ("llama.rope.dimension_count", number(shape.head_dim())),
        ("llama.rope.freq_base", Value::F32(THETA)),
        ("llama.vocab_size", number(shape.vocab)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("smollm")),
        ("tokenizer.ggml.token_type", Value::Array(kinds.collect())),
        ("tokenizer.ggml.merges", Value::Array(merges.collect())),
        ("tokenizer.ggml.bos_token_id", Value::U32(TEXT)),
        ("tokenizer.ggml.eos_token_id", Value::U32(TEXT)),
        ("tokenizer.ggml.eot_token_id", Value::U32(TURN_END)),
        ("tokenizer.ggml.add_bos_token", Value::Bool(true)),
        ("tokenizer.chat_template", text(TEMPLATE)),
        (
            "tokenizer.ggml.tokens",
            Value::Array(tokens.into_iter().map(Value::String).collect()),
        ),
    ];
    Ok(entries.map(|(name, value)| (name.to_owned(), value)).to_vec())
}

fn write_gguf(path: &Path, model: &Model, entries: &[(String, Value)]) -> Result<()> {
    let shape = model.shape();
    let mut tensors = Vec::new();
    for weight in model.weights.all() {
        let tensor = match weight.name.as_str() {
            name if name.contains("q_proj") => interleave(weight, shape.heads)?,
            name if name.contains("k_proj") => interleave(weight, shape.kv_heads)?,
            _ => weight.tensor()?,
        };
        let stored = QTensor::quantize(&tensor, stored_type(weight))?;
        tensors.push((stored_name(&weight.name), stored));
    }
    let entries: Vec<(&str, &Value)> =
        entries.iter().map(|(name, value)| (name.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let file = File::create(path).with_context(|| format!("{}", path.display()))?;
    Ok(gguf_file::write(&mut BufWriter::new(file), &entries, &tensors)?)
}

/// Rows of q and k reordered: rotated pairs are neighbours in llama.cpp's layout.
fn interleave(weight: &Weight, heads: usize) -> Result<Tensor> {
    let weight = weight.tensor()?;
    let (rows, columns) = weight.dims2()?;
    let halves = weight.reshape((heads, 2, rows / heads / 2, columns))?;
    Ok(halves.transpose(1, 2)?.contiguous()?.reshape((rows, columns))?)
}

/// llama.cpp's name of a weight.
fn stored_name(name: &str) -> String {
    const PARTS: [(&str, &str); 12] = [
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("model.layers", "blk"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
        ("input_layernorm", "attn_norm"),
        ("post_attention_layernorm", "ffn_norm"),
    ];
    PARTS.iter().rev().fold(name.to_owned(), |name, (from, to)| name.replace(from, to))
}
