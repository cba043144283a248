//! The loop over blocks that the vector implementations share.

/// Calls a kernel for each of the blocks, compiled for as many heads as there are, with
/// pointers to the block's factors, its data, what is to be read next, and its sums.
macro_rules! by_blocks {
    ($kernel:ident, $terms:expr, $out:expr) => {{
        let (terms, out) = ($terms, $out);
        let (all_pairs, all_blocks) = terms.shape(out);
        let strides = (all_pairs * 2, all_blocks * CACHE_LANES);
        let pairs = terms.pairs.len();
        for block in terms.blocks {
            let row = (block * all_pairs + terms.pairs.start) * 2 * CACHE_LANES;
            // SAFETY: `shape` has checked that each of the heads has these pairs of factors,
            // that data and what is ahead have this block with these pairs, each a row of
            // 2 · CACHE_LANES numbers, and that each head has sums of this block. Strides are
            // those of the heads' factors and sums.
            unsafe {
                let factors = terms.factors.as_ptr().add(terms.pairs.start * 2);
                let data = terms.data.as_ptr().add(row);
                let out = out.as_mut_ptr().add(block * CACHE_LANES);
                let ahead = match terms.ahead {
                    [] => None,
                    ahead => Some(ahead.as_ptr().add(row)),
                };
                match (terms.heads, ahead) {
                    (1, None) => {
                        $kernel::<1, false>(factors, data, data, pairs, strides, out)
                    }
                    (2, None) => {
                        $kernel::<2, false>(factors, data, data, pairs, strides, out)
                    }
                    (3, None) => {
                        $kernel::<3, false>(factors, data, data, pairs, strides, out)
                    }
                    (1, Some(ahead)) => {
                        $kernel::<1, true>(factors, data, ahead, pairs, strides, out)
                    }
                    (2, Some(ahead)) => {
                        $kernel::<2, true>(factors, data, ahead, pairs, strides, out)
                    }
                    (3, Some(ahead)) => {
                        $kernel::<3, true>(factors, data, ahead, pairs, strides, out)
                    }
                    (heads, _) => unreachable!("{heads} heads at once"),
                }
            }
        }
    }};
}
pub(super) use by_blocks;
