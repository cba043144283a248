//! The types that a buffer can hold.

/// Plain numbers: `u8`, `i8`, `i16`, `u16`, `i32` and `f32`. The trait is sealed, as buffers
/// see their bytes as such numbers.
pub trait Element: sealed::AnyBits {}

mod sealed {
    /// # Safety
    /// All bit patterns must be valid values of the type, and zeros the number zero; it must
    /// have no padding, and be aligned to 64 bytes or less.
    #[allow(unsafe_code, reason = "buffers rely on it")]
    pub unsafe trait AnyBits: Copy + Send + Sync + 'static {}
}

macro_rules! elements {
    ($($number:ty)*) => {
        $(
            #[allow(unsafe_code, reason = "see the trait")]
            // SAFETY: integers and IEEE floats have a value for all bits and no padding,
            // and none of these is wider than 4 bytes.
            unsafe impl sealed::AnyBits for $number {}
            impl Element for $number {}
        )*
    };
}

elements!(u8 i8 i16 u16 i32 f32);
