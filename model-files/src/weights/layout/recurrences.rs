//! The names of recurrences in Hugging Face checkpoints.

use super::name::Name;
use super::rows::Slice::*;
use crate::weights::tensor_id::Role::*;
use crate::weights::tensor_id::Shifted;

pub(super) const MAMBA: &[Name] = &[
    Name(Embedding, "embeddings", Whole),
    // Of Falcon Mamba's first files.
    Name(Embedding, "embedding", Whole),
    Name(FinalNorm, "norm_f", Whole),
    Name(Head, "/lm_head", Whole),
    Name(InputNorm, "layers.{}.norm", Whole),
    Name(StateInput, "layers.{}.mixer.in_proj", Whole),
    Name(StateTaps, "layers.{}.mixer.conv1d", Whole),
    Name(StateParameters, "layers.{}.mixer.x_proj", Whole),
    Name(StateStep, "layers.{}.mixer.dt_proj", Whole),
    Name(StateStepBias, "layers.{}.mixer.dt_bias=", Whole),
    Name(StateDecayLog, "layers.{}.mixer.A_log=", Whole),
    Name(StateSkip, "layers.{}.mixer.D=", Whole),
    Name(StateNorm, "layers.{}.mixer.norm", Whole),
    Name(StateOutput, "layers.{}.mixer.out_proj", Whole),
];

pub(super) const GRANITE: &[Name] = &[
    Name(StateInput, "layers.{}.mamba.in_proj", Whole),
    Name(StateTaps, "layers.{}.mamba.conv1d", Whole),
    Name(StateStepBias, "layers.{}.mamba.dt_bias=", Whole),
    Name(StateDecayLog, "layers.{}.mamba.A_log=", Whole),
    Name(StateSkip, "layers.{}.mamba.D=", Whole),
    Name(StateNorm, "layers.{}.mamba.norm", Whole),
    Name(StateOutput, "layers.{}.mamba.out_proj", Whole),
];

/// Without experts, the one for all tokens is the MLP.
pub(super) const GRANITE_DENSE: &[Name] = &[
    Name(Gate, "layers.{}.shared_mlp.input_linear", Half(0)),
    Name(Up, "layers.{}.shared_mlp.input_linear", Half(1)),
    Name(Down, "layers.{}.shared_mlp.output_linear", Whole),
];

pub(super) const GRANITE_EXPERTS: &[Name] = &[
    Name(SharedGate, "layers.{}.shared_mlp.input_linear", SharedHalf(0)),
    Name(SharedUp, "layers.{}.shared_mlp.input_linear", SharedHalf(1)),
    Name(SharedDown, "layers.{}.shared_mlp.output_linear", Whole),
];

pub(super) const GEMMA: &[Name] = &[
    Name(FinalNorm, "final_norm", Whole),
    Name(InputNorm, "layers.{}.temporal_pre_norm", Whole),
    Name(Query, "layers.{}.temporal_block.q_proj", Whole),
    Name(Key, "layers.{}.temporal_block.k_proj", Whole),
    Name(Value, "layers.{}.temporal_block.v_proj", Whole),
    Name(Output, "layers.{}.temporal_block.o_proj", Whole),
    Name(StateInput, "layers.{}.temporal_block.linear_x", Whole),
    Name(StateGate, "layers.{}.temporal_block.linear_y", Whole),
    Name(StateTaps, "layers.{}.temporal_block.conv_1d", Whole),
    Name(StateDecayParameter, "layers.{}.temporal_block.rg_lru.recurrent_param=", Whole),
    Name(StateInputGate, "layers.{}.temporal_block.rg_lru.input_gate_weight=", Whole),
    Name(StateInputGateBias, "layers.{}.temporal_block.rg_lru.input_gate_bias=", Whole),
    Name(StateDecayGate, "layers.{}.temporal_block.rg_lru.recurrent_gate_weight=", Whole),
    Name(
        StateDecayGateBias,
        "layers.{}.temporal_block.rg_lru.recurrent_gate_bias=",
        Whole,
    ),
    Name(StateOutput, "layers.{}.temporal_block.linear_out", Whole),
    Name(MlpNorm, "layers.{}.channel_pre_norm", Whole),
    Name(Gate, "layers.{}.mlp_block.gate_proj", Whole),
    Name(Up, "layers.{}.mlp_block.up_proj", Whole),
    Name(Down, "layers.{}.mlp_block.down_proj", Whole),
];

pub(super) const QWEN: &[Name] = &[
    Name(Query, "layers.{}.self_attn.q_proj", Gated(0)),
    Name(AttentionGate, "layers.{}.self_attn.q_proj", Gated(1)),
    Name(StateQuery, "layers.{}.linear_attn.in_proj_qkv", StateJoined(0)),
    Name(StateKey, "layers.{}.linear_attn.in_proj_qkv", StateJoined(1)),
    Name(StateValue, "layers.{}.linear_attn.in_proj_qkv", StateJoined(2)),
    Name(StateGate, "layers.{}.linear_attn.in_proj_z", Whole),
    Name(StateRate, "layers.{}.linear_attn.in_proj_b", Whole),
    Name(StateHeadStep, "layers.{}.linear_attn.in_proj_a", Whole),
    // Qwen3-Next.
    Name(StateQuery, "layers.{}.linear_attn.in_proj_qkvz", StateGrouped(0)),
    Name(StateKey, "layers.{}.linear_attn.in_proj_qkvz", StateGrouped(1)),
    Name(StateValue, "layers.{}.linear_attn.in_proj_qkvz", StateGrouped(2)),
    Name(StateGate, "layers.{}.linear_attn.in_proj_qkvz", StateGrouped(3)),
    Name(StateRate, "layers.{}.linear_attn.in_proj_ba", RateGrouped(0)),
    Name(StateHeadStep, "layers.{}.linear_attn.in_proj_ba", RateGrouped(1)),
    Name(StateTaps, "layers.{}.linear_attn.conv1d", Whole),
    Name(StateStepBias, "layers.{}.linear_attn.dt_bias=", Whole),
    Name(StateDecayLog, "layers.{}.linear_attn.A_log=", Whole),
    Name(StateNorm, "layers.{}.linear_attn.norm", Whole),
    Name(StateOutput, "layers.{}.linear_attn.out_proj", Whole),
];

/// RWKV-4.
pub(super) const RWKV4: &[Name] = &[
    Name(Embedding, "embeddings", Whole),
    Name(EmbeddingNorm, "blocks.0.pre_ln", Whole),
    Name(FinalNorm, "ln_out", Whole),
    Name(Head, "/head", Whole),
    Name(InputNorm, "blocks.{}.ln1", Whole),
    Name(
        StateShift(Shifted::Receptance),
        "blocks.{}.attention.time_mix_receptance=",
        Whole,
    ),
    Name(StateShift(Shifted::Key), "blocks.{}.attention.time_mix_key=", Whole),
    Name(StateShift(Shifted::Value), "blocks.{}.attention.time_mix_value=", Whole),
    Name(StateQuery, "blocks.{}.attention.receptance", Whole),
    Name(StateKey, "blocks.{}.attention.key", Whole),
    Name(StateValue, "blocks.{}.attention.value", Whole),
    Name(StateDecayLog, "blocks.{}.attention.time_decay=", Whole),
    Name(StateBonus, "blocks.{}.attention.time_first=", Whole),
    Name(StateOutput, "blocks.{}.attention.output", Whole),
    Name(MlpNorm, "blocks.{}.ln2", Whole),
    Name(MlpShift, "blocks.{}.feed_forward.time_mix_key=", Whole),
    Name(MlpGateShift, "blocks.{}.feed_forward.time_mix_receptance=", Whole),
    Name(MlpGate, "blocks.{}.feed_forward.receptance", Whole),
    Name(Up, "blocks.{}.feed_forward.key", Whole),
    Name(Down, "blocks.{}.feed_forward.value", Whole),
];

/// RWKV-7, as flash-linear-attention saves it.
pub(super) const RWKV: &[Name] = &[
    Name(Embedding, "embeddings", Whole),
    Name(EmbeddingNorm, "layers.0.pre_norm", Whole),
    Name(FinalNorm, "norm", Whole),
    Name(Head, "/lm_head", Whole),
    Name(InputNorm, "layers.{}.attn_norm", Whole),
    Name(StateShift(Shifted::Receptance), "layers.{}.attn.x_r=", Whole),
    Name(StateShift(Shifted::Decay), "layers.{}.attn.x_w=", Whole),
    Name(StateShift(Shifted::Key), "layers.{}.attn.x_k=", Whole),
    Name(StateShift(Shifted::Value), "layers.{}.attn.x_v=", Whole),
    Name(StateShift(Shifted::Rate), "layers.{}.attn.x_a=", Whole),
    Name(StateShift(Shifted::Gate), "layers.{}.attn.x_g=", Whole),
    // Its first files have all of them in one.
    Name(StateShift(Shifted::Receptance), "layers.{}.attn.x_x=", Shift(0)),
    Name(StateShift(Shifted::Decay), "layers.{}.attn.x_x=", Shift(1)),
    Name(StateShift(Shifted::Key), "layers.{}.attn.x_x=", Shift(2)),
    Name(StateShift(Shifted::Value), "layers.{}.attn.x_x=", Shift(3)),
    Name(StateShift(Shifted::Rate), "layers.{}.attn.x_x=", Shift(4)),
    Name(StateShift(Shifted::Gate), "layers.{}.attn.x_x=", Shift(5)),
    Name(StateQuery, "layers.{}.attn.r_proj", Whole),
    Name(StateKey, "layers.{}.attn.k_proj", Whole),
    Name(StateValue, "layers.{}.attn.v_proj", Whole),
    Name(StateDown(Shifted::Decay), "layers.{}.attn.w_lora.lora.0", Whole),
    Name(StateUp(Shifted::Decay), "layers.{}.attn.w_lora.lora.2", Whole),
    Name(StateUpBias(Shifted::Decay), "layers.{}.attn.w_lora.lora.2.bias=", Whole),
    Name(StateDown(Shifted::Rate), "layers.{}.attn.a_lora.lora.0", Whole),
    Name(StateUp(Shifted::Rate), "layers.{}.attn.a_lora.lora.2", Whole),
    Name(StateUpBias(Shifted::Rate), "layers.{}.attn.a_lora.lora.2.bias=", Whole),
    Name(StateDown(Shifted::Value), "layers.{}.attn.v_lora.lora.0", Whole),
    Name(StateUp(Shifted::Value), "layers.{}.attn.v_lora.lora.2", Whole),
    Name(StateUpBias(Shifted::Value), "layers.{}.attn.v_lora.lora.2.bias=", Whole),
    Name(StateDown(Shifted::Gate), "layers.{}.attn.g_lora.lora.0", Whole),
    Name(StateUp(Shifted::Gate), "layers.{}.attn.g_lora.lora.2", Whole),
    Name(StateKeyScale, "layers.{}.attn.k_k=", Whole),
    Name(StateKeyRate, "layers.{}.attn.k_a=", Whole),
    Name(StateBonus, "layers.{}.attn.r_k=", Whole),
    Name(StateNorm, "layers.{}.attn.g_norm", Whole),
    Name(StateOutput, "layers.{}.attn.o_proj", Whole),
    Name(MlpNorm, "layers.{}.ffn_norm", Whole),
    Name(MlpShift, "layers.{}.ffn.x_k=", Whole),
    Name(Up, "layers.{}.ffn.key", Whole),
    Name(Down, "layers.{}.ffn.value", Whole),
];

/// RWKV-7 in GGUF files.
pub(super) const RWKV_GGUF: &[Name] = &[
    Name(StateShift(Shifted::Receptance), "blk.{}.time_mix_lerp_fused", Shift(0)),
    Name(StateShift(Shifted::Decay), "blk.{}.time_mix_lerp_fused", Shift(1)),
    Name(StateShift(Shifted::Key), "blk.{}.time_mix_lerp_fused", Shift(2)),
    Name(StateShift(Shifted::Value), "blk.{}.time_mix_lerp_fused", Shift(3)),
    Name(StateShift(Shifted::Rate), "blk.{}.time_mix_lerp_fused", Shift(4)),
    Name(StateShift(Shifted::Gate), "blk.{}.time_mix_lerp_fused", Shift(5)),
    Name(StateQuery, "blk.{}.time_mix_receptance", Whole),
    Name(StateKey, "blk.{}.time_mix_key", Whole),
    Name(StateValue, "blk.{}.time_mix_value", Whole),
    Name(StateDown(Shifted::Decay), "blk.{}.time_mix_w1", Whole),
    Name(StateUp(Shifted::Decay), "blk.{}.time_mix_w2", Whole),
    Name(StateUpBias(Shifted::Decay), "blk.{}.time_mix_w0", Whole),
    Name(StateDown(Shifted::Rate), "blk.{}.time_mix_a1", Whole),
    Name(StateUp(Shifted::Rate), "blk.{}.time_mix_a2", Whole),
    Name(StateUpBias(Shifted::Rate), "blk.{}.time_mix_a0", Whole),
    Name(StateDown(Shifted::Value), "blk.{}.time_mix_v1", Whole),
    Name(StateUp(Shifted::Value), "blk.{}.time_mix_v2", Whole),
    Name(StateUpBias(Shifted::Value), "blk.{}.time_mix_v0", Whole),
    Name(StateDown(Shifted::Gate), "blk.{}.time_mix_g1", Whole),
    Name(StateUp(Shifted::Gate), "blk.{}.time_mix_g2", Whole),
    Name(StateKeyScale, "blk.{}.time_mix_k_k", Whole),
    Name(StateKeyRate, "blk.{}.time_mix_k_a", Whole),
    Name(StateBonus, "blk.{}.time_mix_r_k", Whole),
    Name(StateNorm, "blk.{}.time_mix_ln", Whole),
    Name(StateOutput, "blk.{}.time_mix_output", Whole),
    Name(MlpNorm, "blk.{}.attn_norm_2", Whole),
    Name(MlpShift, "blk.{}.channel_mix_lerp_k", Whole),
    Name(Up, "blk.{}.channel_mix_key", Whole),
    Name(Down, "blk.{}.channel_mix_value", Whole),
];
