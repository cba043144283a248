//! The decoder's weights as numbers.

use model_files::config::Config;
use model_files::weights::{
    EmbeddingProjections, LayerInputs, LayerWeights, Matrix, NormWeights,
};

use super::decoder::CandleDecoder;
use super::norm::Norm;
use crate::error::{InferenceError, Result};
use crate::model_weights::{MatrixNumbers, ModelWeights};

impl ModelWeights for CandleDecoder {
    fn config(&self) -> &Config {
        &self.config
    }

    fn computed_by(&self) -> String {
        "candle".into()
    }

    fn embedding(&self) -> &dyn MatrixNumbers {
        &self.embed_tokens
    }

    fn projections(&self) -> Option<&EmbeddingProjections> {
        self.projections.as_ref()
    }

    fn layer_embedding(&self) -> Option<&dyn MatrixNumbers> {
        let table = self.layer_embedding.as_ref()?;
        Some(table)
    }

    fn layer_inputs(&self) -> Result<Option<LayerInputs<&dyn MatrixNumbers>>> {
        let Some(inputs) = &self.inputs else { return Ok(None) };
        let weights: LayerInputs<&Matrix> = inputs.weights()?;
        let converted = weights.convert::<_, InferenceError>(&mut |matrix| {
            let numbers: &dyn MatrixNumbers = *matrix;
            Ok(numbers)
        });
        converted.map(Some)
    }

    fn positions(&self, count: usize) -> Result<Option<Vec<f32>>> {
        let Some(positions) = &self.positions else { return Ok(None) };
        Ok(Some(positions.narrow(0, 0, count)?.flatten_all()?.to_vec1()?))
    }

    fn embedding_norm(&self) -> Result<Option<NormWeights>> {
        Ok(self.embedding_norm.as_ref().map(Norm::weights).transpose()?)
    }

    fn layer(&self, index: usize) -> Result<LayerWeights<&dyn MatrixNumbers>> {
        let weights: LayerWeights<&Matrix> = self.layers[index].weights()?;
        weights.convert::<_, InferenceError>(&mut |matrix| {
            let numbers: &dyn MatrixNumbers = *matrix;
            Ok(numbers)
        })
    }

    fn norm(&self) -> Result<NormWeights> {
        Ok(self.norm.weights()?)
    }

    fn head(&self) -> &dyn MatrixNumbers {
        &self.lm_head
    }

    fn head_bias(&self) -> Result<Option<Vec<f32>>> {
        Ok(self.head_bias.as_ref().map(|bias| bias.to_vec1()).transpose()?)
    }
}
