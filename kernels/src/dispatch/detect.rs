//! Which implementations this machine can run.

#[cfg(target_arch = "aarch64")]
use super::aarch64 as processor;
use super::kernels::Kernels;
use super::reference;
#[cfg(target_arch = "wasm32")]
use super::wasm32 as processor;
#[cfg(target_arch = "x86_64")]
use super::x86_64 as processor;

impl Kernels {
    /// The fastest implementation that this machine can run.
    pub fn detect() -> Kernels {
        Kernels::all()[0]
    }

    /// The reference, in plain Rust.
    pub fn plain() -> Kernels {
        reference::kernels()
    }

    /// All implementations that this machine can run, the fastest first, the reference last.
    pub fn all() -> Vec<Kernels> {
        #[cfg(any(
            target_arch = "aarch64",
            target_arch = "wasm32",
            target_arch = "x86_64"
        ))]
        let mut kernels = processor::kernels();
        #[cfg(not(any(
            target_arch = "aarch64",
            target_arch = "wasm32",
            target_arch = "x86_64"
        )))]
        let mut kernels = Vec::new();
        kernels.push(reference::kernels());
        kernels
    }
}
