//! How values are taken from their bits, group by group: the same for vectors of any width.

/// A `Bits` of vectors of one width, by the instructions for them and a function `load`, which
/// reads a group of bytes of a block.
macro_rules! stored_bits {
    (
        $vector:ident, $features:literal, $zero:ident, $set1:ident, $and:ident, $or:ident,
        $srli:ident, $slli:ident, $srl:ident, $shuffle:ident
    ) => {
        /// The bits of a block's values that lie apart from their nibbles; they are shifted
        /// from group to group.
        struct Bits<const BITS: u8> {
            first: $vector,
            second: $vector,
        }

        impl<const BITS: u8> Bits<BITS> {
            /// # Safety
            /// `block` must begin a tile's block of values of this width, or the rows of it
            /// that are read.
            #[target_feature(enable = $features)]
            #[inline]
            unsafe fn load(block: *const u8) -> Self {
                let zero = $zero();
                // SAFETY: as the caller says.
                unsafe {
                    match BITS {
                        2 | 3 => Bits { first: load(block, 0), second: load(block, 1) },
                        5 => Bits { first: load(block, 4), second: zero },
                        6 => Bits { first: load(block, 4), second: load(block, 5) },
                        _ => Bits { first: zero, second: zero },
                    }
                }
            }

            /// The values of the groups `group` and `group` + 4, asked for in order from 0 to 3.
            ///
            /// # Safety
            /// As for [`load`](Self::load).
            #[target_feature(enable = $features)]
            #[inline]
            unsafe fn pair(
                &mut self,
                block: *const u8,
                group: usize,
                entries: $vector,
            ) -> [$vector; 2] {
                let and = |a, mask| $and(a, $set1(mask));
                // SAFETY: as the caller says; a width of two or three bits has two or three groups of
                // bytes, of which only these are read.
                unsafe {
                    if BITS == 8 {
                        return [load(block, group), load(block, group + 4)];
                    }
                    if BITS == 2 || BITS == 3 {
                        let mut pair = [and(self.first, 3), and(self.second, 3)];
                        self.first = $srli::<2>(self.first);
                        self.second = $srli::<2>(self.second);
                        if BITS == 3 {
                            let third = load(block, 2);
                            let third = $srl(third, _mm_cvtsi32_si128(group as i32));
                            pair[0] = $or(pair[0], and($slli::<2>(third), 4));
                            pair[1] = $or(pair[1], and($srli::<2>(third), 4));
                        }
                        return pair;
                    }
                    let nibbles = load(block, group);
                    let mut pair = [and(nibbles, 15), and($srli::<4>(nibbles), 15)];
                    match BITS {
                        5 => {
                            let fifth = and($slli::<4>(self.first), 16);
                            pair[0] = $or(pair[0], fifth);
                            pair[1] = $or(pair[1], and(self.first, 16));
                            self.first = $srli::<1>(self.first);
                        }
                        6 => {
                            let upper = |bits| and($slli::<4>(bits), 0x30);
                            pair[0] = $or(pair[0], upper(self.first));
                            pair[1] = $or(pair[1], upper(self.second));
                            self.first = $srli::<2>(self.first);
                            self.second = $srli::<2>(self.second);
                        }
                        0 => {
                            pair =
                                [$shuffle(entries, pair[0]), $shuffle(entries, pair[1])]
                        }
                        _ => (),
                    }
                    pair
                }
            }
        }
    };
}
pub(super) use stored_bits;
