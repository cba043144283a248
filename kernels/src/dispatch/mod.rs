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

/// Whether this build uses the relaxed SIMD of WebAssembly, and the browser has it.
pub fn has_relaxed_simd() -> bool {
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    return crate::product::wasm::dot::has_relaxed_simd();
    #[cfg(not(all(target_arch = "wasm32", target_feature = "relaxed-simd")))]
    false
}
