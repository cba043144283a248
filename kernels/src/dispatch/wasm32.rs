//! WebAssembly, whose features are those of the build: an engine refuses a module with
//! instructions that it does not have.

use super::kernels::Kernels;
use super::operations::operations;
#[cfg(target_feature = "relaxed-simd")]
use super::operations::{One, Operations};
#[cfg(target_feature = "relaxed-simd")]
use crate::product::wasm::dot;
use crate::product::wasm::{scales, widened};

operations!(
    simd,
    "SIMD",
    ,
    Some(widened::one),
    widened::many,
    scales::halves,
    scales::bytes,
    wasm,
    wasm
);

/// With the dot product of relaxed SIMD. The other operations are the same.
#[cfg(target_feature = "relaxed-simd")]
const fn with_dot<M: dot::Machine>(name: &'static str) -> Operations {
    let (one, many) = (Some(dot::one::<M> as One), dot::many::<M>);
    Operations { name, one, many, ..simd::OPERATIONS }
}

/// Those with the dot product, if this machine has it as one instruction.
#[cfg(target_feature = "relaxed-simd")]
fn with_dot_as_it_is() -> Option<Operations> {
    match dot::SecondOperand::probe() {
        dot::SecondOperand::Unsigned => {
            Some(with_dot::<dot::Unsigned>("relaxed SIMD, unsigned bytes"))
        }
        dot::SecondOperand::Signed => {
            Some(with_dot::<dot::Signed>("relaxed SIMD, signed bytes"))
        }
        // Its dot product takes several instructions.
        dot::SecondOperand::SevenBits => None,
    }
}

/// Those that are right on this machine, the fastest first.
#[allow(unsafe_code, reason = "functions without features of their own")]
pub(super) fn kernels() -> Vec<Kernels> {
    let mut all = Vec::new();
    #[cfg(target_feature = "relaxed-simd")]
    if dot::has_relaxed_simd() {
        all.extend(with_dot_as_it_is());
    }
    all.push(simd::OPERATIONS);
    // SAFETY: they are compiled for no feature beyond those of the whole module.
    all.into_iter().map(|operations| unsafe { Kernels::new(operations) }).collect()
}
