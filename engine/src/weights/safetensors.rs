//! Tensors from safetensors files, one or several shards. Format:
//! <https://huggingface.co/docs/safetensors>.

use candle_core::{DType, Tensor};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::{Bytes, Placement, Tally, TensorSource, check_shape, missing};
use crate::decoder::Matrix;
use crate::error::{EngineError, Result};

/// The tensors of all shards of a model.
pub struct SafetensorsSource<'a> {
    shards: Vec<SafeTensors<'a>>,
    placement: Placement,
    tally: Tally,
}

impl<'a> SafetensorsSource<'a> {
    /// Reads the headers of the shards; tensors stay where they are until asked for.
    ///
    /// # Errors
    /// If a header is damaged or describes more bytes than its file has.
    pub fn new(files: &'a [Bytes], placement: Placement) -> Result<Self> {
        let shards = files
            .iter()
            .map(|bytes| SafeTensors::deserialize((**bytes).as_ref()))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        Ok(SafetensorsSource { shards, placement, tally: Tally::default() })
    }

    fn find(&self, name: &str) -> Option<TensorView<'a>> {
        self.shards.iter().find_map(|shard| shard.tensor(name).ok())
    }

    /// The tensor in f32, whatever it is stored as.
    fn load(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let view = self.find(name).ok_or_else(|| missing(name))?;
        check_shape(name, view.shape(), shape)?;
        let dtype = match view.dtype() {
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            other => {
                return Err(EngineError::Weights(format!(
                    "the tensor {name} has the number format {other:?}; \
                     F32, F16 and BF16 are supported"
                )));
            }
        };
        let device = &self.placement.device;
        let tensor = Tensor::from_raw_buffer(view.data(), dtype, shape, device)?;
        Ok(tensor.to_dtype(DType::F32)?)
    }
}

impl TensorSource for SafetensorsSource<'_> {
    fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        let matrix = self.placement.place(self.load(name, &[rows, columns])?)?;
        self.tally.count_matrix(&matrix);
        Ok(matrix)
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<Tensor> {
        let vector = self.load(name, &[length])?;
        self.tally.count_vector(&vector);
        Ok(vector)
    }

    fn rope_factors(&mut self, _pairs: usize) -> Result<Option<Vec<f32>>> {
        Ok(None) // here the configuration says how rotary embeddings are scaled
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}
