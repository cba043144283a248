//! Tensors from a GGUF file. Format: ggml's `docs/gguf.md`; tensor names as in
//! llama.cpp's converter.

use std::borrow::Cow;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{DType, Device, Tensor};
use kernels::{Format, PackError, PackedMatrix, TILE_ROWS};
use protocol::Precision;

use super::file::{ModelFile, part, rows as file_rows};
use super::{Placement, Tally, TensorSource, check_shape, missing};
use crate::decoder::Matrix;
use crate::error::{EngineError, Result};
use crate::gguf::{Gguf, TensorInfo};

/// The tensors of one GGUF file.
pub struct GgufSource<'a> {
    gguf: &'a Gguf,
    file: &'a dyn ModelFile,
    placement: Placement,
    tally: Tally,
}

impl<'a> GgufSource<'a> {
    /// The tensors that `gguf` describes in its file.
    pub fn new(gguf: &'a Gguf, file: &'a dyn ModelFile, placement: Placement) -> Self {
        GgufSource { gguf, file, placement, tally: Tally::default() }
    }

    fn find(&self, stored: &str) -> Result<&'a TensorInfo> {
        self.gguf.tensor(stored).ok_or_else(|| missing(stored))
    }

    /// A tensor as it is in the file.
    fn load(&self, name: &str, shape: &[usize], device: &Device) -> Result<Stored> {
        let stored = stored_name(name);
        let info = self.find(&stored)?;
        check_shape(&stored, &info.shape, shape)?;
        let data = part(self.file, info.range())?;
        let dtype = match info.dtype {
            GgmlDType::F32 => DType::F32,
            GgmlDType::F16 => DType::F16,
            GgmlDType::BF16 => DType::BF16,
            blocks => {
                let storage = QStorage::from_data(aligned(data), device, blocks)?;
                return Ok(Stored::Blocks(QTensor::new(storage, shape)?));
            }
        };
        Ok(Stored::Numbers(Tensor::from_raw_buffer(&data, dtype, shape, device)?))
    }

    /// A tensor in f32.
    fn numbers(&self, name: &str, shape: &[usize], device: &Device) -> Result<Tensor> {
        match self.load(name, shape, device)? {
            Stored::Numbers(tensor) => Ok(tensor.to_dtype(DType::F32)?),
            Stored::Blocks(blocks) => Ok(blocks.dequantize(device)?),
        }
    }

    /// A matrix in its place; `place` has one that is not to stay as it is.
    fn placed(
        &mut self,
        name: &str,
        (rows, columns): (usize, usize),
        place: fn(&Placement, &Tensor) -> Result<Matrix>,
    ) -> Result<Matrix> {
        let device = &self.placement.device;
        let matrix = match self.load(name, &[rows, columns], device)? {
            Stored::Numbers(tensor) => place(&self.placement, &tensor)?,
            Stored::Blocks(blocks) => {
                let keep = match self.placement.precision {
                    Precision::Auto => true,
                    Precision::Q8 => blocks.dtype() == GgmlDType::Q8_0,
                    Precision::Q4 => blocks.dtype() == GgmlDType::Q4_0,
                    Precision::F32 | Precision::F16 | Precision::Bf16 => false,
                };
                match keep {
                    true => Matrix::packed(blocks, columns)?,
                    false => place(&self.placement, &blocks.dequantize(device)?)?,
                }
            }
        };
        self.tally.count_matrix(&matrix);
        Ok(matrix)
    }
}

/// A tensor as a file has it.
enum Stored {
    /// Floating-point numbers.
    Numbers(Tensor),
    /// Quantised.
    Blocks(QTensor),
}

impl TensorSource for GgufSource<'_> {
    fn contains(&self, name: &str) -> bool {
        self.gguf.tensor(&stored_name(name)).is_some()
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        self.placed(name, (rows, columns), Placement::place)
    }

    fn wide_matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        self.placed(name, (rows, columns), Placement::place_wide)
    }

    fn packed(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix> {
        let stored = stored_name(name);
        let info = self.find(&stored)?;
        check_shape(&stored, &info.shape, &[rows, columns])?;
        let not_finite = |error: PackError| {
            EngineError::Weights(format!("the tensor {stored} is damaged: {error}"))
        };
        let as_it_is = match (info.dtype, self.placement.precision) {
            (GgmlDType::Q8_0, Precision::Auto | Precision::Q8) => Some(Format::Q8),
            (GgmlDType::Q4_0, Precision::Auto | Precision::Q4) => Some(Format::Q4),
            _ => None,
        };
        let row_bytes = info.bytes / rows.max(1);
        let format = as_it_is.unwrap_or_else(|| self.placement.packed_format());
        let mut matrix = PackedMatrix::zeros(format, rows, columns);
        let take = |first: usize, bytes: &[u8]| {
            if as_it_is.is_some() {
                return matrix.set_rows_from_ggml(first, bytes).map_err(not_finite);
            }
            let count = bytes.len() / row_bytes;
            let bytes = aligned(Cow::Borrowed(bytes));
            let storage = QStorage::from_data(bytes, &Device::Cpu, info.dtype)?;
            let tensor = QTensor::new(storage, (count, columns))?;
            let numbers = tensor.dequantize(&Device::Cpu)?.to_vec2::<f32>()?;
            for (row, numbers) in (first..).zip(numbers) {
                if numbers.iter().any(|x| !x.is_finite()) {
                    return Err(not_finite(PackError { row }));
                }
                matrix.set_row(row, &numbers);
            }
            Ok(())
        };
        file_rows(self.file, info.range(), row_bytes, TILE_ROWS, take)?;
        self.tally.count_packed(&matrix);
        Ok(matrix)
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<Tensor> {
        let vector = self.numbers(name, &[length], &self.placement.device)?;
        self.tally.count_vector(&vector);
        Ok(vector)
    }

    fn rope_factors(&mut self, pairs: usize) -> Result<Option<Vec<f32>>> {
        if !self.contains(ROPE_FACTORS) {
            return Ok(None);
        }
        let factors = self.numbers(ROPE_FACTORS, &[pairs], &Device::Cpu)?;
        Ok(Some(factors.to_vec1()?))
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

const ROPE_FACTORS: &str = "rope_freqs.weight";

/// llama.cpp's name of a tensor that is asked for by its Hugging Face name.
fn stored_name(name: &str) -> String {
    const PARTS: [(&str, &str); 11] = [
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("self_attn.q_norm", "attn_q_norm"),
        ("self_attn.k_norm", "attn_k_norm"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
        ("input_layernorm", "attn_norm"),
        ("post_attention_layernorm", "ffn_norm"),
    ];
    match name {
        "model.embed_tokens.weight" => "token_embd.weight".into(),
        "model.norm.weight" => "output_norm.weight".into(),
        "lm_head.weight" => "output.weight".into(),
        _ => {
            let name = name.replacen("model.layers.", "blk.", 1);
            let part = PARTS.iter().find(|(long, _)| name.contains(&format!(".{long}.")));
            match part {
                Some((long, short)) => name.replacen(long, short, 1),
                None => name,
            }
        }
    }
}

/// The bytes at an address that blocks of any format can be read from; copied if the
/// file lies at an odd one.
fn aligned(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    const ALIGNMENT: usize = 4;
    if bytes.as_ptr().align_offset(ALIGNMENT) == 0 {
        return bytes;
    }
    // A byte vector of this size comes from the allocator aligned to a word at least.
    Cow::Owned(bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_converter() {
        let names = [
            ("model.layers.3.self_attn.q_proj.weight", "blk.3.attn_q.weight"),
            ("model.layers.12.self_attn.o_proj.bias", "blk.12.attn_output.bias"),
            ("model.layers.0.post_attention_layernorm.weight", "blk.0.ffn_norm.weight"),
            ("model.layers.0.self_attn.k_norm.weight", "blk.0.attn_k_norm.weight"),
            ("model.embed_tokens.weight", "token_embd.weight"),
            ("rope_freqs.weight", "rope_freqs.weight"),
        ];
        for (name, stored) in names {
            assert_eq!(stored_name(name), stored);
        }
    }
}
