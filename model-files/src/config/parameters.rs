//! How many parameters a model has, what its states take, and how wide its widest MLP is.

use super::{Block, Config, LayerKind, MixerKind, Recurrence};

impl Config {
    /// The parameters of the model's matrices: all of them, and those that a token goes
    /// through, embeddings included.
    pub fn parameters(&self) -> (u64, u64) {
        let product = |sizes: &[usize]| sizes.iter().map(|size| *size as u64).product();
        let hidden = self.hidden_size;
        let matrices = if self.mlp.gated { 3 } else { 2 };
        let gate = if self.mlp.output_gate { hidden * hidden } else { 0 };
        let mlp =
            |inner: usize| -> u64 { product(&[matrices, hidden, inner]) + gate as u64 };
        let width = self.embedding_width.unwrap_or(hidden);
        let embedding: u64 = product(&[self.vocab_size, width]);
        let heads = if self.tie_word_embeddings == Some(true) { 1 } else { 2 };
        let (mut all, mut active) = (heads * embedding, heads * embedding);
        for layer in &self.layers {
            let mixer: u64 = match layer.mixer {
                MixerKind::Attention if self.latent.is_some() => self.latent_parameters(),
                MixerKind::Attention => {
                    let own = if layer.shares.is_some() { 0 } else { self.kv_size() };
                    product(&[2, hidden, self.q_size() + own])
                }
                MixerKind::Convolution => product(&[4, hidden, hidden]),
                MixerKind::Recurrence => self.recurrence.map_or(0, |recurrence| {
                    let inputs: usize = recurrence.inputs().into_iter().sum();
                    product(&[hidden, inputs + recurrence.inner()])
                }),
            };
            let (each, used) = match self.experts.filter(|_| layer.experts) {
                None if self.block == Block::MixerOnly => (0, 0),
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
        if let Some(altup) = &self.altup {
            let (used, table) = altup.parameters(hidden, self.layers.len());
            all += used + table;
            active += used;
        }
        (all, active)
    }

    /// The parameters that a token goes through, if the model has experts or a table of inputs
    /// for layers, of which a token takes a row; 0 if it has neither.
    pub fn active_parameters(&self) -> u64 {
        let has_others = self.experts.is_some() || self.altup.is_some();
        if has_others { self.parameters().1 } else { 0 }
    }

    /// The parameters of latent attention.
    fn latent_parameters(&self) -> u64 {
        let Some(latent) = self.latent else { return 0 };
        let (hidden, heads) = (self.hidden_size, self.num_attention_heads);
        let queries = match latent.query_rank {
            Some(rank) => rank * (hidden + self.q_size()),
            None => hidden * self.q_size(),
        };
        let up = latent.plain(self.head_dim) + latent.value_width;
        let keys = hidden * (latent.rank + latent.rotated) + latent.rank * heads * up;
        (queries + keys + hidden * heads * latent.value_width) as u64
    }

    /// The recurrence of the model's layers, if some have one.
    pub fn recurring(&self) -> Option<&Recurrence> {
        let recurs = |kind: &LayerKind| kind.mixer == MixerKind::Recurrence;
        self.recurrence.as_ref().filter(|_| self.layers.iter().any(recurs))
    }

    /// The bytes that a sequence keeps in all its recurrences.
    pub fn state_bytes(&self) -> usize {
        let recurs = |kind: &&LayerKind| kind.mixer == MixerKind::Recurrence;
        let layers = self.layers.iter().filter(recurs).count();
        let numbers = self.recurring().map_or(0, Recurrence::state_size);
        layers * numbers * size_of::<f32>()
    }

    /// The numbers of a token's inputs for all layers, L · P; 0 if there are none.
    pub fn layer_inputs(&self) -> usize {
        let width = self.altup.as_ref().map_or(0, |altup| altup.layer_width);
        self.layers.len() * width
    }

    /// The numbers of a token in all residual streams.
    pub fn stream_width(&self) -> usize {
        self.hidden_size * self.altup.as_ref().map_or(1, |altup| altup.streams)
    }

    /// The layers that keep keys and values of their own.
    pub fn caching_layers(&self) -> usize {
        let caches = |kind: &&LayerKind| {
            kind.mixer == MixerKind::Attention && kind.shares.is_none()
        };
        self.layers.iter().filter(caches).count()
    }

    /// The width between the products of the widest MLP.
    pub fn widest_inner(&self) -> usize {
        let dense = self.layers.iter().any(|layer| !layer.experts);
        let dense = if dense { self.intermediate_size } else { 0 };
        let experts = self.experts.map_or(0, |experts| experts.widest());
        dense.max(experts)
    }
}
