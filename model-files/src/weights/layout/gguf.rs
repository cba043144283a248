//! The names of tensors in GGUF files.

use super::name::Name;
use super::rows::Slice::*;
use crate::weights::tensor_id::Role::*;

/// llama.cpp's names (`gguf-py/gguf/constants.py`). Its converter puts queries, keys and
/// values one after the other in joined matrices.
pub(super) const ALL: &[Name] = &[
    Name(Embedding, "token_embd", Whole),
    Name(Positions, "position_embd", Whole),
    Name(EmbeddingNorm, "token_embd_norm", Whole),
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
    Name(Sinks, "blk.{}.attn_sinks", Whole),
    Name(ConvolutionInput, "blk.{}.shortconv.in_proj", Whole),
    Name(ConvolutionTaps, "blk.{}.shortconv.conv", Whole),
    Name(ConvolutionOutput, "blk.{}.shortconv.out_proj", Whole),
    Name(StateInput, "blk.{}.ssm_in", Whole),
    Name(StateTaps, "blk.{}.ssm_conv1d", Whole),
    Name(StateParameters, "blk.{}.ssm_x", Whole),
    Name(StateStep, "blk.{}.ssm_dt", Whole),
    Name(StateStepBias, "blk.{}.ssm_dt.bias=", Whole),
    Name(StateDecay, "blk.{}.ssm_a=", Whole),
    Name(StateSkip, "blk.{}.ssm_d=", Whole),
    Name(StateNorm, "blk.{}.ssm_norm", Whole),
    Name(StateOutput, "blk.{}.ssm_out", Whole),
    Name(MixedNorm, "blk.{}.post_attention_norm", Whole),
    Name(MlpNorm, "blk.{}.ffn_norm", Whole),
    Name(Gate, "blk.{}.ffn_gate", Whole),
    Name(Up, "blk.{}.ffn_up", Whole),
    Name(Down, "blk.{}.ffn_down", Whole),
    Name(MlpOutputNorm, "blk.{}.post_ffw_norm", Whole),
    Name(Router, "blk.{}.ffn_gate_inp", Whole),
    Name(RouterChoice, "blk.{}.exp_probs_b.bias=", Whole),
    Name(ExpertGate, "blk.{}.ffn_gate_exps", Whole),
    Name(ExpertUp, "blk.{}.ffn_up_exps", Whole),
    Name(ExpertDown, "blk.{}.ffn_down_exps", Whole),
    Name(ExpertGate, "blk.{}.ffn_gate_up_exps", ExpertHalf(0)),
    Name(ExpertUp, "blk.{}.ffn_gate_up_exps", ExpertHalf(1)),
    // Files of the first half of 2024.
    Name(ExpertGate, "blk.{}.ffn_gate.{e}", Whole),
    Name(ExpertUp, "blk.{}.ffn_up.{e}", Whole),
    Name(ExpertDown, "blk.{}.ffn_down.{e}", Whole),
    Name(SharedGate, "blk.{}.ffn_gate_shexp", Whole),
    Name(SharedUp, "blk.{}.ffn_up_shexp", Whole),
    Name(SharedDown, "blk.{}.ffn_down_shexp", Whole),
    Name(SharedWeight, "blk.{}.ffn_gate_inp_shexp", Whole),
];

/// Phi-3 and GLM have gate and up in one matrix.
pub(super) const PHI3: &[Name] =
    &[Name(Gate, "blk.{}.ffn_up", Half(0)), Name(Up, "blk.{}.ffn_up", Half(1))];

/// The norm before the MLP has the name of one after attention.
pub(super) const GPT_OSS: &[Name] = &[Name(MlpNorm, "blk.{}.post_attention_norm", Whole)];

/// Qwen 3.5 and Qwen3-Next, whose first files have queries, keys, values and gates of linear
/// attention in one.
pub(super) const QWEN35: &[Name] = &[
    Name(MlpNorm, "blk.{}.post_attention_norm", Whole),
    Name(Query, "blk.{}.attn_q", Gated(0)),
    Name(AttentionGate, "blk.{}.attn_q", Gated(1)),
    Name(StateQuery, "blk.{}.attn_qkv", StateJoined(0)),
    Name(StateKey, "blk.{}.attn_qkv", StateJoined(1)),
    Name(StateValue, "blk.{}.attn_qkv", StateJoined(2)),
    Name(StateGate, "blk.{}.attn_gate", Whole),
    Name(StateQuery, "blk.{}.ssm_in", StateGrouped(0)),
    Name(StateKey, "blk.{}.ssm_in", StateGrouped(1)),
    Name(StateValue, "blk.{}.ssm_in", StateGrouped(2)),
    Name(StateGate, "blk.{}.ssm_in", StateGrouped(3)),
    Name(StateRate, "blk.{}.ssm_beta", Whole),
    Name(StateHeadStep, "blk.{}.ssm_alpha", Whole),
    Name(StateRate, "blk.{}.ssm_ba", RateGrouped(0)),
    Name(StateHeadStep, "blk.{}.ssm_ba", RateGrouped(1)),
];

/// DeepSeek-V2. Files since 2025 have two matrices in the place of one from the narrow
/// projection to keys and values.
pub(super) const DEEPSEEK: &[Name] = &[
    // GLM-4.5, whose norm before the MLP has the name of one after attention.
    Name(MlpNorm, "blk.{}.post_attention_norm", Whole),
    Name(Query, "blk.{}.attn_q_b", Whole),
    Name(QueryDown, "blk.{}.attn_q_a", Whole),
    Name(QueryDownNorm, "blk.{}.attn_q_a_norm", Whole),
    Name(LatentDown, "blk.{}.attn_kv_a_mqa", Whole),
    Name(LatentNorm, "blk.{}.attn_kv_a_norm", Whole),
    Name(LatentUp, "blk.{}.attn_kv_b", Whole),
    Name(LatentUpKeys, "blk.{}.attn_k_b", Whole),
    Name(LatentUpValues, "blk.{}.attn_v_b", Whole),
];

/// In a model with two norms, attention's is the second one.
pub(super) const FALCON: &[Name] = &[
    Name(InputNorm, "blk.{}.attn_norm_2", Whole),
    Name(MlpNorm, "blk.{}.attn_norm", Whole),
];
