//! How many parameters a model has, and how wide its widest MLP is.

use super::{Config, MixerKind};

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
