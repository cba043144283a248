//! The buffers that pass results from one step of a pass to the next.

use kernels::{OutOfMemory, QuantisedActivations, SharedBuffer};

use model_files::config::{Block, Config};

/// The buffers of a pass; each row belongs to a token.
///
/// T tokens, H hidden width, N query heads, K key/value heads, D channels per head, I
/// inner width of the MLP.
#[derive(Debug)]
pub(super) struct Buffers {
    /// The residual stream, [T, H].
    pub(super) stream: SharedBuffer<f32>,
    /// The output of a mixer or MLP that is normalised before it is added to the stream,
    /// [T, H]; empty in blocks without such norms.
    pub(super) branch: SharedBuffer<f32>,
    /// Queries, keys and values side by side, [T, (N + 2K) · D].
    pub(super) qkv: SharedBuffer<f32>,
    /// The output of the heads, [T, N · D].
    pub(super) mixed: SharedBuffer<f32>,
    /// Both gates of a convolution and its input, [T, 3H].
    pub(super) gates: SharedBuffer<f32>,
    /// The gate projection of an MLP, [T, I]; of experts, a row for each of a token's, then
    /// those of the expert that all tokens go through.
    pub(super) gate: SharedBuffer<f32>,
    /// The up projection of an MLP, then its product with the activated gate, laid out like
    /// `gate`.
    pub(super) up: SharedBuffer<f32>,
    /// What the router says of each expert, [T, E].
    pub(super) router: SharedBuffer<f32>,
    /// What the expert that all tokens go through is weighed by, `[T]`.
    pub(super) shared_weight: SharedBuffer<f32>,
    /// Inputs of the products. The first are for all tokens; the others are for the other
    /// members of the team, each of which prepares the inputs of a single token for
    /// itself.
    pub(super) inputs: Vec<Inputs>,
    /// The output of a convolution, [T, H].
    pub(super) convolved: QuantisedActivations,
    /// The projected inputs of a recurrence, [T, P].
    pub(super) recurring: SharedBuffer<f32>,
    /// Its output, [T, inner].
    pub(super) recurred: QuantisedActivations,
    /// What gates the output of the heads, [T, N · D]; empty if nothing does.
    pub(super) attention_gate: SharedBuffer<f32>,
    /// Partial results of attention of a single token, [K, chunks, G, D + SOFTMAX_STATS].
    pub(super) partials: SharedBuffer<f32>,
}

impl Buffers {
    /// Allocates buffers for passes of up to `tokens` tokens by a team of `members`
    /// members.
    ///
    /// # Errors
    /// If they do not fit in memory.
    pub(super) fn new(
        config: &Config,
        tokens: usize,
        members: usize,
    ) -> Result<Buffers, OutOfMemory> {
        let hidden = config.hidden_size;
        let inner = inner_numbers(config, tokens);
        let experts = config.experts.map_or(0, |experts| experts.count);
        let (heads, kv_heads) = (config.num_attention_heads, config.num_key_value_heads);
        let (q_size, kv_size) = (heads * config.head_dim, kv_heads * config.head_dim);
        let has_output_norms = matches!(config.block, Block::PostNorm | Block::Sandwich);
        let has_convolutions = config.mixers().1 > 0;
        let recurrence = config.recurring();
        let recurring =
            recurrence.map_or(0, |recurrence| recurrence.inputs().iter().sum());
        let recurred = recurrence.map_or(0, |recurrence| recurrence.inner());
        let gated = if config.attention.gated { q_size } else { 0 };
        let tokens_if = |used: bool| if used { tokens } else { 0 };
        Ok(Buffers {
            stream: SharedBuffer::zeros(tokens * hidden)?,
            branch: SharedBuffer::zeros(tokens_if(has_output_norms) * hidden)?,
            gates: SharedBuffer::zeros(tokens_if(has_convolutions) * 3 * hidden)?,
            convolved: QuantisedActivations::new(tokens_if(has_convolutions), hidden)?,
            recurring: SharedBuffer::zeros(tokens * recurring)?,
            recurred: QuantisedActivations::new(
                tokens_if(recurrence.is_some()),
                recurred,
            )?,
            attention_gate: SharedBuffer::zeros(tokens * gated)?,
            qkv: SharedBuffer::zeros(tokens * (q_size + 2 * kv_size))?,
            mixed: SharedBuffer::zeros(tokens * q_size)?,
            gate: SharedBuffer::zeros(inner)?,
            up: SharedBuffer::zeros(inner)?,
            router: SharedBuffer::zeros(tokens * experts)?,
            shared_weight: SharedBuffer::zeros(if experts > 0 { tokens } else { 0 })?,
            inputs: (0..members)
                .map(|member| Inputs::new(config, if member == 0 { tokens } else { 1 }))
                .collect::<Result<_, _>>()?,
            partials: SharedBuffer::zeros(0)?,
        })
    }
}

/// How many numbers the gate projections of all tokens have.
fn inner_numbers(config: &Config, tokens: usize) -> usize {
    let dense = config.layers.iter().any(|layer| !layer.experts);
    let dense = if dense { config.intermediate_size } else { 0 };
    let experts = config
        .experts
        .map_or(0, |experts| experts.used * experts.inner + experts.shared_inner);
    tokens * dense.max(experts)
}

/// Quantised inputs of the matrix products.
#[derive(Debug)]
pub(super) struct Inputs {
    /// The stream, normalised, [T, H].
    pub(super) hidden: QuantisedActivations,
    /// The stream with the norm of the MLP, in blocks that run attention and MLP in
    /// parallel with a norm each, [T, H].
    pub(super) mlp_hidden: QuantisedActivations,
    /// The output of the heads, [T, N · D].
    pub(super) mixed: QuantisedActivations,
    /// The input of an MLP's last product, [T, I].
    pub(super) inner: QuantisedActivations,
    /// The normalised stream once more, grouped by experts, a row for each of a token's, H
    /// wide; empty for a single token.
    pub(super) routed: QuantisedActivations,
    /// The inputs of the experts' last products, in the same rows, I wide.
    pub(super) routed_inner: QuantisedActivations,
    /// The input of the last product of the expert that all tokens go through, [T, I].
    pub(super) shared_inner: QuantisedActivations,
}

impl Inputs {
    pub(super) fn new(config: &Config, tokens: usize) -> Result<Inputs, OutOfMemory> {
        let two_norms = config.block == Block::ParallelTwoNorms;
        let dense = config.layers.iter().any(|layer| !layer.experts);
        let (used, inner, shared_inner) = match &config.experts {
            Some(experts) => (experts.used, experts.inner, experts.shared_inner),
            None => (0, 0, 0),
        };
        Ok(Inputs {
            hidden: QuantisedActivations::new(tokens, config.hidden_size)?,
            mlp_hidden: QuantisedActivations::new(
                if two_norms { tokens } else { 0 },
                config.hidden_size,
            )?,
            mixed: QuantisedActivations::new(tokens, config.q_size())?,
            inner: QuantisedActivations::new(
                if dense { tokens } else { 0 },
                config.intermediate_size,
            )?,
            routed: QuantisedActivations::new(
                if tokens > 1 { tokens * used } else { 0 },
                config.hidden_size,
            )?,
            routed_inner: QuantisedActivations::new(tokens * used, inner)?,
            shared_inner: QuantisedActivations::new(
                if shared_inner > 0 { tokens } else { 0 },
                shared_inner,
            )?,
        })
    }
}
