//! Blocks of random values in the formats of GGUF files (ggml, `ggml-common.h`).

use crate::tensors::Random;

/// How matrices are stored, named as in ggml; vectors are F32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are ggml's")]
pub enum Quantisation {
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2K,
    Q3K,
    Q4K,
    Q5K,
    Q6K,
    Iq4Nl,
    Iq4Xs,
    Mxfp4,
}

/// What a block is.
struct Layout {
    ggml_type: u32,
    columns: usize,
    bytes: usize,
    /// Where its scale is: an f16 number, or the exponent of `MXFP4`.
    scale: usize,
    /// Where an f16 number for its minima is, if it has them, and what that is to the
    /// scale, so that values are around zero.
    minimum: Option<(usize, f32)>,
    /// The standard deviation of random values for a scale of 1.
    spread: f32,
}

impl Quantisation {
    /// All of them.
    pub const ALL: [Quantisation; 13] = [
        Quantisation::Q4_0,
        Quantisation::Q4_1,
        Quantisation::Q5_0,
        Quantisation::Q5_1,
        Quantisation::Q8_0,
        Quantisation::Q2K,
        Quantisation::Q3K,
        Quantisation::Q4K,
        Quantisation::Q5K,
        Quantisation::Q6K,
        Quantisation::Iq4Nl,
        Quantisation::Iq4Xs,
        Quantisation::Mxfp4,
    ];

    fn layout(self) -> Layout {
        let layout = |ggml_type, columns, bytes, scale, minimum, spread| Layout {
            ggml_type,
            columns,
            bytes,
            scale,
            minimum,
            spread,
        };
        match self {
            Quantisation::Q4_0 => layout(2, 32, 18, 0, None, 4.6),
            Quantisation::Q4_1 => layout(3, 32, 20, 0, Some((2, -7.5)), 4.6),
            Quantisation::Q5_0 => layout(6, 32, 22, 0, None, 9.2),
            Quantisation::Q5_1 => layout(7, 32, 24, 0, Some((2, -15.5)), 9.2),
            Quantisation::Q8_0 => layout(8, 32, 34, 0, None, 73.9),
            Quantisation::Q2K => layout(10, 256, 84, 80, Some((82, 1.5)), 13.9),
            Quantisation::Q3K => layout(11, 256, 110, 108, None, 43.3),
            Quantisation::Q4K => layout(12, 256, 144, 0, Some((2, 7.5)), 258.0),
            Quantisation::Q5K => layout(13, 256, 176, 0, Some((2, 15.5)), 527.0),
            Quantisation::Q6K => layout(14, 256, 210, 208, None, 1365.0),
            Quantisation::Iq4Nl => layout(20, 32, 18, 0, None, 72.0),
            Quantisation::Iq4Xs => layout(23, 256, 136, 0, None, 1330.0),
            Quantisation::Mxfp4 => layout(39, 32, 17, 0, None, 2.9),
        }
    }

    /// Its number among ggml's types.
    pub fn ggml_type(self) -> u32 {
        self.layout().ggml_type
    }

    /// Columns of a block: a row is whole blocks.
    pub fn block_columns(self) -> usize {
        self.layout().columns
    }

    /// Bytes of a block.
    pub fn block_bytes(self) -> usize {
        self.layout().bytes
    }

    /// Rows of random blocks, so many bytes in all. Their values are as large as those that
    /// `Random::tensor` makes for rows of `columns`.
    pub(crate) fn blocks(
        self,
        bytes: usize,
        columns: usize,
        random: &mut Random,
    ) -> Vec<u8> {
        let layout = self.layout();
        let scale = 2.0 / (columns as f32).sqrt() / layout.spread;
        let mut data = Vec::with_capacity(bytes);
        while data.len() < bytes {
            let start = data.len();
            // A scale in front needs no random bytes.
            data.resize(start + if layout.scale == 0 { 2 } else { 0 }, 0);
            while data.len() < start + layout.bytes {
                let bits = random.next().to_le_bytes();
                let left = start + layout.bytes - data.len();
                data.extend(&bits[..left.min(bits.len())]);
            }
            let block = &mut data[start..];
            if self == Quantisation::Mxfp4 {
                block[0] = (127.0 + scale.log2().round()) as u8;
                continue;
            }
            let mut set = |at: usize, number: f32| {
                let bytes = half::f16::from_f32(number).to_le_bytes();
                block[at..at + 2].copy_from_slice(&bytes);
            };
            set(layout.scale, scale);
            if let Some((at, factor)) = layout.minimum {
                set(at, factor * scale);
            }
        }
        data
    }
}
