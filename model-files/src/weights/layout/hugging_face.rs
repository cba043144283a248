//! The names of tensors in Hugging Face checkpoints, family by family.

use super::name::Name;
use super::rows::Slice::*;
use crate::weights::tensor_id::Role::*;

pub(super) const LLAMA: &[Name] = &[
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
    // Hunyuan.
    Name(QueryNorm, "layers.{}.self_attn.query_layernorm", Whole),
    Name(KeyNorm, "layers.{}.self_attn.key_layernorm", Whole),
    // StableLM 2 12B.
    Name(QueryNorm, "layers.{}.self_attn.q_layernorm.norms.{e}", Whole),
    Name(KeyNorm, "layers.{}.self_attn.k_layernorm.norms.{e}", Whole),
    Name(Gate, "layers.{}.mlp.gate_proj", Whole),
    Name(Up, "layers.{}.mlp.up_proj", Whole),
    Name(Down, "layers.{}.mlp.down_proj", Whole),
];

/// Here `post_attention` says where the norm is: before the MLP.
pub(super) const PRE_NORM: &[Name] = &[
    Name(InputNorm, "layers.{}.input_layernorm", Whole),
    Name(MlpNorm, "layers.{}.post_attention_layernorm", Whole),
];

/// Here `post_attention` says what the norm normalises: attention's output.
pub(super) const POST_NORM: &[Name] = &[
    Name(MixedNorm, "layers.{}.post_attention_layernorm", Whole),
    Name(MlpOutputNorm, "layers.{}.post_feedforward_layernorm", Whole),
];

pub(super) const SANDWICH: &[Name] = &[
    Name(InputNorm, "layers.{}.input_layernorm", Whole),
    Name(MixedNorm, "layers.{}.post_attention_layernorm", Whole),
    Name(MlpNorm, "layers.{}.pre_feedforward_layernorm", Whole),
    Name(MlpOutputNorm, "layers.{}.post_feedforward_layernorm", Whole),
];

pub(super) const PHI3: &[Name] = &[
    Name(Query, "layers.{}.self_attn.qkv_proj", Joined(0)),
    Name(Key, "layers.{}.self_attn.qkv_proj", Joined(1)),
    Name(Value, "layers.{}.self_attn.qkv_proj", Joined(2)),
    Name(Gate, "layers.{}.mlp.gate_up_proj", Half(0)),
    Name(Up, "layers.{}.mlp.gate_up_proj", Half(1)),
];

pub(super) const PHI: &[Name] = &[
    Name(FinalNorm, "final_layernorm", Whole),
    Name(InputNorm, "layers.{}.input_layernorm", Whole),
    Name(Output, "layers.{}.self_attn.dense", Whole),
    Name(QueryNorm, "layers.{}.self_attn.q_layernorm", Whole),
    Name(KeyNorm, "layers.{}.self_attn.k_layernorm", Whole),
    Name(Up, "layers.{}.mlp.fc1", Whole),
    Name(Down, "layers.{}.mlp.fc2", Whole),
];

pub(super) const GPT2: &[Name] = &[
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

pub(super) const GPT_NEOX: &[Name] = &[
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

pub(super) const FALCON: &[Name] = &[
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

pub(super) const LFM2: &[Name] = &[
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
    Name(Router, "layers.{}.feed_forward.gate", Whole),
    Name(RouterChoice, "layers.{}.feed_forward.expert_bias=", Whole),
    Name(ExpertGate, "layers.{}.feed_forward.experts.{e}.w1", Whole),
    Name(ExpertUp, "layers.{}.feed_forward.experts.{e}.w3", Whole),
    Name(ExpertDown, "layers.{}.feed_forward.experts.{e}.w2", Whole),
    Name(ExpertGate, "layers.{}.feed_forward.experts.gate_up_proj=", ExpertHalf(0)),
    Name(ExpertUp, "layers.{}.feed_forward.experts.gate_up_proj=", ExpertHalf(1)),
    Name(ExpertDown, "layers.{}.feed_forward.experts.down_proj=", Whole),
];

/// With [`GPT2`]'s other names.
pub(super) const GPT_NEO: &[Name] = &[
    Name(Query, "h.{}.attn.attention.q_proj", Whole),
    Name(Key, "h.{}.attn.attention.k_proj", Whole),
    Name(Value, "h.{}.attn.attention.v_proj", Whole),
    Name(Output, "h.{}.attn.attention.out_proj", Whole),
];

/// Without multi-query attention, each head has its query, key and value beside each other.
pub(super) const GPT_BIGCODE_HEADS: &[Name] = &[
    Name(Query, "h.{}.attn.c_attn", Grouped(0)),
    Name(Key, "h.{}.attn.c_attn", Grouped(1)),
    Name(Value, "h.{}.attn.c_attn", Grouped(2)),
];

pub(super) const STARCODER2: &[Name] =
    &[Name(Up, "layers.{}.mlp.c_fc", Whole), Name(Down, "layers.{}.mlp.c_proj", Whole)];

/// The first two learned positions are for padding.
pub(super) const OPT: &[Name] = &[
    Name(Positions, "embed_positions", After(2)),
    Name(FinalNorm, "final_layer_norm", Whole),
    Name(InputNorm, "layers.{}.self_attn_layer_norm", Whole),
    Name(Output, "layers.{}.self_attn.out_proj", Whole),
    Name(MlpNorm, "layers.{}.final_layer_norm", Whole),
    // Of the model with 350 million weights.
    Name(MixedNorm, "layers.{}.self_attn_layer_norm", Whole),
    Name(MlpOutputNorm, "layers.{}.final_layer_norm", Whole),
    Name(EmbeddingIn, "project_in", Whole),
    Name(EmbeddingOut, "project_out", Whole),
    Name(Up, "layers.{}.fc1", Whole),
    Name(Down, "layers.{}.fc2", Whole),
];

/// Of GLM-4, whose other names are Phi-3's and Llama's.
pub(super) const GLM4: &[Name] = &[
    Name(InputNorm, "layers.{}.input_layernorm", Whole),
    Name(MixedNorm, "layers.{}.post_self_attn_layernorm", Whole),
    Name(MlpNorm, "layers.{}.post_attention_layernorm", Whole),
    Name(MlpOutputNorm, "layers.{}.post_mlp_layernorm", Whole),
    Name(Gate, "layers.{}.mlp.gate_up_proj", Half(0)),
    Name(Up, "layers.{}.mlp.gate_up_proj", Half(1)),
];

/// With [`FALCON`]'s other names.
pub(super) const BLOOM: &[Name] =
    &[Name(EmbeddingNorm, "word_embeddings_layernorm", Whole)];

pub(super) const MPT: &[Name] = &[
    Name(Embedding, "wte", Whole),
    Name(FinalNorm, "norm_f", Whole),
    Name(Head, "/lm_head", Whole),
    Name(InputNorm, "blocks.{}.norm_1", Whole),
    Name(Query, "blocks.{}.attn.Wqkv", Joined(0)),
    Name(Key, "blocks.{}.attn.Wqkv", Joined(1)),
    Name(Value, "blocks.{}.attn.Wqkv", Joined(2)),
    Name(Output, "blocks.{}.attn.out_proj", Whole),
    Name(MlpNorm, "blocks.{}.norm_2", Whole),
    Name(Up, "blocks.{}.ffn.up_proj", Whole),
    Name(Down, "blocks.{}.ffn.down_proj", Whole),
];
