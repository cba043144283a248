//! Processors of x86-64.

use super::kernels::Kernels;
use super::operations::operations;
use crate::product::x86::{avx2, avx2_one, avx512, avx512_one, scales};

operations!(
    with_avx2,
    "AVX2",
    "avx2,fma,f16c",
    Some(avx2_one::one),
    avx2::many,
    scales::halves,
    scales::bytes,
    avx2,
    plain
);
operations!(
    with_avx512,
    "AVX-512 VNNI",
    "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c",
    Some(avx512_one::one),
    avx512::many,
    scales::halves,
    scales::bytes,
    avx2,
    plain
);

/// Those that this processor can run, the fastest first.
#[allow(unsafe_code, reason = "the processor is asked")]
pub(super) fn kernels() -> Vec<Kernels> {
    let avx2 = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vnni");
    let mut kernels = Vec::new();
    if avx2 && avx512 {
        // SAFETY: the processor has all eight features that the functions are compiled for.
        kernels.push(unsafe { Kernels::new(with_avx512::OPERATIONS) });
    }
    if avx2 {
        // SAFETY: the processor has AVX2, FMA and F16C, for which they are compiled.
        kernels.push(unsafe { Kernels::new(with_avx2::OPERATIONS) });
    }
    kernels
}
