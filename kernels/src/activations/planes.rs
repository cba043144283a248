//! The two forms in which kernels take 16-bit values: as they are, and as two bytes.

use crate::packed::BLOCK_COLUMNS;

/// The order of four adjacent columns among the values. Where a kernel takes the bytes of
/// weights apart into even and odd ones, these two columns have to lie side by side.
pub(crate) const COLUMN_ORDER: [usize; 4] =
    if cfg!(any(target_arch = "x86_64", target_arch = "wasm32")) {
        [0, 2, 1, 3]
    } else {
        [0, 1, 2, 3]
    };

/// Writes each value as 256 · high + low, both from −128 to 127: for each block its high bytes,
/// then its low ones, by columns. Then puts the values into [`COLUMN_ORDER`].
#[inline(always)]
pub(super) fn arrange(values: &mut [i16; BLOCK_COLUMNS], planes: &mut [i8]) {
    let (high, low) = planes.split_at_mut(BLOCK_COLUMNS);
    for ((value, high), low) in values.iter().zip(high).zip(low) {
        *low = *value as i8;
        // What a negative low byte takes away has to be in the high one.
        *high = ((i32::from(*value) + 128) >> 8) as i8;
    }
    if COLUMN_ORDER != [0, 1, 2, 3] {
        for four in values.as_chunks_mut::<4>().0 {
            *four = COLUMN_ORDER.map(|column| four[column]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn both_bytes_make_every_value_again() {
        let all: Vec<i16> = (-32_639..=32_639).chain([0; 17]).collect();
        for values in all.as_chunks::<BLOCK_COLUMNS>().0 {
            let mut planes = [0; 2 * BLOCK_COLUMNS];
            let mut arranged = *values;
            arrange(&mut arranged, &mut planes);
            let (high, low) = planes.split_at(BLOCK_COLUMNS);
            for ((value, high), low) in values.iter().zip(high).zip(low) {
                let again = 256 * i32::from(*high) + i32::from(*low);
                assert_eq!(again, i32::from(*value));
                assert!(*high >= -127, "{value}");
            }
            for (group, four) in arranged.chunks(4).enumerate() {
                for (value, column) in four.iter().zip(COLUMN_ORDER) {
                    assert_eq!(*value, values[4 * group + column]);
                }
            }
        }
    }
}
