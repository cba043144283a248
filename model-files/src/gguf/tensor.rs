//! The descriptions of tensors: shape, format and location.

use std::ops::Range;

use candle_core::quantized::GgmlDType;

use super::GgufError;
use super::reader::Reader;

/// The least size of a description: a name's length, a number of dimensions, a type and
/// an offset.
pub(super) const MIN_BYTES: usize = 8 + 4 + 4 + 8;
/// ggml's `GGML_MAX_DIMS`.
const MAX_DIMENSIONS: u32 = 4;

/// The description of a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its name.
    pub name: String,
    /// Its dimensions, outermost first (the file has the innermost first).
    pub shape: Vec<usize>,
    /// Its number format.
    pub dtype: GgmlDType,
    /// The offset of its data from the file's start, in bytes.
    pub offset: usize,
    /// The length of its data, in bytes.
    pub bytes: usize,
}

impl TensorInfo {
    /// The range of its data in the file; always within it.
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.bytes
    }

    /// Reads a description. Its offset is still from the start of the data.
    fn read(reader: &mut Reader) -> Result<TensorInfo, GgufError> {
        let name = reader.utf8("a tensor's name")?.to_owned();
        let damaged = |problem| GgufError::Tensor { name: name.clone(), problem };
        let dimensions = reader.u32()?;
        if dimensions > MAX_DIMENSIONS {
            return Err(damaged("has too many dimensions"));
        }
        let mut shape = Vec::with_capacity(dimensions as usize);
        for _ in 0..dimensions {
            let size = usize::try_from(reader.u64()?);
            shape.push(size.map_err(|_| damaged("is too large"))?);
        }
        let code = reader.u32()?;
        if let Some(format) = removed(code) {
            return Err(GgufError::RemovedType { name, format });
        }
        let dtype = dtype(code).ok_or_else(|| {
            let format =
                format_name(code).map_or_else(|| code.to_string(), str::to_owned);
            GgufError::TensorType { name: name.clone(), format }
        })?;
        // Blocks are along the innermost dimension, which the file lists first.
        let row = shape.first().copied().unwrap_or(1);
        if !row.is_multiple_of(dtype.block_size()) {
            return Err(damaged("has rows that are not whole blocks"));
        }
        let bytes = shape
            .iter()
            .try_fold(1usize, |product, size| product.checked_mul(*size))
            .and_then(|elements| {
                (elements / dtype.block_size()).checked_mul(dtype.type_size())
            })
            .ok_or_else(|| damaged("is too large"))?;
        let offset = usize::try_from(reader.u64()?);
        let offset = offset.map_err(|_| damaged("lies outside of the file"))?;
        shape.reverse();
        Ok(TensorInfo { name, shape, dtype, offset, bytes })
    }
}

/// Reads all descriptions and checks that tensors are within the file and do not overlap.
pub(super) fn read_all(
    reader: &mut Reader,
    count: usize,
    alignment: usize,
) -> Result<Vec<TensorInfo>, GgufError> {
    let mut tensors = Vec::new();
    for _ in 0..count {
        tensors.push(TensorInfo::read(reader)?);
    }
    let start = reader.position().checked_next_multiple_of(alignment);
    for tensor in &mut tensors {
        let damaged = |problem| GgufError::Tensor { name: tensor.name.clone(), problem };
        if !tensor.offset.is_multiple_of(alignment) {
            return Err(damaged("is not aligned"));
        }
        let offset = start.and_then(|start| start.checked_add(tensor.offset));
        let end = offset.and_then(|offset| offset.checked_add(tensor.bytes));
        match (offset, end) {
            (Some(offset), Some(end)) if end as u64 <= reader.file_bytes() => {
                tensor.offset = offset
            }
            _ => return Err(damaged("lies outside of the file")),
        }
    }
    let mut order: Vec<&TensorInfo> = tensors.iter().filter(|t| t.bytes > 0).collect();
    order.sort_unstable_by_key(|tensor| tensor.offset);
    for pair in order.windows(2) {
        if pair[0].range().end > pair[1].offset {
            let name = pair[1].name.clone();
            return Err(GgufError::Tensor { name, problem: "overlaps another" });
        }
    }
    Ok(tensors)
}

/// The format of a `ggml_type`; `None` if it is not supported.
fn dtype(code: u32) -> Option<GgmlDType> {
    Some(match code {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        9 => GgmlDType::Q8_1,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        15 => GgmlDType::Q8K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}

/// The name of a `ggml_type` that is not supported.
fn format_name(code: u32) -> Option<&'static str> {
    Some(match code {
        16 => "IQ2_XXS",
        17 => "IQ2_XS",
        18 => "IQ3_XXS",
        19 => "IQ1_S",
        20 => "IQ4_NL",
        21 => "IQ3_S",
        22 => "IQ2_S",
        23 => "IQ4_XS",
        24 => "I8",
        25 => "I16",
        26 => "I32",
        27 => "I64",
        28 => "F64",
        29 => "IQ1_M",
        34 => "TQ1_0",
        35 => "TQ2_0",
        39 => "MXFP4",
        40 => "NVFP4",
        _ => return None,
    })
}

/// The name of a `ggml_type` that was removed from GGUF.
fn removed(code: u32) -> Option<&'static str> {
    Some(match code {
        4 => "Q4_2",
        5 => "Q4_3",
        31 => "Q4_0_4_4",
        32 => "Q4_0_4_8",
        33 => "Q4_0_8_8",
        36 => "IQ4_NL_4_4",
        37 => "IQ4_NL_4_8",
        38 => "IQ4_NL_8_8",
        _ => return None,
    })
}
