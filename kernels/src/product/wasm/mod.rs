//! WebAssembly: four rows of a tile to a vector, and no more than sixteen registers, as that is
//! all that an engine has on x86.
//!
//! Kernels are written once, for one row of activations and for several; what multiplies is a
//! [`Form`](form::Form):
//!
//! - `widened`: bytes become 16 bits, which `i32x4.dot_i16x8_s` multiplies with 16-bit
//!   activations. This needs no relaxed SIMD.
//! - `dot`: bytes times both bytes of the activations, four at once. Relaxed SIMD has that as
//!   one instruction on x86 with VNNI and on ARM.
//!
//! Bytes times both bytes of the activations in pairs (`i16x8.relaxed_dot_i8x16_i7x16_s`), which
//! every x86 has, was no faster than `widened`: as many multiplications, and sums that have to
//! be put together more often.

#[cfg(target_feature = "relaxed-simd")]
pub(crate) mod dot;
mod form;
mod many;
mod one;
mod results;
pub(crate) mod scales;
mod stored;
#[cfg(test)]
mod tests;
pub(crate) mod widened;
