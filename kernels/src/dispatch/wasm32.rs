//! WebAssembly, whose features are those of the build: an engine refuses a module with
//! instructions that it does not have.

use super::kernels::Kernels;
use super::operations::operations;
use crate::product::wasm::widened;
#[cfg(target_feature = "relaxed-simd")]
use crate::product::wasm::{pairs, relaxed};

operations!(simd, "SIMD", , widened::q8, widened::q4, wasm, wasm);
#[cfg(target_feature = "relaxed-simd")]
operations!(unsigned, "relaxed SIMD", , relaxed::q8_unsigned, relaxed::q4, wasm, wasm);
#[cfg(target_feature = "relaxed-simd")]
operations!(signed, "relaxed SIMD", , relaxed::q8_signed, relaxed::q4, wasm, wasm);
#[cfg(target_feature = "relaxed-simd")]
operations!(in_pairs, "relaxed SIMD", , pairs::q8, pairs::q4, wasm, wasm);

/// Those that are right on this machine, the fastest first.
#[allow(unsafe_code, reason = "functions without features of their own")]
pub(super) fn kernels() -> Vec<Kernels> {
    let mut all = Vec::new();
    #[cfg(target_feature = "relaxed-simd")]
    {
        match relaxed::SecondOperand::probe() {
            relaxed::SecondOperand::Unsigned => all.push(unsigned::OPERATIONS),
            relaxed::SecondOperand::Signed => all.push(signed::OPERATIONS),
            relaxed::SecondOperand::SevenBits => (),
        }
        if pairs::probe() {
            all.push(in_pairs::OPERATIONS);
        }
    }
    all.push(simd::OPERATIONS);
    // SAFETY: they are compiled for no feature beyond those of the whole module.
    all.into_iter().map(|operations| unsafe { Kernels::new(operations) }).collect()
}
