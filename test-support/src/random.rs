//! Seeded random choices and damage, the same on every machine.

/// A stream of random numbers (xorshift64*).
pub struct Random(u64);

impl Random {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }

    /// One of several.
    pub fn of<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        &several[self.below(several.len())]
    }

    /// A text of up to `most` of these parts.
    pub fn text(&mut self, parts: &[&str], most: usize) -> String {
        (0..self.below(most + 1)).map(|_| *self.of(parts)).collect()
    }

    /// The bytes with some damage: cut short, or some changed, left out or doubled.
    pub fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        if self.below(4) == 0 {
            bytes.truncate(self.below(bytes.len() + 1));
            return bytes;
        }
        for _ in 0..1 + self.below(4) {
            if bytes.is_empty() {
                break;
            }
            let start = self.below(bytes.len());
            let end = (start + 1 + self.below(16)).min(bytes.len());
            match self.below(5) {
                0 => bytes[start] ^= 1 << self.below(8),
                1 => bytes[start] = *self.of(&[0, 1, 0x7F, 0x80, 0xFF, b'"', b'{', b'9']),
                2 => bytes[start..end].fill(0xFF),
                3 => drop(bytes.drain(start..end)),
                _ => {
                    let part = bytes[start..end].to_vec();
                    bytes.splice(start..start, part);
                }
            }
        }
        bytes
    }
}
