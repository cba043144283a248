//! WebAssembly, whose features are those of the build: an engine refuses a module with
//! instructions that it does not have.

use super::kernels::Kernels;
use super::operations::operations;
use crate::product::wasm::widened;

operations!(simd, "SIMD", , Some(widened::one), widened::many, wasm, wasm);

/// What relaxed SIMD has better ways for. The other operations are the same.
#[cfg(target_feature = "relaxed-simd")]
mod relaxed {
    use crate::dispatch::operations::Operations;
    use crate::product::wasm::{dot, pairs};

    /// Right on every machine.
    pub(super) const IN_PAIRS: Operations = Operations {
        name: "relaxed SIMD",
        one: Some(pairs::one),
        ..super::simd::OPERATIONS
    };

    /// Right where the probe says [`Unsigned`](dot::SecondOperand::Unsigned).
    pub(super) const UNSIGNED: Operations = Operations {
        name: "relaxed SIMD, bytes",
        one: Some(dot::one::<false>),
        many: dot::many::<false>,
        ..super::simd::OPERATIONS
    };

    /// Right where the probe says [`Signed`](dot::SecondOperand::Signed).
    pub(super) const SIGNED: Operations = Operations {
        name: "relaxed SIMD, signed bytes",
        one: Some(dot::one::<true>),
        many: dot::many::<true>,
        ..super::simd::OPERATIONS
    };
}

/// Those that are right on this machine, the fastest first.
#[allow(unsafe_code, reason = "functions without features of their own")]
pub(super) fn kernels() -> Vec<Kernels> {
    let mut all = Vec::new();
    #[cfg(target_feature = "relaxed-simd")]
    {
        use crate::product::wasm::dot::SecondOperand;
        match SecondOperand::probe() {
            SecondOperand::Unsigned => all.push(relaxed::UNSIGNED),
            SecondOperand::Signed => all.push(relaxed::SIGNED),
            SecondOperand::SevenBits => (),
        }
        all.push(relaxed::IN_PAIRS);
    }
    all.push(simd::OPERATIONS);
    // SAFETY: they are compiled for no feature beyond those of the whole module.
    all.into_iter().map(|operations| unsafe { Kernels::new(operations) }).collect()
}
