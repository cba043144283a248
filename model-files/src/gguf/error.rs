//! The errors of a GGUF file.

/// Why a GGUF file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GgufError {
    /// The first four bytes are not `GGUF`.
    #[error("This is not a GGUF file.")]
    NotGguf,
    /// A version other than 2 and 3.
    #[error("GGUF version {0} is not supported; versions 2 and 3 are.")]
    Version(u32),
    /// The file was written for machines of the other byte order.
    #[error("This GGUF file is big-endian, which is not supported.")]
    BigEndian,
    /// The file ends before its header does.
    #[error(
        "The GGUF file is cut short: its header needs byte {needed}, it has {bytes}."
    )]
    CutShort {
        /// The least length that the header needs.
        needed: u64,
        /// The file's length.
        bytes: u64,
    },
    /// Something that must be UTF-8 is not.
    #[error("The GGUF file is damaged: {what} at byte {offset} is not UTF-8.")]
    NotUtf8 {
        /// The kind of string.
        what: &'static str,
        /// Its offset in bytes.
        offset: usize,
    },
    /// Two metadata keys or two tensors of one name.
    #[error("The GGUF file is damaged: {name} is there twice.")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A metadata value of a type that does not exist, or an array of arrays.
    #[error("The GGUF file's {key} has a type that is not known: {code}.")]
    ValueType {
        /// The key.
        key: String,
        /// The type's number.
        code: u32,
    },
    /// A required key is missing.
    #[error(
        "The GGUF file was made without what is needed: the metadata key {key} is missing."
    )]
    MissingKey {
        /// The key.
        key: String,
    },
    /// A key's value is of another type than its meaning needs.
    #[error("The GGUF file's metadata key {key} is not {expected}.")]
    WrongType {
        /// The key.
        key: String,
        /// What it should be.
        expected: &'static str,
    },
    /// An alignment that is not a power of two.
    #[error("The GGUF file is damaged: its alignment is {alignment}.")]
    Alignment {
        /// The alignment in the file, in bytes.
        alignment: usize,
    },
    /// A tensor in a format that the engine does not read.
    #[error(
        "The tensor {name} has the format {format} (type {code}), which is not supported."
    )]
    TensorType {
        /// The tensor.
        name: String,
        /// The format's name.
        format: &'static str,
        /// Its number.
        code: u32,
    },
    /// A tensor in a format that is newer than this program, or of another program's own.
    #[error("The tensor {name} is of type {code}, which this version does not know.")]
    UnknownType {
        /// The tensor.
        name: String,
        /// The type's number.
        code: u32,
    },
    /// The file is something other than a model that runs by itself.
    #[error("This GGUF file is {is}.")]
    Kind {
        /// What it is.
        is: String,
        /// What to do.
        advice: &'static str,
    },
    /// A tensor in a format that was removed from GGUF.
    #[error(
        "The tensor {name} has the format {format} (type {code}), which was removed from \
         GGUF."
    )]
    RemovedType {
        /// The tensor.
        name: String,
        /// The format's name.
        format: &'static str,
        /// Its number.
        code: u32,
    },
    /// A tensor whose description cannot be right.
    #[error("The GGUF file is damaged: the tensor {name} {problem}.")]
    Tensor {
        /// The tensor.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl GgufError {
    /// What to do about a file that is whole but not supported; `None` for other errors.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            GgufError::Kind { advice, .. } => Some(advice),
            GgufError::Version(_) | GgufError::BigEndian => {
                Some("Take a newer GGUF file of this model, or choose another model.")
            }
            GgufError::MissingKey { .. } | GgufError::WrongType { .. } => {
                Some("Take another GGUF file of this model, or choose another model.")
            }
            GgufError::TensorType { .. }
            | GgufError::RemovedType { .. }
            | GgufError::UnknownType { .. } => {
                Some("Take a file of the same model in Q4_K_M, Q5_K_M or Q8_0.")
            }
            _ => None,
        }
    }
}
