//! Numbers of entries in a codebook to the entries.

/// Puts entries in the place of their numbers, which are up to 15.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
pub(crate) fn look_up(entries: &[u8; 16], numbers: &mut [u8]) {
    numbers.iter_mut().for_each(|number| *number = entries[usize::from(*number & 15)]);
}

/// Puts entries in the place of their numbers, which are up to 15 and go by sixteens: there is
/// an instruction for that, which compilers do not find.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
#[allow(unsafe_code, reason = "vector loads")]
pub(crate) fn look_up(entries: &[u8; 16], numbers: &mut [u8]) {
    use std::arch::wasm32::{i8x16_swizzle, v128_load, v128_store};
    // SAFETY: there are sixteen bytes, and loads need no alignment.
    let entries = unsafe { v128_load(entries.as_ptr().cast()) };
    for numbers in numbers.as_chunks_mut::<16>().0 {
        // SAFETY: there are sixteen bytes. Loads and stores need no alignment.
        unsafe {
            let sixteen = v128_load(numbers.as_ptr().cast());
            v128_store(numbers.as_mut_ptr().cast(), i8x16_swizzle(entries, sixteen));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn every_number_gives_its_entry() {
        let entries = std::array::from_fn(|number| 200 - 11 * number as u8);
        let mut bytes: [u8; 48] = std::array::from_fn(|at| (7 * at % 16) as u8);
        let expected = bytes.map(|number| entries[usize::from(number)]);
        look_up(&entries, &mut bytes);
        assert_eq!(bytes, expected);
    }
}
