//! Seeded random numbers.

/// xorshift64*.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// From −1 to 1.
    pub(crate) fn number(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40;
        bits as f32 / (1 << 23) as f32 - 1.0
    }

    /// So many numbers, some of them far from the others.
    pub(crate) fn numbers(&mut self, count: usize, scale: f32) -> Vec<f32> {
        let outlier = |x: f32| if x > 0.99 { 10.0 } else { 1.0 };
        (0..count).map(|_| self.number() * scale * outlier(self.number())).collect()
    }
}
