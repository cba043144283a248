//! The buffers that pass results from one step of a pass to the next.

use kernels::{OutOfMemory, QuantisedActivations, SharedBuffer};

use model_files::config::{Block, Config};

use super::stream_buffers::StreamBuffers;
use crate::recurrence;

/// The buffers of a pass; each row belongs to a token.
///
/// T tokens, H hidden width, N query heads, K key/value heads, D channels per head, R rotated
/// ones and E channels per value of latent attention, I inner width of the MLP.
#[derive(Debug)]
pub(super) struct Buffers {
    /// The residual stream, [T, H].
    pub(super) stream: SharedBuffer<f32>,
    /// The output of a mixer or MLP that is normalised before it is added to the stream, or
    /// what gates that of an MLP, [T, H]; empty in blocks without such.
    pub(super) branch: SharedBuffer<f32>,
    /// Queries, keys and values side by side, [T, (N + 2K) · D].
    pub(super) qkv: SharedBuffer<f32>,
    /// The output of the heads, [T, N · D].
    pub(super) mixed: SharedBuffer<f32>,
    /// The narrow projections of latent attention, [T, query rank + rank + R].
    pub(super) narrow: SharedBuffer<f32>,
    /// Keys of its heads without their rotated channels, each with its value, [T, N · (D − R
    /// + E)].
    pub(super) keys_and_values: SharedBuffer<f32>,
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
    /// The values of RWKV's first layer, [T, inner]; empty for all others.
    pub(super) first_values: SharedBuffer<f32>,
    /// What gates the output of the heads, [T, N · D]; empty if nothing does.
    pub(super) attention_gate: SharedBuffer<f32>,
    /// Those of several residual streams.
    pub(super) streams: Option<StreamBuffers>,
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
        let has_branch = has_output_norms || config.mlp.output_gate;
        let has_convolutions = config.mixers().1 > 0;
        let recurrence = config.recurring();
        let recurring =
            recurrence.map_or(0, |recurrence| recurrence.inputs().iter().sum());
        let recurred = recurrence.map_or(0, |recurrence| recurrence.inner());
        let gated = if config.attention.gated { q_size } else { 0 };
        let (narrow, keys_and_values) = config.latent.map_or((0, 0), |latent| {
            let narrow = latent.query_rank.unwrap_or(0) + latent.rank + latent.rotated;
            let each = latent.plain(config.head_dim) + latent.value_width;
            (narrow, heads * each)
        });
        let tokens_if = |used: bool| if used { tokens } else { 0 };
        Ok(Buffers {
            stream: SharedBuffer::zeros(tokens * hidden)?,
            branch: SharedBuffer::zeros(tokens_if(has_branch) * hidden)?,
            gates: SharedBuffer::zeros(tokens_if(has_convolutions) * 3 * hidden)?,
            convolved: QuantisedActivations::new(tokens_if(has_convolutions), hidden)?,
            recurring: SharedBuffer::zeros(tokens * recurring)?,
            first_values: SharedBuffer::zeros(
                tokens * recurrence::handed_on(config.recurring()),
            )?,
            recurred: QuantisedActivations::new(
                tokens_if(recurrence.is_some()),
                recurred,
            )?,
            attention_gate: SharedBuffer::zeros(tokens * gated)?,
            qkv: SharedBuffer::zeros(tokens * (q_size + 2 * kv_size))?,
            mixed: SharedBuffer::zeros(tokens * q_size)?,
            narrow: SharedBuffer::zeros(tokens * narrow)?,
            keys_and_values: SharedBuffer::zeros(tokens * keys_and_values)?,
            gate: SharedBuffer::zeros(inner)?,
            up: SharedBuffer::zeros(inner)?,
            router: SharedBuffer::zeros(tokens * experts)?,
            shared_weight: SharedBuffer::zeros(if experts > 0 { tokens } else { 0 })?,
            inputs: (0..members)
                .map(|member| Inputs::new(config, if member == 0 { tokens } else { 1 }))
                .collect::<Result<_, _>>()?,
            streams: StreamBuffers::new(config, tokens, members)?,
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
    /// The output of the heads, [T, N · D]; of latent attention, [T, N · E].
    pub(super) mixed: QuantisedActivations,
    /// The narrow projection of queries of latent attention, normalised, [T, query rank].
    pub(super) narrow_query: QuantisedActivations,
    /// That of keys and values, [T, rank].
    pub(super) narrow: QuantisedActivations,
    /// The input of an MLP's last product, [T, I].
    pub(super) inner: QuantisedActivations,
    /// The normalised stream once more, grouped by experts, a row for each of a token's, H
    /// wide; empty for a single token.
    pub(super) routed: QuantisedActivations,
    /// The inputs of the experts' last products, in the same rows, I wide.
    pub(super) routed_inner: QuantisedActivations,
    /// Mixtures of the normalised stream with that of the token before, [T, H] each, one for
    /// each projection of RWKV's mixer; none for all others.
    pub(super) mixtures: Vec<QuantisedActivations>,
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
        let mixed = match config.latent {
            Some(latent) => config.num_attention_heads * latent.value_width,
            None => config.q_size(),
        };
        let narrow = |width: Option<usize>| {
            QuantisedActivations::new(width.map_or(0, |_| tokens), width.unwrap_or(0))
        };
        let mixes = config.recurring().filter(|recurrence| recurrence.mixes());
        let mixtures = mixes.map_or(0, |recurrence| recurrence.inputs().len());
        let mixture = |_| QuantisedActivations::new(tokens, config.hidden_size);
        Ok(Inputs {
            mixtures: (0..mixtures).map(mixture).collect::<Result<_, _>>()?,
            hidden: QuantisedActivations::new(tokens, config.hidden_size)?,
            mlp_hidden: QuantisedActivations::new(
                if two_norms { tokens } else { 0 },
                config.hidden_size,
            )?,
            mixed: QuantisedActivations::new(tokens, mixed)?,
            narrow_query: narrow(config.latent.and_then(|latent| latent.query_rank))?,
            narrow: narrow(config.latent.map(|latent| latent.rank))?,
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
