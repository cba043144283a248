//! Mixtures of experts (Shazeer et al., 2017, arXiv:1701.06538): MLPs of which each token goes
//! through a few that a router chooses.

use crate::error::Result;
use crate::error::invalid_config;

/// The experts of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Experts {
    /// E, how many there are.
    pub count: usize,
    /// How many of them each token goes through.
    pub used: usize,
    /// I, the width between the products of an expert.
    pub inner: usize,
    /// The softmax that weighs what the chosen experts give.
    pub weighting: Weighting,
    /// Whether the router has a bias (gpt-oss).
    pub router_bias: bool,
    /// The width of an expert that all tokens go through; 0 if there is none.
    pub shared_inner: usize,
    /// Whether what that one gives is weighed by a sigmoid of its own (Qwen2-MoE).
    pub shared_gate: bool,
}

/// The softmax that weighs what the chosen experts give. The experts with the highest logits
/// are chosen in either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighting {
    /// Over all experts: the weights of the chosen ones add up to less than 1.
    All,
    /// Over the chosen ones.
    Chosen,
}

impl Experts {
    /// The widest of the MLPs.
    pub fn widest(&self) -> usize {
        self.inner.max(self.shared_inner)
    }

    pub(super) fn check(&self) -> Result<()> {
        let sizes = [
            ("the number of experts", self.count, 1 << 12),
            ("the width of experts", self.inner, 1 << 20),
            ("the number of experts of a token", self.used, self.count),
        ];
        match sizes.iter().find(|(_, size, limit)| !(1..=*limit).contains(size)) {
            Some((name, size, _)) => Err(invalid_config(format!("{name} is {size}"))),
            None if self.shared_inner > 1 << 20 => {
                Err(invalid_config("the width of the shared expert is out of range"))
            }
            None => Ok(()),
        }
    }
}
