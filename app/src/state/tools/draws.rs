//! The sampler tried out on the distribution in view: many draws, and sweeps of two knobs.

use protocol::{Draws, SamplerSettings, Sweep, SweptKnob, limits};

use crate::state::text_distribution::TextKey;

/// The temperatures that are tried.
pub(crate) const TEMPERATURES: [f32; 8] = [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0];
/// The values of top-p that are tried.
pub(crate) const TOP_P: [f32; 8] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0];
/// How many tokens the histogram lists.
pub(crate) const DRAWN_ROWS: u32 = 12;
/// How many tokens a sweep lists.
pub(crate) const SWEPT_ROWS: u32 = 6;
/// How often a token is drawn at a first visit.
const DEFAULT_DRAWS: u32 = 1000;

/// Something that the person does with the draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum DrawsAction {
    /// Set how often a token is drawn.
    SetCount(u32),
    /// Draw as often once more, with other seeds.
    Again,
}

/// What was asked about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TrialTerms {
    pub(crate) text: TextKey,
    pub(crate) settings: SamplerSettings,
    pub(crate) draws: u32,
    /// How often it was drawn again.
    pub(crate) round: u32,
}

/// The state of the tool.
#[derive(Debug)]
pub(crate) struct Trials {
    /// How often a token is drawn.
    pub(crate) draws: u32,
    pub(crate) round: u32,
    /// What was asked last, whether or not it was answered.
    pub(crate) asked: Option<TrialTerms>,
    pub(crate) drawn: Option<(TrialTerms, Draws)>,
    pub(crate) temperature: Option<(TrialTerms, Sweep)>,
    pub(crate) top_p: Option<(TrialTerms, Sweep)>,
    /// Why the last question was not answered.
    pub(crate) problem: Option<String>,
}

impl Default for Trials {
    fn default() -> Self {
        Trials {
            draws: DEFAULT_DRAWS,
            round: 0,
            asked: None,
            drawn: None,
            temperature: None,
            top_p: None,
            problem: None,
        }
    }
}

impl Trials {
    /// Takes an action of the person.
    pub(crate) fn take(&mut self, action: DrawsAction) {
        match action {
            DrawsAction::SetCount(draws) => {
                (self.draws, self.round) = (draws.clamp(1, limits::MAX_DRAWS), 0);
            }
            DrawsAction::Again => self.round = self.round.wrapping_add(1),
        }
    }

    /// Stores a sweep.
    pub(crate) fn store(&mut self, terms: TrialTerms, sweep: Sweep) {
        match sweep.knob {
            SweptKnob::Temperature => self.temperature = Some((terms, sweep)),
            SweptKnob::TopP => self.top_p = Some((terms, sweep)),
            SweptKnob::MinP | SweptKnob::TypicalP => {}
        }
    }
}

impl TrialTerms {
    /// The sampler of the draws: each round has its own seeds.
    pub(crate) fn drawing_settings(&self) -> SamplerSettings {
        let mut settings = self.settings.clone();
        settings.seed = settings.seed.wrapping_add(self.round.wrapping_mul(self.draws));
        settings
    }
}
