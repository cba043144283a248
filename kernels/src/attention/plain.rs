//! The reference.

use super::dot_products::DotProducts;
use crate::cache::CACHE_LANES;

/// Adds up products into [G, B, 16]. All implementations give the same, as sums of integers
/// are exact.
#[inline(always)]
pub(crate) fn sums(terms: DotProducts<'_>, out: &mut [i32]) {
    let (all_pairs, all_blocks) = terms.shape(out);
    let heads = terms.factors.chunks_exact(all_pairs * 2);
    for (factors, out) in heads.zip(out.chunks_exact_mut(all_blocks * CACHE_LANES)) {
        let factors = &factors.as_chunks::<2>().0[terms.pairs.clone()];
        let rows = terms.data.as_chunks::<{ 2 * CACHE_LANES }>().0;
        for block in terms.blocks.clone() {
            let rows = &rows[block * all_pairs..][terms.pairs.clone()];
            let mut sums = [0i32; CACHE_LANES];
            for (factor, row) in factors.iter().zip(rows) {
                let [a, b] = factor.map(i32::from);
                for (sum, [x, y]) in sums.iter_mut().zip(row.as_chunks::<2>().0) {
                    // The numbers of a broken model may not fit.
                    let products = (i32::from(*x) * a).wrapping_add(i32::from(*y) * b);
                    *sum = sum.wrapping_add(products);
                }
            }
            out[block * CACHE_LANES..(block + 1) * CACHE_LANES].copy_from_slice(&sums);
        }
    }
}
