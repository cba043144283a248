//! Builds the decoder from a model's tensors, checking every shape.

use std::sync::Arc;

use kernels::PackedMatrix;

use super::crew::Crew;
use super::layer::{Layer, Projection};
use super::pass::Buffers;
use super::{FusedDecoder, MOST_TOKENS, Workings};
use crate::config::{Config, RopeScaling};
use crate::decoder::Rope;
use crate::error::Result;
use crate::weights::TensorSource;

impl FusedDecoder {
    /// Takes the tensors it needs from `source`, under their Hugging Face names, each
    /// straight into its place. `progress` hears how many layers are done, of how many.
    ///
    /// # Errors
    /// If a tensor is missing, or has another shape than the configuration says.
    pub fn new(
        mut config: Config,
        source: &mut dyn TensorSource,
        workings: Workings,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<FusedDecoder> {
        let hidden = config.hidden_size;
        if let Some(factors) = source.rope_factors(config.head_dim / 2)? {
            config.rope.scaling = RopeScaling::Factors(factors);
        }
        let embed_tokens =
            source.packed("model.embed_tokens.weight", config.vocab_size, hidden)?;
        let embed_tokens = Arc::new(embed_tokens);
        let layers = (0..config.num_hidden_layers)
            .map(|index| {
                progress(index as u64, config.num_hidden_layers as u64);
                Layer::new(&config, index, source)
            })
            .collect::<Result<Vec<_>>>()?;
        let norm = numbers("model.norm.weight", hidden, source)?;
        let tied = config
            .tie_word_embeddings
            .unwrap_or_else(|| !source.contains("lm_head.weight"));
        let lm_head = match tied {
            true => Arc::clone(&embed_tokens),
            false => {
                Arc::new(source.packed("lm_head.weight", config.vocab_size, hidden)?)
            }
        };
        let rope = Rope::new(&config.rope, config.head_dim);
        let Workings { team, clock_ms, kernels, cache } = workings;
        let buffers = Buffers::new(&config, MOST_TOKENS);
        Ok(FusedDecoder {
            config,
            kernels,
            crew: Crew::new(team, clock_ms),
            embed_tokens,
            layers,
            norm,
            lm_head,
            rope,
            buffers,
            cache,
            sequences: Vec::new(),
        })
    }
}

impl Layer {
    fn new(
        config: &Config,
        index: usize,
        source: &mut dyn TensorSource,
    ) -> Result<Layer> {
        let prefix = format!("model.layers.{index}");
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let q_size = config.num_attention_heads * config.head_dim;
        let kv_size = config.num_key_value_heads * config.head_dim;
        let (qkv_bias, mlp_bias) = (config.qkv_bias, config.mlp_bias);

        let mut linear = |name: &str, rows, columns, bias: bool| -> Result<Projection> {
            let name = format!("{prefix}.{name}");
            let weight: PackedMatrix =
                source.packed(&format!("{name}.weight"), rows, columns)?;
            let bias = match bias {
                true => Some(numbers(&format!("{name}.bias"), rows, source)?),
                false => None,
            };
            Ok(Projection { weight, bias })
        };
        let q_proj = linear("self_attn.q_proj", q_size, hidden, qkv_bias)?;
        let k_proj = linear("self_attn.k_proj", kv_size, hidden, qkv_bias)?;
        let v_proj = linear("self_attn.v_proj", kv_size, hidden, qkv_bias)?;
        let o_proj = linear("self_attn.o_proj", hidden, q_size, config.output_bias)?;
        let gate_proj = linear("mlp.gate_proj", inner, hidden, mlp_bias)?;
        let up_proj = linear("mlp.up_proj", inner, hidden, mlp_bias)?;
        let down_proj = linear("mlp.down_proj", hidden, inner, mlp_bias)?;
        let mut norm = |name: &str, width| {
            numbers(&format!("{prefix}.{name}.weight"), width, source)
        };
        let qk_norm = match config.qk_norm {
            true => Some((
                norm("self_attn.q_norm", config.head_dim)?,
                norm("self_attn.k_norm", config.head_dim)?,
            )),
            false => None,
        };
        Ok(Layer {
            kind: config.layers[index],
            input_layernorm: norm("input_layernorm", hidden)?,
            q_proj,
            k_proj,
            v_proj,
            o_proj,
            qk_norm,
            post_attention_layernorm: norm("post_attention_layernorm", hidden)?,
            gate_proj,
            up_proj,
            down_proj,
        })
    }
}

fn numbers(name: &str, length: usize, source: &mut dyn TensorSource) -> Result<Vec<f32>> {
    Ok(source.vector(name, length)?.to_vec1()?)
}
