//! Mixtures of experts (Shazeer et al., 2017, arXiv:1701.06538): MLPs of which each token goes
//! through a few that a router chooses.

use super::{Config, MixerKind};
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

    /// The MLPs that a token goes through.
    pub fn used_with_shared(&self) -> usize {
        self.used + usize::from(self.shared_inner > 0)
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

impl Config {
    /// The parameters of the model's matrices: all of them, and those that a token goes
    /// through, embeddings included.
    pub fn parameters(&self) -> (u64, u64) {
        let product = |sizes: &[usize]| sizes.iter().map(|size| *size as u64).product();
        let hidden = self.hidden_size;
        let matrices = if self.mlp.gated { 3 } else { 2 };
        let mlp = |inner: usize| -> u64 { product(&[matrices, hidden, inner]) };
        let embedding: u64 = product(&[self.vocab_size, hidden]);
        let heads = if self.tie_word_embeddings == Some(true) { 1 } else { 2 };
        let (mut all, mut active) = (heads * embedding, heads * embedding);
        for layer in &self.layers {
            let mixer: u64 = match layer.mixer {
                MixerKind::Attention => {
                    product(&[2, hidden, self.q_size() + self.kv_size()])
                }
                MixerKind::Convolution => product(&[4, hidden, hidden]),
            };
            let (each, used) = match self.experts.filter(|_| layer.experts) {
                None => (mlp(self.intermediate_size), mlp(self.intermediate_size)),
                Some(experts) => {
                    let router: u64 = product(&[hidden, experts.count]);
                    let common = router + mlp(experts.shared_inner);
                    let of = |count: usize| common + count as u64 * mlp(experts.inner);
                    (of(experts.count), of(experts.used))
                }
            };
            all += mixer + each;
            active += mixer + used;
        }
        (all, active)
    }

    /// The width between the products of the widest MLP.
    pub fn widest_inner(&self) -> usize {
        let dense = self.layers.iter().any(|layer| !layer.experts);
        let dense = if dense { self.intermediate_size } else { 0 };
        let experts = self.experts.map_or(0, |experts| experts.widest());
        dense.max(experts)
    }
}
