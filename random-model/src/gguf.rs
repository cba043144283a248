//! Random weights as a GGUF file (ggml, `docs/gguf.md`), as llama.cpp reads it too.

use std::io::{self, Write};

use crate::blocks::Quantisation;
use crate::shape::Shape;
use crate::tensors::{Random, names};
use crate::tokenizer::byte_character;

const ALIGNMENT: usize = 32;

/// Writes a Llama with tied embeddings and a byte-level tokenizer.
///
/// ```
/// use random_model::{Quantisation, Shape, write_gguf};
///
/// let mut file = Vec::new();
/// write_gguf(&Shape::tiny(), Quantisation::Q8_0, 1, &mut file)?;
/// assert_eq!(file[..4], *b"GGUF");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// If `out` cannot be written.
///
/// # Panics
/// If a width of the shape is not a multiple of the format's block.
pub fn write_gguf(
    shape: &Shape,
    quantisation: Quantisation,
    seed: u64,
    out: &mut impl Write,
) -> io::Result<()> {
    let tensors: Vec<Tensor> = names(shape)
        .into_iter()
        .map(|(name, dims)| Tensor::new(&name, dims, quantisation))
        .collect();
    let entries = entries(shape);
    let mut header = b"GGUF".to_vec();
    header.extend(3u32.to_le_bytes());
    header.extend((tensors.len() as u64).to_le_bytes());
    header.extend((entries.len() as u64).to_le_bytes());
    for (key, value) in entries {
        string(&mut header, &key);
        header.extend(value);
    }
    let mut offset = 0;
    for tensor in &tensors {
        tensor.describe(offset, &mut header);
        offset += tensor.bytes.next_multiple_of(ALIGNMENT);
    }
    header.resize(header.len().next_multiple_of(ALIGNMENT), 0);
    out.write_all(&header)?;
    let mut random = Random::new(seed);
    for tensor in &tensors {
        let mut data = tensor.data(quantisation, &mut random);
        data.resize(data.len().next_multiple_of(ALIGNMENT), 0);
        out.write_all(&data)?;
    }
    out.flush()
}

struct Tensor {
    name: String,
    dims: Vec<usize>,
    ggml_type: u32,
    bytes: usize,
}

impl Tensor {
    fn new(name: &str, dims: Vec<usize>, quantisation: Quantisation) -> Tensor {
        let count: usize = dims.iter().product();
        let (ggml_type, bytes) = match &dims[..] {
            [_, columns] => {
                let block = quantisation.block_columns();
                assert!(columns.is_multiple_of(block), "{name} has rows of {columns}");
                (quantisation.ggml_type(), count / block * quantisation.block_bytes())
            }
            _ => (0, count * size_of::<f32>()),
        };
        Tensor { name: stored_name(name), dims, ggml_type, bytes }
    }

    fn describe(&self, offset: usize, header: &mut Vec<u8>) {
        string(header, &self.name);
        header.extend((self.dims.len() as u32).to_le_bytes());
        for dim in self.dims.iter().rev() {
            header.extend((*dim as u64).to_le_bytes());
        }
        header.extend(self.ggml_type.to_le_bytes());
        header.extend((offset as u64).to_le_bytes());
    }

    fn data(&self, quantisation: Quantisation, random: &mut Random) -> Vec<u8> {
        let [_, columns] = self.dims[..] else { return random.tensor(&self.dims) };
        quantisation.blocks(self.bytes, columns, random)
    }
}

/// llama.cpp's name of a tensor.
fn stored_name(name: &str) -> String {
    const PARTS: [(&str, &str); 12] = [
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("model.layers", "blk"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("post_attention_layernorm", "ffn_norm"),
        ("input_layernorm", "attn_norm"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ];
    PARTS.iter().fold(name.to_owned(), |name, (long, short)| name.replace(long, short))
}

const STRING: u32 = 8;
const INTEGER: u32 = 5;

/// The metadata: keys with their typed values.
fn entries(shape: &Shape) -> Vec<(String, Vec<u8>)> {
    let u32 = |value: usize| [4u32.to_le_bytes(), (value as u32).to_le_bytes()].concat();
    let f32 = |value: f32| [6u32.to_le_bytes(), value.to_le_bytes()].concat();
    let text = |value: &str| {
        let mut bytes = STRING.to_le_bytes().to_vec();
        string(&mut bytes, value);
        bytes
    };
    let head_dim = shape.hidden_size / shape.num_attention_heads;
    let tokens: Vec<String> = (0..shape.vocab_size).map(token).collect();
    let kinds = (0..shape.vocab_size).map(|id| if id < 3 { 3i32 } else { 1 });
    let kinds: Vec<u8> = kinds.flat_map(i32::to_le_bytes).collect();
    let entries = [
        ("general.architecture", text("llama")),
        ("general.name", text("random")),
        ("llama.context_length", u32(shape.max_position_embeddings)),
        ("llama.embedding_length", u32(shape.hidden_size)),
        ("llama.block_count", u32(shape.num_hidden_layers)),
        ("llama.feed_forward_length", u32(shape.intermediate_size)),
        ("llama.attention.head_count", u32(shape.num_attention_heads)),
        ("llama.attention.head_count_kv", u32(shape.num_key_value_heads)),
        ("llama.attention.layer_norm_rms_epsilon", f32(1e-5)),
        ("llama.rope.dimension_count", u32(head_dim)),
        ("llama.rope.freq_base", f32(10_000.0)),
        ("llama.vocab_size", u32(shape.vocab_size)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("smollm")),
        ("tokenizer.ggml.tokens", strings(&tokens)),
        ("tokenizer.ggml.token_type", array(INTEGER, shape.vocab_size, &kinds)),
        ("tokenizer.ggml.merges", strings(&["a b".to_owned()])),
        ("tokenizer.ggml.bos_token_id", u32(0)),
        ("tokenizer.ggml.eos_token_id", u32(0)),
    ];
    entries.map(|(key, value)| (key.to_owned(), value)).into()
}

/// Three control tokens, the bytes in byte-level spelling, then made-up words.
fn token(id: usize) -> String {
    match id {
        0 => "<|endoftext|>".into(),
        1 => "<|im_start|>".into(),
        2 => "<|im_end|>".into(),
        3..259 => byte_character((id - 3) as u8).into(),
        259 => "ab".into(),
        _ => format!("w{id}"),
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn strings(texts: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    texts.iter().for_each(|text| string(&mut bytes, text));
    array(STRING, texts.len(), &bytes)
}

fn array(kind: u32, count: usize, elements: &[u8]) -> Vec<u8> {
    let mut bytes = 9u32.to_le_bytes().to_vec();
    bytes.extend(kind.to_le_bytes());
    bytes.extend((count as u64).to_le_bytes());
    bytes.extend(elements);
    bytes
}
