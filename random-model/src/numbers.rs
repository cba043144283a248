//! How the numbers in `model.safetensors` are stored.

use half::bf16;

/// How the numbers in `model.safetensors` are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// 32 bits.
    F32,
    /// The upper half of those, as most models are published.
    Bf16,
}

impl Numbers {
    pub(crate) fn dtype(self) -> safetensors::Dtype {
        match self {
            Numbers::F32 => safetensors::Dtype::F32,
            Numbers::Bf16 => safetensors::Dtype::BF16,
        }
    }

    /// Bytes of F32 numbers, converted to this format.
    pub(crate) fn of_f32(self, data: Vec<u8>) -> Vec<u8> {
        match self {
            Numbers::F32 => data,
            Numbers::Bf16 => {
                let (numbers, _) = data.as_chunks::<4>();
                let halves =
                    numbers.iter().map(|b| bf16::from_f32(f32::from_le_bytes(*b)));
                halves.flat_map(bf16::to_le_bytes).collect()
            }
        }
    }
}
