//! Biases of attention scores by position instead of embeddings of positions (ALiBi; Press et
//! al., 2022, arXiv:2108.12409).

use crate::error::Result;
use crate::error::invalid_config;

/// Linear biases of attention scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Alibi {
    /// For each query head what a position has more than the one before it, `[N]`.
    pub slopes: Vec<f32>,
    /// Whether a product of slope and position, from 0, is rounded to a bf16 and then
    /// multiplied by the factor of scores, as in Falcon.
    pub rounded: bool,
}

impl Alibi {
    /// The slopes of Bloom and Falcon: powers of 2^(−8 / n), where n is N or the power of two
    /// below it; the heads that are left have every second one of the next power of two.
    pub(super) fn geometric(heads: usize) -> Result<Alibi> {
        let below = whole(heads)? / if heads.is_power_of_two() { 1 } else { 2 };
        let series = |count: usize| {
            let base = (-8.0 / count as f64).exp2();
            (1..).map(move |power: i32| base.powi(power) as f32)
        };
        let others = series(2 * below).step_by(2);
        let slopes = series(below).take(below).chain(others).take(heads).collect();
        Ok(Alibi { slopes, rounded: false })
    }

    /// The slopes of MPT: powers of 2^(−`most` / n), where n is N or the power of two above
    /// it, of which every second comes first.
    pub(super) fn of_mpt(heads: usize, most: f64) -> Result<Alibi> {
        let above = whole(heads)?;
        let slope = |power: usize| (-(power as f64) * most / above as f64).exp2() as f32;
        let slopes = match above == heads {
            true => (1..=heads).map(slope).collect(),
            false => {
                let order = (2..=above).step_by(2).chain((1..=above).step_by(2));
                order.take(heads).map(slope).collect()
            }
        };
        Ok(Alibi { slopes, rounded: false })
    }

    /// With products that are rounded as in Falcon.
    pub(super) fn rounded(self) -> Alibi {
        let slope = |slope: &f32| half::bf16::from_f32(*slope).to_f32();
        Alibi { slopes: self.slopes.iter().map(slope).collect(), rounded: true }
    }
}

/// The power of two that is N or above it.
fn whole(heads: usize) -> Result<usize> {
    match (1..=1 << 12).contains(&heads) {
        true => Ok(heads.next_power_of_two()),
        false => Err(invalid_config(format!("num_attention_heads is {heads}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_powers_of_two_and_those_between() {
        let bloom = Alibi::geometric(6).unwrap().slopes;
        assert_eq!(bloom, [0.25, 0.0625, 0.015_625, 0.003_906_25, 0.5, 0.125]);
        let mpt = Alibi::of_mpt(6, 8.0).unwrap().slopes;
        assert_eq!(mpt, [0.25, 0.0625, 0.015_625, 0.003_906_25, 0.5, 0.125]);
        assert_eq!(Alibi::of_mpt(2, 8.0).unwrap().slopes, [0.0625, 0.003_906_25]);
        assert_eq!(Alibi::geometric(8).unwrap().slopes[0], 0.5);
        assert!(Alibi::geometric(0).is_err() && Alibi::geometric(usize::MAX).is_err());
    }
}
