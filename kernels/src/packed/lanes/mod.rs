//! Stored scales of sixteen rows, as f32.

#[cfg(not(target_arch = "wasm32"))]
mod plain;
#[cfg(target_arch = "wasm32")]
mod wasm;

use super::format::TILE_ROWS;
#[cfg(not(target_arch = "wasm32"))]
pub(super) use plain::{halves, signed, unsigned};
#[cfg(target_arch = "wasm32")]
pub(super) use wasm::{halves, signed, unsigned};

/// A number for each row of a tile.
pub(crate) type Lanes = [f32; TILE_ROWS];

/// What moves an exponent from the bias of f16 to that of f32: 2^(127 − 15). It also makes
/// subnormal numbers right.
const REBIAS: f32 = 5.192_297e33;

/// Of a half that is sign-extended and shifted by 13: it has its sign in all bits from 28 on.
const SIGN_AND_REST: u32 = 0x8FFF_E000;

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn halves_are_those_of_the_half_crate() {
        for bits in (0..=u16::MAX).filter(|bits| bits & 0x7C00 != 0x7C00) {
            let mut out = [0.0; TILE_ROWS];
            halves(&bits.to_le_bytes().repeat(TILE_ROWS), &mut out);
            let expected = half::f16::from_bits(bits).to_f32();
            for row in [0, 7, 15] {
                assert_eq!(out[row].to_bits(), expected.to_bits());
            }
        }
    }

    #[test]
    fn bytes_are_taken_with_and_without_signs_and_in_parts() {
        let scale: Lanes = std::array::from_fn(|row| 1.0 + row as f32);
        for first in 0..=u8::MAX {
            let bytes: [u8; TILE_ROWS] =
                std::array::from_fn(|row| first.wrapping_add(row as u8));
            let mut out = [[0.0; TILE_ROWS]; 4];
            signed(&scale, &bytes, &mut out[0]);
            unsigned(&scale, &bytes, (0, 255), &mut out[1]);
            unsigned(&scale, &bytes, (0, 15), &mut out[2]);
            unsigned(&scale, &bytes, (4, 15), &mut out[3]);
            for (row, byte) in bytes.into_iter().enumerate() {
                let signed = f32::from(byte as i8);
                let numbers =
                    [signed, byte.into(), (byte & 15).into(), (byte >> 4).into()];
                let out = out.map(|out| out[row]);
                assert_eq!(out, numbers.map(|number: f32| scale[row] * number));
            }
        }
    }
}
