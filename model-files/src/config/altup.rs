//! What Gemma 3n has beside a Gemma 3: several residual streams of which a block changes one
//! (alternating updates: Baykal et al., 2023, arXiv:2301.13310), residuals of low rank (LAuReL:
//! Menghani et al., 2024, arXiv:2411.07501), an input of each layer for each token, and
//! networks of which only the strongest channels count.

use super::layer_kind::LayerKind;
use crate::error::{Result, invalid_config};

/// Several residual streams, and inputs for each layer.
#[derive(Clone, Debug, PartialEq)]
pub struct AltUp {
    /// A, the residual streams. Blocks compute with the first.
    pub streams: usize,
    /// Whether the first is scaled where the layer's input meets it.
    pub scaled: bool,
    /// R, the width of the residual of low rank.
    pub laurel_rank: usize,
    /// P, the width of a layer's input.
    pub layer_width: usize,
    /// The tokens that have inputs for layers; all others have those of token 0.
    pub layer_vocab: usize,
    /// For each layer: channels of the gate that are not so many standard deviations above
    /// their mean count as 0, and the others as what they are above; `None` if all count.
    pub cutoffs: Vec<Option<f32>>,
}

impl AltUp {
    /// What scales both sums of two parts that are as large as each other.
    pub const HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;

    pub(super) fn check(&self, layers: &[LayerKind]) -> Result<()> {
        let sizes = [
            ("altup_num_inputs", self.streams, 16),
            ("laurel_rank", self.laurel_rank, 1 << 14),
            ("hidden_size_per_layer_input", self.layer_width, 1 << 12),
            ("vocab_size_per_layer_input", self.layer_vocab, 1 << 22),
            ("the number of activation sparsities", self.cutoffs.len(), layers.len()),
        ];
        for (name, size, limit) in sizes {
            if !(1..=limit).contains(&size) {
                return Err(invalid_config(format!("{name} is {size}")));
            }
        }
        let finite = self.cutoffs.iter().flatten().all(|cutoff| cutoff.is_finite());
        if !finite || self.cutoffs.len() != layers.len() {
            return Err(invalid_config("the activation sparsities cannot be used"));
        }
        Ok(())
    }

    /// The parameters of its matrices but those of the table of inputs, and those of the
    /// table.
    pub(super) fn parameters(&self, hidden: usize, layers: usize) -> (u64, u64) {
        let inputs = layers * self.layer_width;
        let ends = 2 * (self.streams - 1) * hidden * hidden + inputs * hidden;
        let in_layers = 2 * hidden * (self.laurel_rank + self.layer_width);
        ((ends + layers * in_layers) as u64, self.layer_vocab as u64 * inputs as u64)
    }
}

/// Lets the last layers have the keys and values of the last one of their kind before them.
///
/// # Errors
/// If there is none.
pub(super) fn share_last(layers: &mut [LayerKind], shared: usize) -> Result<()> {
    let Some(own) = layers.len().checked_sub(shared) else {
        return Err(invalid_config(format!("num_kv_shared_layers is {shared}")));
    };
    for index in own..layers.len() {
        let window = layers[index].window;
        let source = layers[..own].iter().rposition(|kind| kind.window == window);
        let none = || invalid_config("layers share keys and values that no layer has");
        layers[index].shares = Some(source.ok_or_else(none)?);
    }
    Ok(())
}

/// The value below which a standard normal variable lies with a probability.
pub(super) fn normal_quantile(probability: f64) -> f64 {
    // Of no file is more asked than 8 standard deviations.
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..64 {
        let middle = (low + high) / 2.0;
        let below = normal_cumulative(middle) < probability;
        *(if below { &mut low } else { &mut high }) = middle;
    }
    (low + high) / 2.0
}

/// The probability that a standard normal variable lies below a value (Marsaglia, 2004,
/// "Evaluating the Normal Distribution").
fn normal_cumulative(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for odd in (3..400).step_by(2) {
        term *= x * x / f64::from(odd);
        sum += term;
    }
    let density = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    0.5 + sum * density
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_published_tables() {
        for (probability, expected) in [
            (0.5, 0.0),
            (0.95, 1.644_853_626_951_472_7),
            (0.999, 3.090_232_306_167_813_5),
            (0.1, -1.281_551_565_544_600_4),
        ] {
            let found = normal_quantile(probability);
            assert!((found - expected).abs() < 1e-12, "{probability}: {found}");
        }
    }

    #[test]
    fn shared_layers_take_the_last_of_their_kind() {
        let kind = |window| LayerKind { window, ..LayerKind::ATTENTION };
        let (slides, sees_all) = (kind(Some(4)), kind(None));
        let mut layers = [slides, slides, sees_all, slides, sees_all, slides];
        share_last(&mut layers, 3).unwrap();
        let shares: Vec<_> = layers.iter().map(|layer| layer.shares).collect();
        assert_eq!(shares, [None, None, None, Some(1), Some(2), Some(1)]);
        assert!(share_last(&mut [slides, slides, sees_all], 1).is_err());
        assert!(share_last(&mut [slides], 2).is_err());
    }
}
