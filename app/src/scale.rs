//! The axis of the bars: how a probability becomes a length, and the marks.

use protocol::Distribution;

use crate::format;
use crate::state::Scale;

/// How many factors of ten the logarithmic scale spans.
const DECADES: f64 = 6.0;

/// The axis for the bars of a distribution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    scale: Scale,
    /// The probability at full width.
    full_width: f64,
}

/// A mark on the axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// Its position, 0 to 1.
    pub(crate) at: f64,
    pub(crate) label: String,
}

impl Axis {
    /// The axis for a distribution's bars.
    pub(crate) fn new(scale: Scale, distribution: &Distribution) -> Axis {
        let greedy = distribution.settings.temperature == 0.0;
        let longest = distribution
            .candidates
            .iter()
            .map(|candidate| match greedy {
                // At temperature 0, only the model's probabilities have bars.
                true => candidate.probability,
                false => candidate.probability.max(candidate.sampled_probability),
            })
            .chain([
                distribution.outside.probability,
                if greedy { 0.0 } else { distribution.outside.sampled_probability },
            ])
            .fold(0.0, f32::max);
        let full_width = match scale {
            Scale::Relative if longest > 0.0 => f64::from(longest),
            _ => 1.0,
        };
        Axis { scale, full_width }
    }

    /// The length of a bar, 0 to 1.
    pub(crate) fn length(&self, p: f32) -> f64 {
        let p = f64::from(p);
        let length = match self.scale {
            Scale::Linear | Scale::Relative => p / self.full_width,
            Scale::Log if p > 0.0 => 1.0 + p.log10() / DECADES,
            Scale::Log => 0.0,
        };
        length.clamp(0.0, 1.0)
    }

    /// The marks, from left to right.
    pub(crate) fn ticks(&self) -> Vec<Tick> {
        match self.scale {
            // There is room for every second factor of ten.
            Scale::Log => (0..=DECADES as i32)
                .step_by(2)
                .map(|decade| {
                    let percent = 100.0 * 10f64.powi(decade - DECADES as i32);
                    let places = (4 - decade).max(0) as usize;
                    let label = format::shown_percent(&format::fixed(percent, places));
                    Tick { at: f64::from(decade) / DECADES, label }
                })
                .collect(),
            _ => (0..=4)
                .map(|quarter| {
                    let at = f64::from(quarter) / 4.0;
                    Tick { at, label: tick_label(at * self.full_width) }
                })
                .collect(),
        }
    }
}

fn tick_label(p: f64) -> String {
    // Products such as 0.75 × 0.4 have rounding errors.
    let percent = (p * 1e8).round() / 1e6;
    match percent.fract() == 0.0 {
        true => format::shown_percent(&format::fixed(percent, 0)),
        false => format::percent(p as f32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: Axis) -> Vec<String> {
        axis.ticks().into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn the_linear_axis_ends_at_certainty() {
        let axis = Axis { scale: Scale::Linear, full_width: 1.0 };
        assert_eq!(labels(axis), ["0%", "25%", "50%", "75%", "100%"]);
        assert_eq!(axis.length(0.25), 0.25);
    }

    #[test]
    fn the_relative_axis_ends_at_the_longest_bar() {
        let axis = Axis { scale: Scale::Relative, full_width: 0.4 };
        assert_eq!(labels(axis), ["0%", "10%", "20%", "30%", "40%"]);
        assert_eq!(axis.length(0.2), 0.2f32 as f64 / 0.4);
    }

    #[test]
    fn the_logarithmic_axis_spans_six_decades() {
        let axis = Axis { scale: Scale::Log, full_width: 1.0 };
        let expected = ["0.0001%", "0.01%", "1%", "100%"];
        assert_eq!(labels(axis), expected);
        assert_eq!(axis.length(1e-9), 0.0);
        assert!((axis.length(1e-3) - 0.5).abs() < 1e-6);
    }
}
