//! What a block keeps on the device.

use super::buffers::{BufferId, Buffers, Content, MatrixBuffers};
use super::model::{
    HeadNorm, MatrixId, MatrixRole, ModelShape, NumbersId, NumbersRole, Structure,
};
use crate::limits::Limits;

/// A matrix, and what is added to its products.
#[derive(Clone, Debug)]
pub(super) struct ProjectionBuffers {
    pub(super) matrix: MatrixBuffers,
    /// A bias for each part of the matrix.
    pub(super) bias: Option<BufferId>,
}

/// What a block keeps on the device.
#[derive(Clone, Debug)]
pub(super) struct LayerBuffers {
    pub(super) cache: BufferId,
    pub(super) query: ProjectionBuffers,
    pub(super) key: ProjectionBuffers,
    pub(super) value: ProjectionBuffers,
    pub(super) output: ProjectionBuffers,
    pub(super) gate: ProjectionBuffers,
    pub(super) up: ProjectionBuffers,
    pub(super) down: ProjectionBuffers,
    pub(super) input_norm: Option<BufferId>,
    pub(super) mixed_norm: Option<BufferId>,
    pub(super) mlp_norm: Option<BufferId>,
    pub(super) mlp_output_norm: Option<BufferId>,
    pub(super) head_norms: Option<(BufferId, BufferId)>,
}

impl LayerBuffers {
    /// Adds the buffers of a block, with a cache of `capacity` positions.
    pub(super) fn add(
        buffers: &mut Buffers,
        shape: &ModelShape,
        index: usize,
        capacity: usize,
        limits: &Limits,
    ) -> LayerBuffers {
        let layer = &shape.layers[index];
        let numbers = |buffers: &mut Buffers, exist: bool, role| {
            exist.then(|| buffers.numbers(shape, NumbersId::Layer(index, role)))
        };
        let before = shape.structure != Structure::PostNorm;
        let after = shape.structure != Structure::PreNorm;
        let heads = shape.head_norm != HeadNorm::None;
        let query_norm = numbers(buffers, heads, NumbersRole::QueryNorm);
        let key_norm = numbers(buffers, heads, NumbersRole::KeyNorm);
        let cache_bytes = capacity * shape.cache.position_bytes(&shape.heads);
        let mut projection = |role, bias| ProjectionBuffers {
            matrix: buffers.matrix(shape, MatrixId::Layer(index, role), limits),
            bias: numbers(buffers, bias, NumbersRole::Bias(role)),
        };
        LayerBuffers {
            query: projection(MatrixRole::Query, layer.qkv_bias),
            key: projection(MatrixRole::Key, layer.qkv_bias),
            value: projection(MatrixRole::Value, layer.qkv_bias),
            output: projection(MatrixRole::Output, layer.output_bias),
            gate: projection(MatrixRole::Gate, layer.mlp_bias),
            up: projection(MatrixRole::Up, layer.mlp_bias),
            down: projection(MatrixRole::Down, layer.mlp_bias),
            cache: buffers.add(cache_bytes, Content::Cache(index)),
            input_norm: numbers(buffers, before, NumbersRole::InputNorm),
            mixed_norm: numbers(buffers, after, NumbersRole::MixedNorm),
            mlp_norm: numbers(buffers, before, NumbersRole::MlpNorm),
            mlp_output_norm: numbers(buffers, after, NumbersRole::MlpOutputNorm),
            head_norms: query_norm.zip(key_norm),
        }
    }
}
