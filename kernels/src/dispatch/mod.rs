//! All operations in one place, and the choice among their implementations at run time.

mod detect;
mod kernels;
mod operations;
mod product;
mod reference;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "wasm32")]
mod wasm32;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub use kernels::Kernels;
#[cfg(target_arch = "wasm32")]
pub use wasm32::has_relaxed_simd;
