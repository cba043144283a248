//! How surprising a token of a text was, as one of the levels that styles and pictures know.

/// The surprisal with the strongest colour, in bits.
const MAX_SURPRISAL_BITS: f32 = 12.0;

/// The level of a surprisal in bits, 0 to 5.
pub(crate) fn level(surprisal_bits: f32) -> u8 {
    (surprisal_bits / MAX_SURPRISAL_BITS * 5.0).ceil().clamp(0.0, 5.0) as u8
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn a_sure_token_has_no_heat_and_no_surprise_is_off_the_scale() {
        assert_eq!(
            [0.0, 0.1, 2.4, 2.5, 12.0, f32::INFINITY].map(level),
            [0, 1, 1, 2, 5, 5]
        );
        assert_eq!(level(-0.0), 0);
    }
}
