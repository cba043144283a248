//! Builds a decoder from a model's tensors, checking every shape.

use candle_core::Device;

use super::{Attention, Decoder, Layer, Linear, Mlp, RmsNorm, Rope};
use crate::config::{Config, RopeScaling};
use crate::error::Result;
use crate::weights::TensorSource;

impl Decoder {
    /// Takes the tensors it needs from `source`, under their Hugging Face names.
    /// `progress` hears how many layers are done, of how many.
    ///
    /// # Errors
    /// If a tensor is missing, has another shape than the configuration says, or does
    /// not fit in memory.
    pub fn new(
        mut config: Config,
        source: &mut dyn TensorSource,
        device: &Device,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Decoder> {
        let hidden = config.hidden_size;
        if let Some(factors) = source.rope_factors(config.head_dim / 2)? {
            config.rope.scaling = RopeScaling::Factors(factors);
        }
        let embed_tokens =
            source.wide_matrix("model.embed_tokens.weight", config.vocab_size, hidden)?;
        let layers = (0..config.num_hidden_layers)
            .map(|index| {
                progress(index as u64, config.num_hidden_layers as u64);
                Layer::new(&config, index, source)
            })
            .collect::<Result<Vec<_>>>()?;
        let norm = rms_norm("model.norm", hidden, &config, source)?;
        let tied = config
            .tie_word_embeddings
            .unwrap_or_else(|| !source.contains("lm_head.weight"));
        let lm_head = match tied {
            true => embed_tokens.clone(),
            false => source.wide_matrix("lm_head.weight", config.vocab_size, hidden)?,
        };
        let rope = Rope::new(&config.rope, config.head_dim);
        let device = device.clone();
        Ok(Decoder {
            config,
            device,
            embed_tokens,
            layers,
            norm,
            lm_head,
            rope,
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
        let head_dim = config.head_dim;
        let q_size = config.num_attention_heads * head_dim;
        let kv_size = config.num_key_value_heads * head_dim;
        let (qkv_bias, mlp_bias) = (config.qkv_bias, config.mlp_bias);

        let mut linear = |name: &str, rows, columns, bias: bool| -> Result<Linear> {
            let name = format!("{prefix}.{name}");
            let weight = source.matrix(&format!("{name}.weight"), rows, columns)?;
            let bias = match bias {
                true => Some(source.vector(&format!("{name}.bias"), rows)?),
                false => None,
            };
            Ok(Linear { weight, bias })
        };
        let q_proj = linear("self_attn.q_proj", q_size, hidden, qkv_bias)?;
        let k_proj = linear("self_attn.k_proj", kv_size, hidden, qkv_bias)?;
        let v_proj = linear("self_attn.v_proj", kv_size, hidden, qkv_bias)?;
        let o_proj = linear("self_attn.o_proj", hidden, q_size, config.output_bias)?;
        let mlp = Mlp {
            gate_proj: linear("mlp.gate_proj", inner, hidden, mlp_bias)?,
            up_proj: linear("mlp.up_proj", inner, hidden, mlp_bias)?,
            down_proj: linear("mlp.down_proj", hidden, inner, mlp_bias)?,
        };
        let mut norm = |name: &str, width| {
            rms_norm(&format!("{prefix}.{name}"), width, config, source)
        };
        let qk_norm = match config.qk_norm {
            true => Some((
                norm("self_attn.q_norm", head_dim)?,
                norm("self_attn.k_norm", head_dim)?,
            )),
            false => None,
        };
        let self_attn = Attention {
            q_proj,
            k_proj,
            v_proj,
            o_proj,
            qk_norm,
            head_dim,
            heads: config.num_attention_heads,
            kv_heads: config.num_key_value_heads,
        };
        Ok(Layer {
            kind: config.layers[index],
            input_layernorm: norm("input_layernorm", hidden)?,
            self_attn,
            post_attention_layernorm: norm("post_attention_layernorm", hidden)?,
            mlp,
        })
    }
}

fn rms_norm(
    name: &str,
    width: usize,
    config: &Config,
    source: &mut dyn TensorSource,
) -> Result<RmsNorm> {
    let weight = source.vector(&format!("{name}.weight"), width)?;
    Ok(RmsNorm { weight, eps: config.rms_norm_eps as f32 })
}
