//! A shader with what it is bound to, and the numbers that a dispatch of it gets.

/// Bytes of the numbers of a dispatch, in the uniform buffer of binding 0.
pub const PARAMS_BYTES: usize = 64;

/// What a shader does with a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// It only reads it.
    Read,
    /// It reads and writes it. Nothing else of the dispatch may be bound to that buffer.
    Write,
}

/// A compute shader. Its entry point is `main`; in group 0, binding 0 is [`Params`] with a
/// dynamic offset, and the storage buffers follow from binding 1 on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kernel {
    /// What it computes, for labels and messages. Kernels of the same name are the same.
    pub name: String,
    /// Its text, in WGSL.
    pub source: String,
    /// What it does with each of its storage buffers.
    pub buffers: Vec<Access>,
}

/// The numbers of a dispatch, as the shader's uniform has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    words: [u32; PARAMS_BYTES / 4],
}

impl Params {
    /// Words in the order of the shader's fields.
    pub(crate) fn of<const COUNT: usize>(fields: [Field; COUNT]) -> Params {
        let mut words = [0; PARAMS_BYTES / 4];
        for (word, field) in words[..COUNT].iter_mut().zip(fields) {
            *word = match field {
                Field::Whole(number) => u32::try_from(number).unwrap_or(u32::MAX),
                Field::Float(number) => number.to_bits(),
            };
        }
        Params { words }
    }

    /// What is written to the buffer.
    pub fn bytes(&self) -> [u8; PARAMS_BYTES] {
        let mut bytes = [0; PARAMS_BYTES];
        for (to, word) in bytes.as_chunks_mut().0.iter_mut().zip(self.words) {
            *to = word.to_le_bytes();
        }
        bytes
    }
}

/// A field of a shader's uniform.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field {
    /// `u32`.
    Whole(usize),
    /// `f32`.
    Float(f32),
}

impl From<usize> for Field {
    fn from(number: usize) -> Field {
        Field::Whole(number)
    }
}

impl From<f32> for Field {
    fn from(number: f32) -> Field {
        Field::Float(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn params_have_their_fields_in_order() {
        let bytes = Params::of([3usize.into(), 1.0f32.into()]).bytes();
        assert_eq!(bytes[..8], [3, 0, 0, 0, 0, 0, 0x80, 0x3F]);
        assert!(bytes[8..].iter().all(|byte| *byte == 0));
    }
}
