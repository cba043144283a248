//! What is known of how tokens will be drawn before their logits are, so that a device that
//! computes logits can guess which they will be.

use protocol::{SamplerOrder, SamplerSettings};

use super::draw::unit_draw;
use super::sampler::cuts_only;

/// How the tokens after a text will be drawn: the settings of the steps that keep the top
/// tokens, and where in 0..1 each draw will be.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// Logits are divided by it; 0 picks the most probable token.
    pub temperature: f32,
    /// Whether the cuts see probabilities at temperature 1.
    pub cuts_first: bool,
    /// Keep this many; 0 keeps all.
    pub top_k: u32,
    /// Keep the fewest that reach this mass; 1 keeps all.
    pub top_p: f32,
    /// Keep those with at least this share of the top probability; 0 keeps all.
    pub min_p: f32,
    /// The points of the next draws, the one after the text first.
    pub points: Vec<f32>,
}

impl Outlook {
    /// The outlook after a text of `position` tokens that `count` more will follow. `None` if
    /// the sampler does more than to keep the top tokens.
    ///
    /// ```
    /// use inference::distribution::Outlook;
    /// use protocol::SamplerSettings;
    ///
    /// let plain = SamplerSettings { top_k: 5, ..Default::default() };
    /// assert_eq!(Outlook::new(&plain, 7, 3).unwrap().points.len(), 3);
    /// let penalised = SamplerSettings { repetition_penalty: 1.1, ..plain };
    /// assert!(Outlook::new(&penalised, 7, 3).is_none());
    /// ```
    pub fn new(
        settings: &SamplerSettings,
        position: usize,
        count: usize,
    ) -> Option<Outlook> {
        if !cuts_only(settings) {
            return None;
        }
        let positions = (position..).take(count);
        let points = positions.map(|at| unit_draw(settings.seed, at as u32));
        Some(Outlook {
            temperature: settings.temperature,
            cuts_first: settings.order == SamplerOrder::TemperatureLast,
            top_k: settings.top_k,
            top_p: settings.top_p,
            min_p: settings.min_p,
            points: points.collect(),
        })
    }
}
