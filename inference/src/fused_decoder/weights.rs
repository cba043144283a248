//! The decoder's weights as numbers.

use model_files::config::Config;
use model_files::weights::{
    EmbeddingProjections, LayerInputs, LayerWeights, NormWeights,
};

use super::decoder::FusedDecoder;
use crate::error::{InferenceError, Result};
use crate::model_weights::{MatrixNumbers, ModelWeights};

impl ModelWeights for FusedDecoder {
    fn config(&self) -> &Config {
        &self.state.config
    }

    fn computed_by(&self) -> String {
        format!("{} kernels", self.state.kernels.name())
    }

    fn embedding(&self) -> &dyn MatrixNumbers {
        &*self.state.embed_tokens
    }

    fn projections(&self) -> Option<&EmbeddingProjections> {
        self.state.projections.as_ref()
    }

    fn layer_embedding(&self) -> Option<&dyn MatrixNumbers> {
        let table = self.state.layer_embedding.as_ref()?;
        Some(table)
    }

    fn layer_inputs(&self) -> Result<Option<LayerInputs<&dyn MatrixNumbers>>> {
        let Some(inputs) = &self.state.inputs else { return Ok(None) };
        let converted = inputs.convert::<_, InferenceError>(&mut |matrix| {
            let numbers: &dyn MatrixNumbers = matrix;
            Ok(numbers)
        });
        converted.map(Some)
    }

    fn positions(&self, count: usize) -> Result<Option<Vec<f32>>> {
        let hidden = self.state.config.hidden_size;
        let positions = self.state.positions.as_ref();
        Ok(positions.map(|positions| positions[..count * hidden].to_vec()))
    }

    fn embedding_norm(&self) -> Result<Option<NormWeights>> {
        Ok(self.state.embedding_norm.clone())
    }

    fn layer(&self, index: usize) -> Result<LayerWeights<&dyn MatrixNumbers>> {
        self.state.layers.numbers(index)
    }

    fn norm(&self) -> Result<NormWeights> {
        Ok(self.state.norm.clone())
    }

    fn head(&self) -> &dyn MatrixNumbers {
        &*self.state.lm_head
    }

    fn head_bias(&self) -> Result<Option<Vec<f32>>> {
        Ok(self.state.head_bias.clone())
    }
}
