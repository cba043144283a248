//! Mixtures of experts (Shazeer et al., 2017, arXiv:1701.06538): MLPs of which each token goes
//! through a few that a router chooses.

use crate::error::Result;
use crate::error::invalid_config;

/// The experts of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Experts {
    /// E, how many there are.
    pub count: usize,
    /// How many of them each token goes through.
    pub used: usize,
    /// I, the width between the products of an expert.
    pub inner: usize,
    /// What weighs what the chosen experts give.
    pub weighting: Weighting,
    /// What the chosen experts give is multiplied by this (DeepSeek).
    pub scale: f32,
    /// The groups of experts, and how many of them a token's are chosen from: those with the
    /// best expert, or with sigmoids the best two (DeepSeek).
    pub groups: Option<(usize, usize)>,
    /// Whether the router has a bias (gpt-oss).
    pub router_bias: bool,
    /// Whether experts are chosen by what a softmax or sigmoids say of them with a bias added,
    /// which does not weigh (DeepSeek-V3, ERNIE 4.5).
    pub choice_bias: bool,
    /// The width of an expert that all tokens go through; 0 if there is none.
    pub shared_inner: usize,
    /// Whether what that one gives is weighed by a sigmoid of its own (Qwen2-MoE).
    pub shared_gate: bool,
}

/// What weighs what the chosen experts give. The experts with the highest logits are chosen by
/// either softmax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighting {
    /// A softmax over all experts: the weights of the chosen ones add up to less than 1.
    All,
    /// A softmax over the chosen ones.
    Chosen,
    /// Each expert's own sigmoid (DeepSeek-V3; arXiv:2412.19437, section 2.1.2).
    Sigmoid {
        /// Whether the weights of the chosen ones are divided by their sum.
        normalised: bool,
    },
}

impl Experts {
    /// The widest of the MLPs.
    pub fn widest(&self) -> usize {
        self.inner.max(self.shared_inner)
    }

    /// Whether the experts divide into groups of which enough are used.
    fn has_groups(&self, (groups, used): (usize, usize)) -> bool {
        groups > 0
            && self.count.is_multiple_of(groups)
            && (1..=groups).contains(&used)
            && used * (self.count / groups) >= self.used
    }

    pub(super) fn check(&self) -> Result<()> {
        let sizes = [
            ("the number of experts", self.count, 1 << 12),
            ("the width of experts", self.inner, 1 << 20),
            ("the number of experts of a token", self.used, self.count),
        ];
        match sizes.iter().find(|(_, size, limit)| !(1..=*limit).contains(size)) {
            Some((name, size, _)) => Err(invalid_config(format!("{name} is {size}"))),
            None if !self.groups.is_none_or(|groups| self.has_groups(groups)) => {
                Err(invalid_config("the groups of experts do not fit their number"))
            }
            None if !(self.scale > 0.0 && self.scale.is_finite()) => {
                Err(invalid_config("the factor of experts is out of range"))
            }
            None if self.shared_inner > 1 << 20 => {
                Err(invalid_config("the width of the shared expert is out of range"))
            }
            None => Ok(()),
        }
    }
}
