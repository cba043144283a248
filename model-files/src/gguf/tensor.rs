//! The descriptions of tensors: shape, format and location.

use std::ops::Range;

use super::GgufError;
use super::reader::Reader;
use super::tensor_type::TensorType;

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
    pub format: TensorType,
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
        let format = TensorType::read(code, &name)?;
        // Blocks are along the innermost dimension, which the file lists first.
        let row = shape.first().copied().unwrap_or(1);
        if !row.is_multiple_of(format.block_columns()) {
            return Err(damaged("has rows that are not whole blocks"));
        }
        let bytes = shape
            .iter()
            .try_fold(1usize, |product, size| product.checked_mul(*size))
            .and_then(|elements| {
                (elements / format.block_columns()).checked_mul(format.block_bytes())
            })
            .ok_or_else(|| damaged("is too large"))?;
        let offset = usize::try_from(reader.u64()?);
        let offset = offset.map_err(|_| damaged("lies outside of the file"))?;
        shape.reverse();
        Ok(TensorInfo { name, shape, format, offset, bytes })
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
