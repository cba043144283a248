//! What an implementation of the multiplication has to give.

use std::arch::wasm32::{f32x4_add, f32x4_mul, v128};

use crate::activations::ActivationRows;
use crate::packed::BLOCK_COLUMNS;

/// Bytes of a block of activations, in either form.
pub(super) const BLOCK_BYTES: usize = 2 * BLOCK_COLUMNS;

/// Multiplies stored values of a group, four rows of four columns, with four activations, and
/// adds the products of each row.
#[allow(unsafe_code, reason = "vector loads")]
pub(super) trait Form {
    /// Sixteen stored values.
    type Weights: Copy;
    /// The group's four activations of a row.
    type Activations: Copy;
    /// The sums of four rows.
    type Sums: Copy;

    /// What the form itself takes away from values of eight bits.
    const OFFSET: i32 = 0;

    /// Stored values of eight bits, less [`OFFSET`](Self::OFFSET).
    fn eight_bits(bytes: v128) -> Self::Weights;

    /// Stored values of less than eight bits, or entries of a codebook less the offset.
    fn weights(bytes: v128) -> Self::Weights;

    /// Where the activations begin that the form takes; a block has [`BLOCK_BYTES`].
    fn activations(inputs: ActivationRows<'_>) -> *const u8;

    /// Those of two groups of a block, which begins at `block`.
    ///
    /// # Safety
    /// The block must be there.
    unsafe fn load_activations(
        block: *const u8,
        groups: [usize; 2],
    ) -> [Self::Activations; 2];

    /// No products yet.
    fn zero() -> Self::Sums;

    /// Adds the products of two groups.
    fn add(
        sums: &mut Self::Sums,
        weights: [Self::Weights; 2],
        activations: [Self::Activations; 2],
    );

    /// The sum of each row.
    fn sum(sums: Self::Sums) -> v128;

    /// a · b + c of four numbers, rounded once or twice.
    #[inline(always)]
    fn multiply_add(a: v128, b: v128, c: v128) -> v128 {
        f32x4_add(f32x4_mul(a, b), c)
    }
}
