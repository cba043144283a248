//! Where a family's checkpoints have the tensors of each role: under which name, and in
//! which rows, where one matrix holds several.

use super::check_shape;
use super::role::{Role, Wanted};
use crate::config::{Config, Family};
use crate::error::Result;

/// The names of one family's checkpoints, and the sizes that tell rows apart.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Names may begin with one of these.
    roots: &'static [&'static str],
    names: Vec<Name>,
    /// Layers' matrices are stored as [columns, rows].
    pub(super) transposed: bool,
    sizes: Sizes,
}

const NO_ROOT: &[&str] = &[""];

/// A role's name. `{}` is the layer's number; names with `/` before them have no root.
#[derive(Clone, Copy, Debug)]
struct Name(Role, &'static str, Slice);

/// Which rows of a stored matrix are those of one role.
#[derive(Clone, Copy, Debug)]
enum Slice {
    Whole,
    /// Queries, keys and values one after the other, [(N + 2K) · D, H]: the n-th.
    Joined(usize),
    /// For each key/value head its queries, key and value, [K, G + 2, D, H]: the n-th.
    Grouped(usize),
    /// Gate and up one after the other, [2I, H]: the n-th.
    Half(usize),
}

#[derive(Clone, Copy, Debug)]
struct Sizes {
    q: usize,
    kv: usize,
    kv_heads: usize,
    head_dim: usize,
    inner: usize,
}

/// Rows of a stored matrix: of each `stride` rows, `take` from `first` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) first: usize,
    pub(super) take: usize,
    pub(super) stride: usize,
}

/// Where a tensor lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) name: String,
    /// None for all rows.
    pub(super) rows: Option<Rows>,
}

impl Rows {
    /// How many rows are stored where `wanted` of them are taken.
    pub(super) fn stored(&self, wanted: usize) -> usize {
        wanted / self.take.max(1) * self.stride
    }

    /// The stretches of stored rows that make `wanted` rows, in order: each one's first
    /// row, and how many.
    pub(super) fn runs(self, wanted: usize) -> impl Iterator<Item = (usize, usize)> {
        let Rows { first, take, stride } = self;
        (0..wanted / take.max(1)).map(move |group| (group * stride + first, take))
    }
}

impl Location {
    /// The stretches of stored rows that make `wanted` rows, in order: each one's first
    /// row, and how many.
    pub(super) fn runs(
        &self,
        wanted: usize,
    ) -> impl Iterator<Item = (usize, usize)> + use<> {
        let all = Rows { first: 0, take: wanted, stride: wanted };
        self.rows.unwrap_or(all).runs(wanted)
    }

    /// Of all numbers of a tensor those that are wanted, [`wanted`, …]. Dimensions of 1
    /// that it is stored with do not count.
    ///
    /// # Errors
    /// If it has another shape.
    pub(super) fn select(
        &self,
        numbers: Vec<f32>,
        stored: &[usize],
        wanted: &[usize],
    ) -> Result<Vec<f32>> {
        let rows = wanted.first().copied().unwrap_or(1);
        let mut expected = wanted.to_vec();
        if let (Some(some), Some(first)) = (self.rows, expected.first_mut()) {
            *first = some.stored(rows);
        }
        let narrow = |shape: &[usize]| -> Vec<usize> {
            shape.iter().copied().filter(|size| *size != 1).collect()
        };
        if narrow(stored) != narrow(&expected) {
            check_shape(&self.name, stored, &expected)?;
        }
        if self.rows.is_none() {
            return Ok(numbers);
        }
        let width: usize = wanted.iter().skip(1).product();
        let runs = self.runs(rows);
        let parts = runs.map(|(first, count)| {
            numbers[first * width..(first + count) * width].iter().copied()
        });
        Ok(parts.flatten().collect())
    }
}

impl Layout {
    /// That of Hugging Face checkpoints.
    pub(super) fn hugging_face(config: &Config) -> Layout {
        let (roots, names): (&[&str], Vec<Name>) = match config.family {
            Family::Llama => (&["model."], [LLAMA, PRE_NORM].concat()),
            // Models that see pictures have the text model within.
            Family::Gemma => (
                &["model.", "language_model.model.", "model.language_model."],
                [LLAMA, SANDWICH].concat(),
            ),
            Family::Olmo2 => (&["model."], [LLAMA, POST_NORM].concat()),
            Family::Phi3 => (&["model."], [PHI3, LLAMA, PRE_NORM].concat()),
            Family::Phi => (&["model."], [PHI, LLAMA].concat()),
            // Checkpoints of the model without its head have no root.
            Family::Gpt2 => (&["transformer.", ""], GPT2.to_vec()),
            Family::GptNeox => (&["gpt_neox."], GPT_NEOX.to_vec()),
            Family::Falcon => (&["transformer."], FALCON.to_vec()),
            Family::Lfm2 => (&["model."], [LFM2, LLAMA].concat()),
        };
        let transposed = config.family == Family::Gpt2;
        Layout { roots, names, transposed, sizes: Sizes::of(config) }
    }

    /// That of GGUF files, which is the same for all families but for a few names.
    pub(super) fn gguf(config: &Config) -> Layout {
        let own: &[Name] = match config.family {
            Family::Phi3 => GGUF_PHI3,
            Family::Falcon => GGUF_FALCON,
            _ => &[],
        };
        let names = [own, GGUF].concat();
        Layout { roots: &[""], names, transposed: false, sizes: Sizes::of(config) }
    }

    /// Where a tensor lies: the first of its places that `exists`.
    pub(super) fn find(
        &self,
        wanted: Wanted,
        exists: impl Fn(&str) -> bool,
    ) -> Option<Location> {
        self.places(wanted).find(|location| exists(&location.name))
    }

    /// The name that it should have, for people.
    pub(super) fn usual_name(&self, wanted: Wanted) -> String {
        self.places(wanted)
            .next()
            .map_or_else(|| wanted.to_string(), |location| location.name)
    }

    fn places(&self, wanted: Wanted) -> impl Iterator<Item = Location> {
        let kind = if wanted.bias { "bias" } else { "weight" };
        let names = self.names.iter().filter(move |name| name.0 == wanted.role);
        names.flat_map(move |Name(_, name, slice)| {
            let name = match wanted.layer {
                Some(layer) => name.replace("{}", &layer.to_string()),
                None => (*name).to_owned(),
            };
            let rows = self.sizes.rows(*slice);
            let (roots, name) = match name.strip_prefix('/') {
                Some(name) => (NO_ROOT, name.to_owned()),
                None => (self.roots, name),
            };
            roots
                .iter()
                .map(move |root| Location { name: format!("{root}{name}.{kind}"), rows })
        })
    }
}

impl Sizes {
    fn of(config: &Config) -> Sizes {
        Sizes {
            q: config.q_size(),
            kv: config.kv_size(),
            kv_heads: config.num_key_value_heads,
            head_dim: config.head_dim,
            inner: config.intermediate_size,
        }
    }

    fn rows(&self, slice: Slice) -> Option<Rows> {
        let Sizes { q, kv, kv_heads, head_dim, inner } = *self;
        let part = |sizes: [usize; 3], n: usize| Rows {
            first: sizes[..n].iter().sum(),
            take: sizes[n],
            stride: sizes.iter().sum(),
        };
        match slice {
            Slice::Whole => None,
            Slice::Joined(n) => Some(part([q, kv, kv], n)),
            Slice::Grouped(n) => Some(part([q / kv_heads, head_dim, head_dim], n)),
            Slice::Half(n) => {
                Some(Rows { first: n * inner, take: inner, stride: 2 * inner })
            }
        }
    }
}

use Role::*;
use Slice::*;

const LLAMA: &[Name] = &[
    Name(Embedding, "embed_tokens", Whole),
    Name(FinalNorm, "norm", Whole),
    Name(Head, "/lm_head", Whole),
    Name(Head, "/language_model.lm_head", Whole),
    Name(Query, "layers.{}.self_attn.q_proj", Whole),
    Name(Key, "layers.{}.self_attn.k_proj", Whole),
    Name(Value, "layers.{}.self_attn.v_proj", Whole),
    Name(Output, "layers.{}.self_attn.o_proj", Whole),
    Name(QueryNorm, "layers.{}.self_attn.q_norm", Whole),
    Name(KeyNorm, "layers.{}.self_attn.k_norm", Whole),
    Name(Gate, "layers.{}.mlp.gate_proj", Whole),
    Name(Up, "layers.{}.mlp.up_proj", Whole),
    Name(Down, "layers.{}.mlp.down_proj", Whole),
];

/// Here `post_attention` is where the norm stands: before the MLP.
const PRE_NORM: &[Name] = &[
    Name(InputNorm, "layers.{}.input_layernorm", Whole),
    Name(MlpNorm, "layers.{}.post_attention_layernorm", Whole),
];

/// Here it says what the norm is of.
const POST_NORM: &[Name] = &[
    Name(MixedNorm, "layers.{}.post_attention_layernorm", Whole),
    Name(MlpOutputNorm, "layers.{}.post_feedforward_layernorm", Whole),
];

const SANDWICH: &[Name] = &[
    Name(InputNorm, "layers.{}.input_layernorm", Whole),
    Name(MixedNorm, "layers.{}.post_attention_layernorm", Whole),
    Name(MlpNorm, "layers.{}.pre_feedforward_layernorm", Whole),
    Name(MlpOutputNorm, "layers.{}.post_feedforward_layernorm", Whole),
];

const PHI3: &[Name] = &[
    Name(Query, "layers.{}.self_attn.qkv_proj", Joined(0)),
    Name(Key, "layers.{}.self_attn.qkv_proj", Joined(1)),
    Name(Value, "layers.{}.self_attn.qkv_proj", Joined(2)),
    Name(Gate, "layers.{}.mlp.gate_up_proj", Half(0)),
    Name(Up, "layers.{}.mlp.gate_up_proj", Half(1)),
];

const PHI: &[Name] = &[
    Name(FinalNorm, "final_layernorm", Whole),
    Name(InputNorm, "layers.{}.input_layernorm", Whole),
    Name(Output, "layers.{}.self_attn.dense", Whole),
    Name(QueryNorm, "layers.{}.self_attn.q_layernorm", Whole),
    Name(KeyNorm, "layers.{}.self_attn.k_layernorm", Whole),
    Name(Up, "layers.{}.mlp.fc1", Whole),
    Name(Down, "layers.{}.mlp.fc2", Whole),
];

const GPT2: &[Name] = &[
    Name(Embedding, "wte", Whole),
    Name(Positions, "wpe", Whole),
    Name(FinalNorm, "ln_f", Whole),
    Name(Head, "/lm_head", Whole),
    Name(InputNorm, "h.{}.ln_1", Whole),
    Name(Query, "h.{}.attn.c_attn", Joined(0)),
    Name(Key, "h.{}.attn.c_attn", Joined(1)),
    Name(Value, "h.{}.attn.c_attn", Joined(2)),
    Name(Output, "h.{}.attn.c_proj", Whole),
    Name(MlpNorm, "h.{}.ln_2", Whole),
    Name(Up, "h.{}.mlp.c_fc", Whole),
    Name(Down, "h.{}.mlp.c_proj", Whole),
];

const GPT_NEOX: &[Name] = &[
    Name(Embedding, "embed_in", Whole),
    Name(FinalNorm, "final_layer_norm", Whole),
    Name(Head, "/embed_out", Whole),
    Name(Head, "/lm_head", Whole),
    Name(InputNorm, "layers.{}.input_layernorm", Whole),
    Name(Query, "layers.{}.attention.query_key_value", Grouped(0)),
    Name(Key, "layers.{}.attention.query_key_value", Grouped(1)),
    Name(Value, "layers.{}.attention.query_key_value", Grouped(2)),
    Name(Output, "layers.{}.attention.dense", Whole),
    Name(MlpNorm, "layers.{}.post_attention_layernorm", Whole),
    Name(Up, "layers.{}.mlp.dense_h_to_4h", Whole),
    Name(Down, "layers.{}.mlp.dense_4h_to_h", Whole),
];

const FALCON: &[Name] = &[
    Name(Embedding, "word_embeddings", Whole),
    Name(FinalNorm, "ln_f", Whole),
    Name(Head, "/lm_head", Whole),
    Name(InputNorm, "h.{}.input_layernorm", Whole),
    Name(InputNorm, "h.{}.ln_attn", Whole),
    Name(Query, "h.{}.self_attention.query_key_value", Grouped(0)),
    Name(Key, "h.{}.self_attention.query_key_value", Grouped(1)),
    Name(Value, "h.{}.self_attention.query_key_value", Grouped(2)),
    Name(Output, "h.{}.self_attention.dense", Whole),
    Name(MlpNorm, "h.{}.ln_mlp", Whole),
    Name(MlpNorm, "h.{}.post_attention_layernorm", Whole),
    Name(Up, "h.{}.mlp.dense_h_to_4h", Whole),
    Name(Down, "h.{}.mlp.dense_4h_to_h", Whole),
];

const LFM2: &[Name] = &[
    Name(FinalNorm, "embedding_norm", Whole),
    Name(InputNorm, "layers.{}.operator_norm", Whole),
    Name(Output, "layers.{}.self_attn.out_proj", Whole),
    Name(QueryNorm, "layers.{}.self_attn.q_layernorm", Whole),
    Name(KeyNorm, "layers.{}.self_attn.k_layernorm", Whole),
    Name(ConvolutionInput, "layers.{}.conv.in_proj", Whole),
    Name(ConvolutionTaps, "layers.{}.conv.conv", Whole),
    Name(ConvolutionOutput, "layers.{}.conv.out_proj", Whole),
    Name(MlpNorm, "layers.{}.ffn_norm", Whole),
    Name(Gate, "layers.{}.feed_forward.w1", Whole),
    Name(Up, "layers.{}.feed_forward.w3", Whole),
    Name(Down, "layers.{}.feed_forward.w2", Whole),
];

/// llama.cpp's names (`gguf-py/gguf/constants.py`). Its converter has put queries, keys
/// and values one after the other.
const GGUF: &[Name] = &[
    Name(Embedding, "token_embd", Whole),
    Name(Positions, "position_embd", Whole),
    Name(FinalNorm, "output_norm", Whole),
    Name(FinalNorm, "token_embd_norm", Whole),
    Name(Head, "output", Whole),
    Name(RopeFactors, "rope_freqs", Whole),
    Name(RopeFactorsShort, "rope_factors_short", Whole),
    Name(RopeFactorsLong, "rope_factors_long", Whole),
    Name(InputNorm, "blk.{}.attn_norm", Whole),
    Name(Query, "blk.{}.attn_q", Whole),
    Name(Key, "blk.{}.attn_k", Whole),
    Name(Value, "blk.{}.attn_v", Whole),
    Name(Query, "blk.{}.attn_qkv", Joined(0)),
    Name(Key, "blk.{}.attn_qkv", Joined(1)),
    Name(Value, "blk.{}.attn_qkv", Joined(2)),
    Name(Output, "blk.{}.attn_output", Whole),
    Name(QueryNorm, "blk.{}.attn_q_norm", Whole),
    Name(KeyNorm, "blk.{}.attn_k_norm", Whole),
    Name(ConvolutionInput, "blk.{}.shortconv.in_proj", Whole),
    Name(ConvolutionTaps, "blk.{}.shortconv.conv", Whole),
    Name(ConvolutionOutput, "blk.{}.shortconv.out_proj", Whole),
    Name(MixedNorm, "blk.{}.post_attention_norm", Whole),
    Name(MlpNorm, "blk.{}.ffn_norm", Whole),
    Name(Gate, "blk.{}.ffn_gate", Whole),
    Name(Up, "blk.{}.ffn_up", Whole),
    Name(Down, "blk.{}.ffn_down", Whole),
    Name(MlpOutputNorm, "blk.{}.post_ffw_norm", Whole),
];

const GGUF_PHI3: &[Name] =
    &[Name(Gate, "blk.{}.ffn_up", Half(0)), Name(Up, "blk.{}.ffn_up", Half(1))];

/// With two norms, the second one is attention's.
const GGUF_FALCON: &[Name] = &[
    Name(InputNorm, "blk.{}.attn_norm_2", Whole),
    Name(MlpNorm, "blk.{}.attn_norm", Whole),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes() -> Sizes {
        Sizes { q: 12, kv: 4, kv_heads: 2, head_dim: 2, inner: 5 }
    }

    fn rows(slice: Slice, wanted: usize) -> Vec<usize> {
        let rows = sizes().rows(slice).unwrap();
        rows.runs(wanted).flat_map(|(first, count)| first..first + count).collect()
    }

    #[test]
    fn joined_parts_follow_each_other() {
        assert_eq!(rows(Joined(0), 12), (0..12).collect::<Vec<_>>());
        assert_eq!(rows(Joined(1), 4), (12..16).collect::<Vec<_>>());
        assert_eq!(rows(Joined(2), 4), (16..20).collect::<Vec<_>>());
        assert_eq!(rows(Half(1), 5), (5..10).collect::<Vec<_>>());
        assert_eq!(sizes().rows(Joined(1)).unwrap().stored(4), 20);
    }

    #[test]
    fn groups_have_their_queries_then_a_key_and_a_value() {
        let queries = (0..6).chain(10..16);
        assert_eq!(rows(Grouped(0), 12), queries.collect::<Vec<_>>());
        assert_eq!(rows(Grouped(1), 4), [6, 7, 16, 17]);
        assert_eq!(rows(Grouped(2), 4), [8, 9, 18, 19]);
        assert_eq!(sizes().rows(Grouped(1)).unwrap().stored(4), 20);
    }
}
