//! The shape and constants of a decoder.

use super::alibi::Alibi;
use super::altup::AltUp;
use super::experts::Experts;
use super::latent::Latent;
use super::layer_kind::{LayerKind, MixerKind};
use super::recurrence::Recurrence;
use super::rope::RopeConfig;
use crate::family::Family;

/// The shape and constants of a decoder. Names follow the checkpoints' where those agree.
///
/// ```
/// use model_files::config::Config;
///
/// let config = Config::from_json(
///     br#"{"model_type": "llama", "hidden_size": 576, "intermediate_size": 1536,
///         "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3,
///         "vocab_size": 49152, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5}"#,
/// )?;
/// assert_eq!((config.head_dim, config.group_size()), (64, 3));
/// # Ok::<(), model_files::ModelFileError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The architecture's name in the file, such as `llama`.
    pub architecture: String,
    /// The name that the file gives the architecture, if it is not known here and the file
    /// is read as one of `architecture`.
    pub calls_itself: Option<String>,
    /// The family that determines the names and layout of tensors.
    pub family: Family,
    /// H, the width of the residual stream.
    pub hidden_size: usize,
    /// I, the width between the MLP's products.
    pub intermediate_size: usize,
    /// The number of blocks.
    pub num_hidden_layers: usize,
    /// N, the number of query heads.
    pub num_attention_heads: usize,
    /// K, the number of key/value heads; each serves `num_attention_heads /
    /// num_key_value_heads` query heads.
    pub num_key_value_heads: usize,
    /// D, the width of one head.
    pub head_dim: usize,
    /// V, the number of tokens.
    pub vocab_size: usize,
    /// The longest sequence, in tokens.
    pub context_length: usize,
    /// The norms of the residual stream.
    pub norm: NormConfig,
    /// The structure of a block.
    pub block: Block,
    /// Attention.
    pub attention: AttentionConfig,
    /// The feed-forward network.
    pub mlp: MlpConfig,
    /// The experts of layers that have them instead of one feed-forward network.
    pub experts: Option<Experts>,
    /// Biases of attention scores by position (Bloom, MPT).
    pub alibi: Option<Alibi>,
    /// Rotary position embedding.
    pub rope: RopeConfig,
    /// The rotary position embedding of layers with a window, if it differs (Gemma 3).
    pub local_rope: Option<RopeConfig>,
    /// Whether learned position embeddings are added to those of tokens (GPT-2).
    pub learned_positions: bool,
    /// The width of embeddings and output head, if projections lie between them and the
    /// blocks (OPT 350M).
    pub embedding_width: Option<usize>,
    /// Whether embeddings are normalised (Bloom).
    pub embedding_norm: bool,
    /// The number of taps of short convolutions (LFM2); 0 if there are none.
    pub convolution_taps: usize,
    /// Whether projections and taps of short convolutions have biases.
    pub convolution_bias: bool,
    /// Keys and values that come from one narrow projection (DeepSeek).
    pub latent: Option<Latent>,
    /// The mixer of layers that keep a state instead of keys and values (Mamba).
    pub recurrence: Option<Recurrence>,
    /// Several residual streams, and inputs for each layer (Gemma 3n).
    pub altup: Option<AltUp>,
    /// Constant factors.
    pub scales: Scales,
    /// Logits go through cap · tanh(logit / cap) (Gemma 2).
    pub logit_cap: Option<f32>,
    /// Whether the output head has a bias (Phi).
    pub head_bias: bool,
    /// Whether the output head is the embedding. `None` if the file does not say; it then
    /// has no head tensor if it is.
    pub tie_word_embeddings: Option<bool>,
    /// The kind of each layer.
    pub layers: Vec<LayerKind>,
    /// The tokens that end a text, as far as this file gives their ids.
    pub end_of_generation: Vec<u32>,
}

/// The norms of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormConfig {
    /// The formula.
    pub kind: NormKind,
    /// Added to the mean square or the variance under the root.
    pub epsilon: f64,
    /// Whether there are weights, and perhaps a bias (not in the first OLMo).
    pub weights: bool,
    /// Whether there is a bias.
    pub bias: bool,
    /// Added to the weights in the file (Gemma's are stored minus 1).
    pub offset: f32,
}

/// The formula of norms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormKind {
    /// x / √(mean(x²) + ε) (Zhang & Sennrich, 2019, arXiv:1910.07467).
    Rms,
    /// (x − mean(x)) / √(variance(x) + ε) (Ba et al., 2016, arXiv:1607.06450).
    Layer,
}

/// The structure of a block, which has a mixer (attention, convolution or recurrence) and
/// an MLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// x + mixer(norm(x)), then x + mlp(norm(x)): Llama and most others.
    PreNorm,
    /// x + norm(mixer(x)), then x + norm(mlp(x)): OLMo 2.
    PostNorm,
    /// norm(x + mixer(x)), then norm(x + mlp(x)): OPT 350M. The last norm counts as the one
    /// before the output head, the others as part of what follows them.
    NormAfterSum,
    /// x + norm(mixer(norm(x))), then x + norm(mlp(norm(x))): Gemma 2 and 3.
    Sandwich,
    /// x + mixer(norm(x)) + mlp(norm(x)) with one norm for both: Phi, Falcon 7B.
    Parallel,
    /// The same with a norm for each: GPT-NeoX, Falcon 40B.
    ParallelTwoNorms,
    /// x + mixer(norm(x)) without an MLP: Mamba.
    MixerOnly,
}

/// Constants of attention.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttentionConfig {
    /// Whether the query, key and value projections have biases.
    pub qkv_bias: bool,
    /// Whether the output projection has a bias.
    pub output_bias: bool,
    /// Whether queries and keys are normalised.
    pub qk_norm: QkNorm,
    /// The factor of scores.
    pub scale: f64,
    /// Scores go through cap · tanh(score / cap) (Gemma 2).
    pub cap: Option<f32>,
    /// Queries, keys and values are clipped to ± this, after the norms of queries and keys
    /// (MPT, OLMo).
    pub clip: Option<f32>,
    /// Whether each head has a score more in its softmax, without a value (gpt-oss).
    pub sinks: bool,
    /// Whether what heads give is multiplied by the sigmoid of a projection of the input
    /// (Qwen 3.5).
    pub gated: bool,
    /// Whether values are normalised, without weights (Gemma 3n).
    pub value_norm: bool,
}

/// Whether queries and keys are normalised, mostly before they are rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QkNorm {
    /// They are not.
    None,
    /// Each head by itself (Qwen3, Gemma 3, LFM2).
    Heads,
    /// Each head by itself, once it is rotated (Hunyuan).
    HeadsRotated,
    /// Each head by itself, with weights of its own (Command R+, StableLM 2 12B).
    EachHead,
    /// All heads together (OLMo 2).
    Whole,
}

/// Constants of the feed-forward network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MlpConfig {
    /// Whether the network is down(act(gate(x)) · up(x)) (Shazeer, 2020,
    /// arXiv:2002.05202) instead of down(act(up(x))).
    pub gated: bool,
    /// act.
    pub activation: Activation,
    /// Whether the projections have biases.
    pub bias: bool,
    /// Whether what the network gives is multiplied by the sigmoid of a projection of a
    /// mixture of its own (RWKV-4).
    pub output_gate: bool,
}

/// An activation function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x / (1 + e⁻ˣ).
    Silu,
    /// x · Φ(x) (Hendrycks & Gimpel, 2016, arXiv:1606.08415).
    Gelu,
    /// The approximation of [`Gelu`](Self::Gelu) with tanh.
    GeluTanh,
    /// max(x, 0).
    Relu,
    /// max(x, 0)² (So et al., 2021, arXiv:2109.08668).
    ReluSquared,
    /// Of gate g and up u: min(g, 7) · σ(1.702 · min(g, 7)) · (1 + u within ±7) (gpt-oss).
    ClampedSwiglu,
}

/// Constant factors; 1 if a family has none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// Of embeddings.
    pub embedding: f64,
    /// Of what a mixer or an MLP adds to the residual stream (Granite).
    pub residual: f64,
    /// Of logits (Granite).
    pub logits: f64,
}

impl Scales {
    /// No factors.
    pub const NONE: Scales = Scales { embedding: 1.0, residual: 1.0, logits: 1.0 };
}

impl Config {
    /// Query heads per key/value head.
    pub fn group_size(&self) -> usize {
        self.num_attention_heads / self.num_key_value_heads
    }

    /// The rows of the query projection, N · D.
    pub fn q_size(&self) -> usize {
        self.num_attention_heads * self.head_dim
    }

    /// The rows of the key and of the value projection, K · D.
    pub fn kv_size(&self) -> usize {
        self.num_key_value_heads * self.head_dim
    }

    /// The number of attention layers, and of convolution layers.
    pub fn mixers(&self) -> (usize, usize) {
        let count = |mixer: MixerKind| {
            self.layers.iter().filter(|kind| kind.mixer == mixer).count()
        };
        (count(MixerKind::Attention), count(MixerKind::Convolution))
    }
}
