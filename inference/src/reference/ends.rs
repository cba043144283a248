//! Where an evaluation begins and ends: the embeddings of a text, and the output head.
//!
//! T tokens, H hidden width, V vocabulary.

use candle_core::{Device, Tensor};
use model_files::memory;
use model_files::weights::Matrix;

use super::layer_reader::{NUMBERS_PER_STEP, no_room};
use crate::candle_decoder::{Norm, finish_logits};
use crate::error::Result;
use crate::model_weights::ModelWeights;

/// The embeddings of a text, [T, H].
pub(super) fn embedded(weights: &dyn ModelWeights, ids: &[u32]) -> Result<Vec<f32>> {
    let config = weights.config();
    let hidden = config.hidden_size;
    let mut stream: Vec<f32> = memory::zeros(&[ids.len(), hidden]).map_err(no_room)?;
    let scale = config.scales.embedding as f32;
    for (id, row) in ids.iter().zip(stream.chunks_exact_mut(hidden)) {
        match weights.projections() {
            None => weights.embedding().read(*id as usize, row)?,
            Some(projections) => {
                let mut narrow = vec![0.0; weights.embedding().shape().1];
                weights.embedding().read(*id as usize, &mut narrow)?;
                let rows = projections.input.chunks_exact(narrow.len());
                for (x, weights) in row.iter_mut().zip(rows) {
                    *x = weights.iter().zip(&narrow).map(|(w, x)| w * x).sum();
                }
            }
        }
        row.iter_mut().for_each(|number| *number *= scale);
    }
    if let Some(positions) = weights.positions(ids.len())? {
        stream.iter_mut().zip(&positions).for_each(|(x, position)| *x += position);
    }
    let Some(norm) = weights.embedding_norm()? else { return Ok(stream) };
    let norm = Norm::new(&norm, &config.norm, &Device::Cpu)?;
    let stream = Tensor::from_vec(stream, (ids.len(), hidden), &Device::Cpu)?;
    Ok(norm.forward(&stream)?.flatten_all()?.to_vec1()?)
}

/// Applies some more rows of the output head to a state, [1, H].
pub(super) fn apply_head(
    weights: &dyn ModelWeights,
    state: &Tensor,
    logits: &mut Vec<f32>,
) -> Result<()> {
    let (rows, columns) = weights.head().shape();
    let first = logits.len();
    let count = (NUMBERS_PER_STEP / columns.max(1)).max(1).min(rows - first);
    let mut numbers = memory::zeros(&[count, columns]).map_err(no_room)?;
    weights.head().read(first, &mut numbers)?;
    let matrix = Tensor::from_vec(numbers, (count, columns), &Device::Cpu)?;
    let part = Matrix::dense(matrix)?.product(state)?;
    let bias = match weights.head_bias()? {
        Some(bias) => Some(Tensor::new(&bias[first..first + count], &Device::Cpu)?),
        None => None,
    };
    let part = finish_logits(part, bias.as_ref(), weights.config())?;
    logits.extend(part.flatten_all()?.to_vec1::<f32>()?);
    Ok(())
}
