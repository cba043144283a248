//! Products of whole matrices, and the activations that they take.

use std::cell::RefCell;
use std::ops::Range;

use super::kernels::Kernels;
use crate::activations::QuantisedActivations;
use crate::packed::scales::Lanes;
use crate::packed::{PackedMatrix, TILE_ROWS};
use crate::product::{MAX_TOKENS, PART_BLOCKS, PartBytes, PartScales};

/// Rows of activations for which the values of a part become eight bits once.
const TOKENS_PER_PART: usize = 64;

thread_local! {
    /// Scales of a part, of each thread its own: a token has thousands of products, and to
    /// clear six kilobytes for each took a fiftieth of its time.
    static SCALES: RefCell<PartScales> = const { RefCell::new(PartScales::ZEROS) };
}

/// What a product works in.
struct Memory<'a> {
    scales: &'a mut PartScales,
    /// For values that are to become eight bits.
    bytes: Option<&'a mut PartBytes>,
    /// For as many rows of activations as are multiplied with a tile at a time.
    outputs: &'a mut [Lanes],
}

fn zeros<const ROWS: usize>() -> [Lanes; ROWS] {
    [[0.0; TILE_ROWS]; ROWS]
}

#[allow(unsafe_code, reason = "other threads may write other rows of activations")]
impl Kernels {
    /// Quantises K numbers into a row of `activations`: in 16 bits, by blocks of 32 columns
    /// whose scale is the largest magnitude / 32,639.
    ///
    /// # Safety
    /// Meanwhile, no other thread may read or write this row.
    ///
    /// # Panics
    /// If there is no such row, or there are not K numbers.
    pub unsafe fn quantise_row(
        &self,
        activations: &QuantisedActivations,
        row: usize,
        numbers: &[f32],
    ) {
        assert!(numbers.len() == activations.columns());
        // SAFETY: the caller keeps other threads from this row, and nobody else in this one
        // has a part of it while this function runs.
        let mut row = unsafe { activations.row_mut(row) };
        self.quantise(numbers, &mut row);
    }

    /// x · Wᵀ for the tiles `tiles` of rows of W (`matrix`, [R, K]) and the rows `tokens` of
    /// x (`activations`, [T, K]). `put` is called with a row of x, the first row of a tile,
    /// and the sixteen results of the tile; those past the last row of W are padding.
    ///
    /// # Safety
    /// Meanwhile, nobody may write these rows of x: neither another thread, nor `put`.
    ///
    /// # Panics
    /// If x has another number of columns than W, or fewer rows.
    pub unsafe fn product(
        &self,
        matrix: &PackedMatrix,
        tiles: Range<usize>,
        activations: &QuantisedActivations,
        tokens: Range<usize>,
        mut put: impl FnMut(usize, usize, &[f32; TILE_ROWS]),
    ) {
        assert_eq!(activations.columns(), matrix.columns());
        SCALES.with_borrow_mut(|scales| {
            if tokens.len() == 1 && self.operations().one.is_some() {
                let memory = Memory { scales, bytes: None, outputs: &mut zeros::<1>() };
                // SAFETY: as the caller has seen to.
                unsafe {
                    self.product_with(
                        memory,
                        matrix,
                        tiles,
                        activations,
                        tokens,
                        &mut put,
                    );
                }
            } else {
                let mut bytes = PartBytes::ZEROS;
                let outputs = &mut zeros::<TOKENS_PER_PART>();
                let memory = Memory { scales, bytes: Some(&mut bytes), outputs };
                // SAFETY: as the caller has seen to.
                unsafe {
                    self.product_with(
                        memory,
                        matrix,
                        tiles,
                        activations,
                        tokens,
                        &mut put,
                    );
                }
            }
        });
    }

    /// As [`product`](Self::product), in this memory.
    ///
    /// # Safety
    /// As for [`product`](Self::product).
    #[inline(always)]
    unsafe fn product_with(
        &self,
        memory: Memory<'_>,
        matrix: &PackedMatrix,
        tiles: Range<usize>,
        activations: &QuantisedActivations,
        tokens: Range<usize>,
        put: &mut impl FnMut(usize, usize, &[f32; TILE_ROWS]),
    ) {
        let operations = *self.operations();
        let Memory { scales, mut bytes, outputs } = memory;
        let one = operations.one.filter(|_| bytes.is_none());
        let at_once = outputs.len();
        for index in tiles {
            let tile = matrix.tile(index);
            for start in tokens.clone().step_by(at_once) {
                let count = at_once.min(tokens.end - start);
                // SAFETY: the caller keeps writers from these rows.
                let inputs = unsafe { activations.rows(start, count) };
                debug_assert!(inputs.blocks <= matrix.blocks());
                let outputs = &mut outputs[..count];
                outputs.fill([0.0; TILE_ROWS]);
                for first in (0..inputs.blocks).step_by(PART_BLOCKS) {
                    let blocks = first..inputs.blocks.min(first + PART_BLOCKS);
                    // SAFETY: the processor has the features, as `Kernels::new` demands; so
                    // it has for the two functions below.
                    let part = unsafe {
                        (operations.fill)(scales, bytes.as_deref_mut(), tile, blocks)
                    };
                    if let Some(one) = one {
                        // SAFETY: as above.
                        unsafe { one(part, inputs, &mut outputs[0]) };
                        continue;
                    }
                    // The part stays in the nearest cache while all rows of x go by.
                    for (group, outputs) in outputs.chunks_mut(MAX_TOKENS).enumerate() {
                        let inputs = inputs.part(group * MAX_TOKENS, outputs.len());
                        // SAFETY: as above.
                        unsafe { (operations.many)(part, inputs, outputs) };
                    }
                }
                for (token, output) in (start..).zip(&*outputs) {
                    put(token, index * TILE_ROWS, output);
                }
            }
        }
    }
}
