//! What the sampler's card holds beside the knobs, and what can be done with it.

use protocol::SamplerOrder;

use super::sampler_steps::AllowedKind;

/// The state of the sampler's card.
#[derive(Debug)]
pub(crate) struct SamplerCard {
    /// The text of a token that is to be named.
    pub(crate) typed: String,
    /// What is to be added to its logit.
    pub(crate) bias: f32,
    /// Why the allowed texts cannot be used.
    pub(crate) problem: Option<String>,
}

/// Something that the person does with the card.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SamplerAction {
    /// Put the temperature before or behind the cuts.
    SetOrder(SamplerOrder),
    /// Edit the text of the token that is to be named.
    EditToken(String),
    /// Set what is to be added to its logit.
    SetBias(f64),
    /// Ban the token.
    Ban,
    /// Add the bias to the token's logit.
    AddBias,
    /// Take back what was said of a token, by its index.
    Remove(usize),
    /// Choose how allowed texts are given.
    SetAllowed(AllowedKind),
    /// Edit the allowed texts.
    EditAllowed(String),
    /// Switch all further steps off.
    SwitchOff,
}

impl Default for SamplerCard {
    fn default() -> Self {
        SamplerCard { typed: String::new(), bias: 2.0, problem: None }
    }
}
