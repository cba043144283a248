//! The names of mixtures of experts in Hugging Face checkpoints: with a tensor for each
//! expert, as version 4 of transformers saves them, or with one for all.

use super::name::Name;
use super::rows::Slice::*;
use crate::weights::tensor_id::Role::*;

pub(super) const NAMES: &[Name] = &[
    Name(Router, "layers.{}.mlp.gate", Whole),
    Name(RouterChoice, "layers.{}.mlp.gate.e_score_correction_bias=", Whole),
    // ERNIE 4.5, as it is published and as version 5 of transformers saves it.
    Name(RouterChoice, "layers.{}.mlp.moe_statics.e_score_correction_bias=", Whole),
    Name(RouterChoice, "layers.{}.mlp.gate.moe_statics.e_score_correction_bias=", Whole),
    Name(ExpertGate, "layers.{}.mlp.experts.{e}.gate_proj", Whole),
    Name(ExpertUp, "layers.{}.mlp.experts.{e}.up_proj", Whole),
    Name(ExpertDown, "layers.{}.mlp.experts.{e}.down_proj", Whole),
    Name(ExpertGate, "layers.{}.mlp.experts.gate_up_proj=", ExpertHalf(0)),
    Name(ExpertUp, "layers.{}.mlp.experts.gate_up_proj=", ExpertHalf(1)),
    Name(ExpertDown, "layers.{}.mlp.experts.down_proj=", Whole),
    Name(SharedGate, "layers.{}.mlp.shared_expert.gate_proj", Whole),
    Name(SharedUp, "layers.{}.mlp.shared_expert.up_proj", Whole),
    Name(SharedDown, "layers.{}.mlp.shared_expert.down_proj", Whole),
    Name(SharedWeight, "layers.{}.mlp.shared_expert_gate", Whole),
    Name(SharedGate, "layers.{}.mlp.shared_experts.gate_proj", Whole),
    Name(SharedUp, "layers.{}.mlp.shared_experts.up_proj", Whole),
    Name(SharedDown, "layers.{}.mlp.shared_experts.down_proj", Whole),
    // Mixtral.
    Name(Router, "layers.{}.block_sparse_moe.gate", Whole),
    Name(ExpertGate, "layers.{}.block_sparse_moe.experts.{e}.w1", Whole),
    Name(ExpertUp, "layers.{}.block_sparse_moe.experts.{e}.w3", Whole),
    Name(ExpertDown, "layers.{}.block_sparse_moe.experts.{e}.w2", Whole),
    // Granite.
    Name(Router, "layers.{}.block_sparse_moe.router.layer", Whole),
    Name(Router, "layers.{}.block_sparse_moe.router", Whole),
    Name(ExpertGate, "layers.{}.block_sparse_moe.input_linear", ExpertHalf(0)),
    Name(ExpertUp, "layers.{}.block_sparse_moe.input_linear", ExpertHalf(1)),
    Name(ExpertDown, "layers.{}.block_sparse_moe.output_linear", Whole),
    Name(ExpertGate, "layers.{}.block_sparse_moe.experts.gate_up_proj=", ExpertHalf(0)),
    Name(ExpertUp, "layers.{}.block_sparse_moe.experts.gate_up_proj=", ExpertHalf(1)),
    Name(ExpertDown, "layers.{}.block_sparse_moe.experts.down_proj=", Whole),
];

/// With the other names, and the projections of latent attention.
pub(super) const DEEPSEEK: &[Name] = &[
    Name(Query, "layers.{}.self_attn.q_b_proj", Whole),
    Name(QueryDown, "layers.{}.self_attn.q_a_proj", Whole),
    Name(QueryDownNorm, "layers.{}.self_attn.q_a_layernorm", Whole),
    Name(LatentDown, "layers.{}.self_attn.kv_a_proj_with_mqa", Whole),
    Name(LatentNorm, "layers.{}.self_attn.kv_a_layernorm", Whole),
    Name(LatentUp, "layers.{}.self_attn.kv_b_proj", Whole),
];

/// In four bits, as it was published, or in numbers.
pub(super) const GPT_OSS: &[Name] = &[
    Name(Sinks, "layers.{}.self_attn.sinks=", Whole),
    Name(Router, "layers.{}.mlp.router", Whole),
    Name(ExpertGate, "layers.{}.mlp.experts.gate_up_proj=4", InTurn(0)),
    Name(ExpertUp, "layers.{}.mlp.experts.gate_up_proj=4", InTurn(1)),
    Name(ExpertDown, "layers.{}.mlp.experts.down_proj=4", Whole),
    Name(ExpertGate, "layers.{}.mlp.experts.gate_up_proj=T", InTurn(0)),
    Name(ExpertUp, "layers.{}.mlp.experts.gate_up_proj=T", InTurn(1)),
    Name(ExpertDown, "layers.{}.mlp.experts.down_proj=T", Whole),
];
