//! The names of Gemma 3n's tensors that a Gemma 3 has not.

use super::name::Name;
use super::rows::Slice::*;
use crate::weights::tensor_id::Role::*;

pub(super) const NAMES: &[Name] = &[
    Name(StreamIn, "altup_projections.{e}", Whole),
    Name(StreamOut, "altup_unembed_projections.{e}", Whole),
    Name(LayerEmbedding, "embed_tokens_per_layer", Whole),
    Name(LayerProjection, "per_layer_model_projection", Whole),
    Name(LayerProjectionNorm, "per_layer_projection_norm", Whole),
    Name(StreamRouterNorm, "layers.{}.altup.router_norm", Whole),
    Name(StreamRouter, "layers.{}.altup.modality_router", Whole),
    Name(StreamPrediction, "layers.{}.altup.prediction_coefs", Whole),
    Name(StreamCorrection, "layers.{}.altup.correction_coefs", Whole),
    Name(StreamScale, "layers.{}.altup.correct_output_scale=", Whole),
    Name(LaurelDown, "layers.{}.laurel.linear_left", Whole),
    Name(LaurelUp, "layers.{}.laurel.linear_right", Whole),
    Name(LaurelNorm, "layers.{}.laurel.post_laurel_norm", Whole),
    Name(LayerGate, "layers.{}.per_layer_input_gate", Whole),
    Name(LayerOutput, "layers.{}.per_layer_projection", Whole),
    Name(LayerOutputNorm, "layers.{}.post_per_layer_input_norm", Whole),
];

pub(super) const GGUF: &[Name] = &[
    Name(StreamIn, "altup_proj", Whole),
    Name(StreamOut, "altup_unembd_proj", Whole),
    Name(LayerEmbedding, "per_layer_token_embd", Whole),
    Name(LayerProjection, "per_layer_model_proj", Whole),
    Name(LayerProjectionNorm, "per_layer_proj_norm", Whole),
    Name(StreamRouterNorm, "blk.{}.altup_router_norm", Whole),
    Name(StreamRouter, "blk.{}.altup_router", Whole),
    Name(StreamPrediction, "blk.{}.altup_predict_coef", Whole),
    Name(StreamCorrection, "blk.{}.altup_correct_coef", Whole),
    Name(StreamScale, "blk.{}.altup_correct_scale", Whole),
    Name(LaurelDown, "blk.{}.laurel_l", Whole),
    Name(LaurelUp, "blk.{}.laurel_r", Whole),
    Name(LaurelNorm, "blk.{}.laurel_post_norm", Whole),
    Name(LayerGate, "blk.{}.inp_gate", Whole),
    Name(LayerOutput, "blk.{}.proj", Whole),
    Name(LayerOutputNorm, "blk.{}.post_norm", Whole),
];
