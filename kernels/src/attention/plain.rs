//! The reference: one head after the other.

/// Products of G queries with all keys, both of D integers: queries are [G, D], keys
/// [S, D], `out` [G, S].
pub(super) type Dots =
    unsafe fn(queries: &[i16], keys: &[i16], width: usize, out: &mut [i32]);

/// Adds up values times weights: weights are [G, S], values [S, D] and `sums` [G, D].
pub(super) type Mix =
    unsafe fn(weights: &[f32], values: &[i16], width: usize, sums: &mut [f32]);

/// [`Dots`].
///
/// # Safety
/// It is safe; the vector forms are not.
#[inline(always)]
#[allow(unsafe_code, reason = "of the type of the vector forms")]
pub(crate) unsafe fn dots(queries: &[i16], keys: &[i16], width: usize, out: &mut [i32]) {
    let count = keys.len() / width;
    let heads = queries.chunks_exact(width).zip(out.chunks_exact_mut(count));
    for (query, out) in heads {
        match width {
            64 => dots_of_head::<64>(query, keys, out),
            128 => dots_of_head::<128>(query, keys, out),
            _ => dots_of_head::<0>(query, keys, out),
        }
    }
}

/// D = 0 is for any width.
#[inline(always)]
fn dots_of_head<const D: usize>(query: &[i16], keys: &[i16], out: &mut [i32]) {
    let width = if D == 0 { query.len() } else { D };
    let query = &query[..width];
    for (out, key) in out.iter_mut().zip(keys.chunks_exact(width)) {
        let products = query.iter().zip(key);
        *out = products.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
    }
}

/// [`Mix`].
///
/// # Safety
/// It is safe; the vector forms are not.
#[inline(always)]
#[allow(unsafe_code, reason = "of the type of the vector forms")]
pub(crate) unsafe fn mix(
    weights: &[f32],
    values: &[i16],
    width: usize,
    sums: &mut [f32],
) {
    let count = values.len() / width;
    let heads = weights.chunks_exact(count).zip(sums.chunks_exact_mut(width));
    for (weights, out) in heads {
        match width {
            // Sums of a known number stay in registers.
            64 => {
                let mut sums = [0.0; 64];
                add_up(weights, values, &mut sums);
                out.copy_from_slice(&sums);
            }
            128 => {
                let mut sums = [0.0; 128];
                add_up(weights, values, &mut sums);
                out.copy_from_slice(&sums);
            }
            _ => add_up(weights, values, out),
        }
    }
}

#[inline(always)]
fn add_up(weights: &[f32], values: &[i16], sums: &mut [f32]) {
    sums.fill(0.0);
    for (weight, value) in weights.iter().zip(values.chunks_exact(sums.len())) {
        for (sum, value) in sums.iter_mut().zip(value) {
            *sum += weight * f32::from(*value);
        }
    }
}
