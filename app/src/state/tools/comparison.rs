//! Two texts or samplers side by side: the running text with the page's sampler, and another.

use protocol::{SamplerSettings, TextComparison, TokenId};

use super::side::Other;
use crate::state::known_models::ModelId;
use crate::state::text_distribution::TextKey;

/// Something that the person does with the comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ComparisonAction {
    /// Edit the other text. Empty, it is the running text.
    Edit(String),
    /// Change the other temperature; none is that of the page's sampler.
    SetTemperature(Option<f64>),
    /// Change the other top-p; none is that of the page's sampler.
    SetTopP(Option<f64>),
    /// Compare with the other text as it stands in the box.
    Compare,
    /// Choose what to compare with.
    SetOther(Other),
    /// Edit the name of the other model.
    EditModel(String),
    /// End the second engine, also while it loads.
    CloseSide,
    /// Append the token of a row to both texts.
    AppendBoth(usize),
}

/// The other text, as a model reads it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OtherText {
    pub(crate) model: ModelId,
    pub(crate) ids: Vec<TokenId>,
    /// Those of them that were appended to both texts, as text.
    pub(crate) appended: String,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ComparisonTerms {
    pub(crate) text: TextKey,
    pub(crate) settings: SamplerSettings,
    pub(crate) other: Vec<TokenId>,
    pub(crate) other_settings: SamplerSettings,
    pub(crate) rows: u32,
}

/// The comparison of the page.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) with: Other,
    /// What is typed as the other model.
    pub(crate) model: String,
    /// What is typed as the other text.
    pub(crate) typed: String,
    pub(crate) temperature: Option<f32>,
    pub(crate) top_p: Option<f32>,
    /// Whether the person has asked for a comparison.
    pub(crate) wanted: bool,
    /// The other text; none if it is the running text.
    pub(crate) other: Option<OtherText>,
    /// What was asked last, whether or not it was answered.
    pub(crate) asked: Option<ComparisonTerms>,
    pub(crate) found: Option<(ComparisonTerms, TextComparison)>,
    /// Why the last question was not answered.
    pub(crate) problem: Option<String>,
}

impl Comparison {
    /// The other sampler, which differs from the page's where that was asked for.
    pub(crate) fn other_settings(&self, settings: &SamplerSettings) -> SamplerSettings {
        let mut other = settings.clone();
        other.temperature = self.temperature.unwrap_or(other.temperature);
        other.top_p = self.top_p.unwrap_or(other.top_p);
        other
    }
}
