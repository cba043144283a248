//! Where a model with several residual streams begins and ends.
//!
//! T tokens, H hidden width, A streams, L layers, P width of a layer's input.

use candle_core::{Device, Tensor};
use model_files::memory;

use super::layer_reader::{Reader, no_room};
use crate::candle_decoder::Inputs;
use crate::error::Result;
use crate::model_weights::ModelWeights;

/// The tokens of one step.
const TOKENS_PER_STEP: usize = 8;

/// The streams of a text before the first block, while they are computed.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    reader: Reader,
    inputs: Option<Inputs>,
    /// The embeddings, [T, H].
    embedded: Vec<f32>,
    /// All streams of the tokens so far, [tokens, A · H].
    streams: Vec<f32>,
    /// The inputs of their layers, [tokens, L · P].
    of_layers: Vec<f32>,
}

impl Beginning {
    /// Begins with the embeddings of a text, [T, H].
    pub(super) fn of(embedded: Vec<f32>) -> Beginning {
        Beginning { embedded, ..Beginning::default() }
    }

    /// Whether there are no embeddings yet.
    pub(super) fn is_new(&self) -> bool {
        self.embedded.is_empty()
    }

    /// Goes on for a bounded time. Returns the streams, [T, A · H], and the inputs of layers,
    /// [T, L · P], once they are complete.
    ///
    /// # Errors
    /// If there is no memory for it, or the computation fails.
    pub(super) fn step(
        &mut self,
        weights: &dyn ModelWeights,
        ids: &[u32],
    ) -> Result<Option<(Vec<f32>, Vec<f32>)>> {
        let (config, device) = (weights.config(), &Device::Cpu);
        let hidden = config.hidden_size;
        let (Some(numbers), Some(table)) =
            (weights.layer_inputs()?, weights.layer_embedding())
        else {
            return Ok(Some((std::mem::take(&mut self.embedded), Vec::new())));
        };
        let Some(inputs) = &self.inputs else {
            if let Some(read) = self.reader.inputs(&numbers)? {
                self.inputs = Some(Inputs::new(read, config, device)?);
                let all = |width| memory::reserved(&[ids.len(), width]).map_err(no_room);
                self.streams = all(config.stream_width())?;
                self.of_layers = all(config.layer_inputs())?;
            }
            return Ok(None);
        };
        let done = self.streams.len() / config.stream_width();
        let end = ids.len().min(done + TOKENS_PER_STEP);
        let shape = (end - done, hidden);
        let x = &self.embedded[done * hidden..end * hidden];
        let x = Tensor::from_slice(x, shape, device)?;
        let (known, width) = table.shape();
        let mut rows = vec![0.0; (end - done) * width];
        for (id, row) in ids[done..end].iter().zip(rows.chunks_exact_mut(width)) {
            let id = Some(*id as usize).filter(|id| *id < known);
            table.read(id.unwrap_or(0), row)?;
        }
        let rows = Tensor::from_vec(rows, (end - done, width), device)?;
        let of_layers = inputs.of_layers(&x, &rows)?;
        self.of_layers.extend(of_layers.flatten_all()?.to_vec1::<f32>()?);
        self.streams.extend(inputs.begin(&x)?.flatten_all()?.to_vec1::<f32>()?);
        if end < ids.len() {
            return Ok(None);
        }
        let take = std::mem::take::<Vec<f32>>;
        Ok(Some((take(&mut self.streams), take(&mut self.of_layers))))
    }
}

/// What the last norm sees of a token's streams, [1, A · H]: [1, H]. `None` until the
/// matrices for it are converted.
///
/// # Errors
/// If there is no memory for it, or the computation fails.
pub(super) fn merged(
    weights: &dyn ModelWeights,
    reader: &mut Reader,
    streams: &Tensor,
) -> Result<Option<Tensor>> {
    let Some(numbers) = weights.layer_inputs()? else { return Ok(Some(streams.clone())) };
    let Some(read) = reader.inputs(&numbers)? else { return Ok(None) };
    let inputs = Inputs::new(read, weights.config(), &Device::Cpu)?;
    Ok(Some(inputs.merge(streams)?))
}
