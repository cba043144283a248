//! Pearson's chi-square test (Pearson, 1900, doi:10.1080/14786440009463897) of counts
//! against the probabilities that they were drawn with.

use protocol::ChiSquare;

/// A class must be expected so often, by Cochran's rule (1954, doi:10.2307/3001616).
const LEAST_EXPECTED: f64 = 5.0;

/// Tests the counts of tokens against their probabilities. Tokens that are expected fewer
/// than five times are one class; if that is, too, it goes with the rarest other one. `None`
/// if fewer than two classes are left.
pub(super) fn chi_square(tokens: &[(f64, u32)]) -> Option<ChiSquare> {
    let draws = f64::from(tokens.iter().map(|(_, count)| count).sum::<u32>());
    let (mut classes, mut rare) = (Vec::new(), (0.0, 0.0));
    for (probability, count) in tokens {
        let (expected, count) = (probability * draws, f64::from(*count));
        match expected >= LEAST_EXPECTED {
            true => classes.push((expected, count)),
            false => rare = (rare.0 + expected, rare.1 + count),
        }
    }
    if rare.0 >= LEAST_EXPECTED {
        classes.push(rare);
    } else {
        let rarest = classes.iter_mut().min_by(|a, b| a.0.total_cmp(&b.0))?;
        *rarest = (rarest.0 + rare.0, rarest.1 + rare.1);
    }
    let degrees_of_freedom =
        classes.len().checked_sub(1).filter(|degrees| *degrees > 0)?;
    let parts =
        classes.iter().map(|(expected, count)| (count - expected).powi(2) / expected);
    let statistic: f64 = parts.sum();
    Some(ChiSquare {
        statistic,
        degrees_of_freedom: degrees_of_freedom as u32,
        p_value: upper_gamma(degrees_of_freedom as f64 / 2.0, statistic / 2.0),
    })
}

/// The regularised upper incomplete gamma function Q(a, x): the probability that a
/// chi-square variable of 2a degrees of freedom is above 2x (Abramowitz & Stegun, 26.4.19).
/// By its series below x = a + 1 (6.5.29), and by its continued fraction above (6.5.31).
fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let factor = (a * x.ln() - x - log_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-16 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return (1.0 - factor * sum).clamp(0.0, 1.0);
    }
    // Evaluated from its end, far enough out for any number of degrees that comes here.
    let terms = 200 + 4 * a.sqrt() as u32;
    let fraction = (1..=terms).rev().fold(0.0, |rest, k| {
        let k = f64::from(k);
        k * (k - a) / (x - a + 2.0 * k + 1.0 - rest)
    });
    (factor / (x - a + 1.0 - fraction)).clamp(0.0, 1.0)
}

/// ln Γ(a) of a above 0, by Stirling's series (Abramowitz & Stegun, 6.1.41) after raising
/// the argument.
fn log_gamma(a: f64) -> f64 {
    let (mut a, mut product) = (a, 1.0);
    while a < 10.0 {
        product *= a;
        a += 1.0;
    }
    let inverse = 1.0 / a;
    let square = inverse * inverse;
    let series = inverse
        * (1.0 / 12.0
            - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0)));
    (a - 0.5) * a.ln() - a + 0.5 * std::f64::consts::TAU.ln() + series - product.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_are_those_of_the_tables() {
        // mpmath's gammainc(degrees / 2, statistic / 2, inf, regularized=True).
        for (statistic, degrees, expected) in [
            (3.841_458_820_694_124, 1.0, 0.050_000_000_000_000_06),
            (0.1, 1.0, 0.751_829_634_045_849_3),
            (4.605_170_185_988_092, 2.0, 0.099_999_999_999_999_97),
            (18.307_038_053_275_146, 10.0, 0.050_000_000_000_000_01),
            (2.0, 10.0, 0.996_340_153_172_656_3),
            (124.342_113_404_004, 100.0, 0.050_000_000_000_000_52),
            (1000.0, 1000.0, 0.494_052_853_829_239_64),
            (300.0, 100.0, 7.412_100_857_322_877e-22),
        ] {
            let found = upper_gamma(degrees / 2.0, statistic / 2.0);
            let off = (found - expected).abs() / expected;
            assert!(off < 1e-9, "{statistic}, {degrees}: {found}, not {expected}");
        }
    }

    #[test]
    fn counts_that_are_not_expected_often_enough_are_one_class() {
        // Expected: 60, 30, and 10 of three that are expected 4, 3 and 3 times.
        let tokens = [(0.6, 54), (0.3, 36), (0.04, 4), (0.03, 3), (0.03, 3)];
        let found = chi_square(&tokens).unwrap();
        assert_eq!(found.degrees_of_freedom, 2);
        assert!((found.statistic - (0.6 + 1.2 + 0.0)).abs() < 1e-12);
        // Of two degrees of freedom, it is an exponential function.
        assert!((found.p_value - (-0.9f64).exp()).abs() < 1e-12);
    }

    #[test]
    fn one_class_cannot_be_tested() {
        assert_eq!(chi_square(&[(1.0, 1000)]), None);
        assert_eq!(chi_square(&[(0.999, 1000), (0.001, 0)]), None);
        assert_eq!(chi_square(&[]), None);
        assert_eq!(chi_square(&[(0.5, 1), (0.5, 1)]), None);
    }
}
