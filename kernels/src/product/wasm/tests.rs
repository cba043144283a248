//! What the forms compute, against the reference.

use fastrand::Rng;

use super::scales;
use crate::activations::{self, ActivationRows, QuantisedActivations};
use crate::packed::scales::{Convert, Lanes};
use crate::packed::{PackedFormat, PackedMatrix, TILE_ROWS, ValueBits};
use crate::product::{MAX_TOKENS, PART_BLOCKS, Part, PartBytes, PartScales, plain};

/// Checks a form of the products in all formats whose values are stored in such bits.
pub(super) fn check(
    which: impl Fn(ValueBits) -> bool,
    one: impl Fn(Part<'_>, ActivationRows<'_>, &mut Lanes),
    many: impl Fn(Part<'_>, ActivationRows<'_>, &mut [Lanes]),
) {
    let mut random = Rng::with_seed(3);
    for format in PackedFormat::ALL.into_iter().filter(|x| which(x.value_bits())) {
        let columns = PART_BLOCKS * 32;
        let mut matrix = PackedMatrix::zeros(format, TILE_ROWS, columns).unwrap();
        let (values, of_scales) = matrix.parts_mut();
        values.iter_mut().for_each(|byte| *byte = random.u8(..));
        // Finite numbers, as f16 and in any other way.
        of_scales.iter_mut().for_each(|byte| *byte = random.u8(0x20..0x30));
        for block in [0, 5] {
            let convert = || Convert { halves: scales::halves, bytes: scales::bytes };
            let (mut part_scales, mut bytes) = (PartScales::ZEROS, PartBytes::ZEROS);
            let (tile, blocks) = (matrix.tile(0), block..PART_BLOCKS);
            let inputs = quantised(&mut random, columns);
            // SAFETY: nobody writes them.
            #[allow(unsafe_code, reason = "activations are shared")]
            let inputs = unsafe { inputs.rows(0, MAX_TOKENS) };

            let part = part_scales.fill(convert(), None, tile, blocks.clone());
            let (mut actual, mut expected) = ([0.5; TILE_ROWS], [0.5; TILE_ROWS]);
            one(part, inputs.part(0, 1), &mut actual);
            plain::one(part, inputs.part(0, 1), &mut expected);
            assert_close(format, &actual, &expected);

            let part = part_scales.fill(convert(), Some(&mut bytes), tile, blocks);
            for tokens in 1..=MAX_TOKENS {
                let inputs = inputs.part(0, tokens);
                let mut actual = [[0.5; TILE_ROWS]; MAX_TOKENS];
                let mut expected = actual;
                many(part, inputs, &mut actual[..tokens]);
                plain::many(part, inputs, &mut expected[..tokens]);
                assert_close(format, actual.as_flattened(), expected.as_flattened());
            }
        }
    }
}

/// Rows of activations, among which are the largest and the smallest values.
fn quantised(random: &mut Rng, columns: usize) -> QuantisedActivations {
    let inputs = QuantisedActivations::new(MAX_TOKENS, columns).unwrap();
    for token in 0..MAX_TOKENS {
        let number = |_| match random.u8(0..4) {
            0 => 1.0,
            1 => -1.0,
            _ => 2.0 * random.f32() - 1.0,
        };
        let numbers: Vec<f32> = (0..columns).map(number).collect();
        // SAFETY: there is one thread.
        #[allow(unsafe_code, reason = "activations are shared")]
        let mut row = unsafe { inputs.row_mut(token) };
        activations::quantise_row(activations::plain::block, &numbers, &mut row);
    }
    inputs
}

fn assert_close(format: PackedFormat, actual: &[f32], expected: &[f32]) {
    let size = expected.iter().fold(0f32, |size, x| size.max(x.abs()));
    for (a, b) in actual.iter().zip(expected) {
        assert!((a - b).abs() <= 1e-5 * size, "{format:?}: {a} instead of {b}");
    }
}
