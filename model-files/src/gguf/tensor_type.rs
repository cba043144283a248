//! The number formats of tensors: the `ggml_type`s of ggml's `ggml.h`, as of its version
//! with `GGML_TYPE_Q2_0`.

use kernels::PackedFormat;

use super::GgufError;

/// A number format that the engine reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TensorType {
    /// 32-bit floating point.
    F32,
    /// 16-bit floating point, IEEE 754's binary16.
    F16,
    /// 16-bit floating point with the exponent of 32 bits.
    Bf16,
    /// Quantised blocks.
    Blocks(PackedFormat),
}

/// The numbers of the formats that the engine reads.
const READ: [(u32, TensorType); 16] = {
    use PackedFormat as P;
    use TensorType::Blocks;
    [
        (0, TensorType::F32),
        (1, TensorType::F16),
        (2, Blocks(P::Q4_0)),
        (3, Blocks(P::Q4_1)),
        (6, Blocks(P::Q5_0)),
        (7, Blocks(P::Q5_1)),
        (8, Blocks(P::Q8_0)),
        (10, Blocks(P::Q2K)),
        (11, Blocks(P::Q3K)),
        (12, Blocks(P::Q4K)),
        (13, Blocks(P::Q5K)),
        (14, Blocks(P::Q6K)),
        (20, Blocks(P::Iq4Nl)),
        (23, Blocks(P::Iq4Xs)),
        (30, TensorType::Bf16),
        (39, Blocks(P::Mxfp4)),
    ]
};

/// The numbers and names of formats that the engine does not read. `Q8_1` and `Q8_K` are
/// those of activations: no file of a model has them.
const NOT_READ: [(u32, &str); 19] = [
    (9, "Q8_1"),
    (15, "Q8_K"),
    (16, "IQ2_XXS"),
    (17, "IQ2_XS"),
    (18, "IQ3_XXS"),
    (19, "IQ1_S"),
    (21, "IQ3_S"),
    (22, "IQ2_S"),
    (24, "I8"),
    (25, "I16"),
    (26, "I32"),
    (27, "I64"),
    (28, "F64"),
    (29, "IQ1_M"),
    (34, "TQ1_0"),
    (35, "TQ2_0"),
    (40, "NVFP4"),
    (41, "Q1_0"),
    (42, "Q2_0"),
];

/// The numbers and names of formats that were removed from GGUF.
const REMOVED: [(u32, &str); 8] = [
    (4, "Q4_2"),
    (5, "Q4_3"),
    (31, "Q4_0_4_4"),
    (32, "Q4_0_4_8"),
    (33, "Q4_0_8_8"),
    (36, "IQ4_NL_4_4"),
    (37, "IQ4_NL_4_8"),
    (38, "IQ4_NL_8_8"),
];

impl TensorType {
    /// All of them, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = TensorType> {
        READ.into_iter().map(|(_, format)| format)
    }

    /// The format of a `ggml_type`'s number; `tensor` has it.
    ///
    /// # Errors
    /// What it is, if it is not read.
    pub(super) fn read(code: u32, tensor: &str) -> Result<TensorType, GgufError> {
        let name = tensor.to_owned();
        if let Some(format) = of(&READ, code) {
            return Ok(format);
        }
        Err(match (of(&NOT_READ, code), of(&REMOVED, code)) {
            (Some(format), _) => GgufError::TensorType { name, format, code },
            (None, Some(format)) => GgufError::RemovedType { name, format, code },
            (None, None) => GgufError::UnknownType { name, code },
        })
    }

    /// Its number in ggml.
    pub fn code(self) -> u32 {
        let found = READ.iter().find(|(_, format)| *format == self);
        found.map_or(u32::MAX, |(code, _)| *code)
    }

    /// Its name in ggml.
    pub fn name(self) -> &'static str {
        match self {
            TensorType::F32 => "F32",
            TensorType::F16 => "F16",
            TensorType::Bf16 => "BF16",
            TensorType::Blocks(format) => format.name(),
        }
    }

    /// Numbers in a block: a row is whole blocks.
    pub fn block_columns(self) -> usize {
        match self {
            TensorType::F32 | TensorType::F16 | TensorType::Bf16 => 1,
            TensorType::Blocks(format) => format.block_columns(),
        }
    }

    /// Bytes of a block.
    pub fn block_bytes(self) -> usize {
        match self {
            TensorType::F32 => 4,
            TensorType::F16 | TensorType::Bf16 => 2,
            TensorType::Blocks(format) => format.ggml_block_bytes(),
        }
    }
}

fn of<T: Copy>(table: &[(u32, T)], code: u32) -> Option<T> {
    table.iter().find(|(known, _)| *known == code).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_up_to_the_newest_has_one_meaning() {
        for code in 0..=42 {
            let times = [
                usize::from(of(&READ, code).is_some()),
                usize::from(of(&NOT_READ, code).is_some()),
                usize::from(of(&REMOVED, code).is_some()),
            ];
            assert_eq!(times.iter().sum::<usize>(), 1, "{code}");
        }
        assert_eq!(READ.len() + NOT_READ.len() + REMOVED.len(), 43);
    }

    #[test]
    fn all_formats_of_the_kernels_are_read() {
        let blocks: Vec<PackedFormat> = TensorType::all()
            .filter_map(|format| match format {
                TensorType::Blocks(format) => Some(format),
                _ => None,
            })
            .collect();
        assert_eq!(blocks.len(), PackedFormat::ALL.len());
        assert!(PackedFormat::ALL.iter().all(|format| blocks.contains(format)));
    }
}
