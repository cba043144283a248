//! How stored values of a block of 32 columns lie in a tile.
//!
//! Sixteen rows make a tile, and its columns go by groups of four: in a group of 64 bytes,
//! byte `4 · row + c` is of the row and the group's column c. A block has the groups k from 0
//! to 7, of the columns 4k to 4k + 3.
//!
//! - eight bits: a group after the other.
//! - four bits: four groups of bytes; the low nibble of group k is of group k, its high
//!   nibble of group k + 4.
//! - the bits above (or all bits, where there are less than four): two bits go into two groups
//!   of bytes, of which group v has the bits of group 4v + j at 2j; one bit goes into one group
//!   of bytes, which has the bit of group k at k. So five bits are four and one, six are four
//!   and two, and three are two and one.
//!
//! Values have no sign, as dot product instructions take one operand so.

use super::format::{BLOCK_COLUMNS, GROUP_BYTES, ValueBits};

/// Groups of four columns in a block.
const GROUPS: usize = BLOCK_COLUMNS / 4;

/// Stores a row's block; `to` begins at the row's first byte in the tile's block.
#[inline(always)]
pub(super) fn store(bits: ValueBits, values: &[u8; BLOCK_COLUMNS], to: &mut [u8]) {
    let words: [u32; GROUPS] =
        std::array::from_fn(|k| u32::from_le_bytes(values.as_chunks().0[k]));
    let mut put = |group: usize, word: u32| {
        to[group * GROUP_BYTES..][..4].copy_from_slice(&word.to_le_bytes());
    };
    let nibble = |k: usize| {
        (words[k] & 0x0F0F_0F0F) | ((words[k + GROUPS / 2] & 0x0F0F_0F0F) << 4)
    };
    let two_bits = |v: usize, from: u32| {
        (0..4).fold(0, |all, j| all | (words[4 * v + j] >> from & 0x0303_0303) << (2 * j))
    };
    let one_bit = |from: u32| {
        (0..GROUPS).fold(0, |all, k| all | (words[k] >> from & 0x0101_0101) << k)
    };
    match bits {
        ValueBits::Eight => words.iter().enumerate().for_each(|(k, word)| put(k, *word)),
        ValueBits::Four | ValueBits::Code => (0..4).for_each(|k| put(k, nibble(k))),
        ValueBits::Five => {
            (0..4).for_each(|k| put(k, nibble(k)));
            put(4, one_bit(4));
        }
        ValueBits::Six => {
            (0..4).for_each(|k| put(k, nibble(k)));
            (0..2).for_each(|v| put(4 + v, two_bits(v, 4)));
        }
        ValueBits::Two => (0..2).for_each(|v| put(v, two_bits(v, 0))),
        ValueBits::Three => {
            (0..2).for_each(|v| put(v, two_bits(v, 0)));
            put(2, one_bit(2));
        }
    }
}

/// The stored values of group k of a tile's block, in the form of eight bits: those of the
/// bytes `4 · row + c`. `block` is the tile's block, and `out` as long a part of a group as
/// `from` says where it begins.
#[inline(always)]
pub(crate) fn load(bits: ValueBits, block: &[u8], k: usize, from: usize, out: &mut [u8]) {
    let group = |group: usize| block[group * GROUP_BYTES + from..][..out.len()].iter();
    match bits {
        ValueBits::Eight => {
            out.copy_from_slice(&block[k * GROUP_BYTES + from..][..out.len()])
        }
        ValueBits::Four | ValueBits::Code => {
            let (low, shift) = (group(k % 4), 4 * (k / 4));
            out.iter_mut().zip(low).for_each(|(out, low)| *out = low >> shift & 15);
        }
        ValueBits::Five => {
            let (low, shift) = (group(k % 4).zip(group(4)), 4 * (k / 4));
            for (out, (low, high)) in out.iter_mut().zip(low) {
                *out = (low >> shift & 15) | (high >> k & 1) << 4;
            }
        }
        ValueBits::Six => {
            let (low, shift) = (group(k % 4).zip(group(4 + k / 4)), 4 * (k / 4));
            for (out, (low, high)) in out.iter_mut().zip(low) {
                *out = (low >> shift & 15) | (high >> (2 * (k % 4)) & 3) << 4;
            }
        }
        ValueBits::Two => {
            let (low, shift) = (group(k / 4), 2 * (k % 4));
            out.iter_mut().zip(low).for_each(|(out, low)| *out = low >> shift & 3);
        }
        ValueBits::Three => {
            let (low, shift) = (group(k / 4).zip(group(2)), 2 * (k % 4));
            for (out, (low, high)) in out.iter_mut().zip(low) {
                *out = (low >> shift & 3) | (high >> k & 1) << 2;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_is_stored_is_loaded_again_in_every_width() {
        for (bits, most) in [
            (ValueBits::Two, 3),
            (ValueBits::Three, 7),
            (ValueBits::Four, 15),
            (ValueBits::Five, 31),
            (ValueBits::Six, 63),
            (ValueBits::Eight, 255),
            (ValueBits::Code, 15),
        ] {
            let mut block = vec![0; bits.tile_bytes()];
            let values = |row: usize| {
                std::array::from_fn(|column| {
                    ((37 * row + 11 * column + row * column) % (most + 1)) as u8
                })
            };
            for row in 0..16 {
                store(bits, &values(row), &mut block[4 * row..]);
            }
            for row in 0..16 {
                for (k, expected) in values(row).chunks(4).enumerate() {
                    let mut out = [0; 4];
                    load(bits, &block, k, 4 * row, &mut out);
                    assert_eq!(out, expected, "{bits:?}, row {row}, group {k}");
                }
            }
        }
    }
}
