//! What shaders may use beyond WebGPU's core, where a device has it and is faster with it.

/// The variants of kernels that a pass uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Variant {
    /// Norms add up by subgroups: the feature `subgroups`.
    pub subgroups: bool,
    /// Products of blocks are those of integers, by packed dot products: WGSL's
    /// `packed_4x8_integer_dot_product`. Activations have 16 bits then.
    pub integers: bool,
}

impl Variant {
    /// What every device can do.
    pub const CORE: Variant = Variant { subgroups: false, integers: false };
}
