//! The random number of each draw.

/// A number in 0..1 that depends only on the seed and the position, so that the same seed
/// draws the same text whatever was drawn before: two rounds of SplitMix64 (Steele et
/// al., 2014, doi:10.1145/2660193.2660195), of which 24 bits are kept, as many as an f32
/// holds exactly.
pub(crate) fn unit_draw(seed: u32, position: u32) -> f32 {
    let state = split_mix(split_mix(u64::from(seed)) ^ u64::from(position));
    (state >> 40) as f32 / (1u64 << 24) as f32
}

fn split_mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_repeat_with_the_seed_and_fill_the_unit_interval_evenly() {
        assert_eq!(unit_draw(7, 3), unit_draw(7, 3));
        assert_ne!(unit_draw(7, 3), unit_draw(8, 3));
        assert_ne!(unit_draw(7, 3), unit_draw(7, 4));
        for seed in 0..20 {
            let mut tenths = [0; 10];
            for position in 0..10_000 {
                let u = unit_draw(seed, position);
                assert!((0.0..1.0).contains(&u));
                tenths[(u * 10.0) as usize] += 1;
            }
            // Five standard deviations of a fair tenth of 10,000.
            assert!(tenths.iter().all(|n| (850..1150).contains(n)), "{tenths:?}");
        }
    }
}
