//! Kernels that are compiled for a number of rows of activations, or for a width of values.

/// Calls the kernel that is compiled for as many rows of activations as there are, and for
/// whether halves of blocks have their own scales, and whether there are minima.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! by_count {
    ($kernel:ident, $part:expr, $inputs:expr, $outputs:expr) => {
        match ($part.by_halves, !$part.minima.is_empty()) {
            (false, false) => by_count!($kernel, false, false, $part, $inputs, $outputs),
            (false, true) => by_count!($kernel, false, true, $part, $inputs, $outputs),
            (true, false) => by_count!($kernel, true, false, $part, $inputs, $outputs),
            (true, true) => by_count!($kernel, true, true, $part, $inputs, $outputs),
        }
    };
    ($kernel:ident, $halves:literal, $minima:literal, $part:expr, $inputs:expr, $outputs:expr) => {
        match $inputs.count() {
            1 => $kernel::<$halves, $minima, 1>($part, $inputs, $outputs),
            2 => $kernel::<$halves, $minima, 2>($part, $inputs, $outputs),
            3 => $kernel::<$halves, $minima, 3>($part, $inputs, $outputs),
            4 => $kernel::<$halves, $minima, 4>($part, $inputs, $outputs),
            5 => $kernel::<$halves, $minima, 5>($part, $inputs, $outputs),
            6 => $kernel::<$halves, $minima, 6>($part, $inputs, $outputs),
            7 => $kernel::<$halves, $minima, 7>($part, $inputs, $outputs),
            8 => $kernel::<$halves, $minima, 8>($part, $inputs, $outputs),
            count => unreachable!("{count} rows at once"),
        }
    };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(crate) use by_count;

/// Calls the kernel for one row of activations that is compiled for a width of values (0 for
/// entries of a codebook), for whether halves of blocks have their own scales, and whether there
/// are minima; for those that there are together in some format. A kernel may have a type before
/// these.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
macro_rules! by_bits {
    ($kernel:ident $(::<$form:ident>)?, $part:expr, $inputs:expr, $output:expr) => {
        match ($part.bits, !$part.minima.is_empty()) {
            (ValueBits::Two, _) => $kernel::<$($form,)? 2, true, true>($part, $inputs, $output),
            (ValueBits::Three, _) => $kernel::<$($form,)? 3, true, false>($part, $inputs, $output),
            (ValueBits::Four, false) => {
                $kernel::<$($form,)? 4, false, false>($part, $inputs, $output)
            }
            (ValueBits::Four, true) => $kernel::<$($form,)? 4, false, true>($part, $inputs, $output),
            (ValueBits::Five, false) => {
                $kernel::<$($form,)? 5, false, false>($part, $inputs, $output)
            }
            (ValueBits::Five, true) => $kernel::<$($form,)? 5, false, true>($part, $inputs, $output),
            (ValueBits::Six, _) => $kernel::<$($form,)? 6, true, false>($part, $inputs, $output),
            (ValueBits::Eight, _) => $kernel::<$($form,)? 8, false, false>($part, $inputs, $output),
            (ValueBits::Code, _) => $kernel::<$($form,)? 0, false, false>($part, $inputs, $output),
        }
    };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"))]
pub(crate) use by_bits;
