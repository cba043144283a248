//! Where the steps of a pass leave their results for the next ones.

use kernels::{OutOfMemory, QuantisedActivations, SharedBuffer};

use model_files::config::{Block, Config};

/// What a pass writes down; every row belongs to a token.
#[derive(Debug)]
pub(super) struct Buffers {
    /// The residual stream, [T, H].
    pub(super) stream: SharedBuffer<f32>,
    /// What a norm makes of before it is added to the stream, [T, H].
    pub(super) branch: SharedBuffer<f32>,
    /// Queries, keys and values side by side, [T, (N + 2K) · D].
    pub(super) qkv: SharedBuffer<f32>,
    /// What the heads mixed, [T, N · D].
    pub(super) mixed: SharedBuffer<f32>,
    /// Both gates of a convolution and what goes in, [T, 3H].
    pub(super) gates: SharedBuffer<f32>,
    /// The gate, then its product with up, [T, I].
    pub(super) gate: SharedBuffer<f32>,
    /// [T, I].
    pub(super) up: SharedBuffer<f32>,
    /// Those of the products: for all tokens; and for further members, who make those of a
    /// single token for themselves.
    pub(super) inputs: Vec<Inputs>,
    /// What a convolution makes, [T, H].
    pub(super) convolved: QuantisedActivations,
    /// What chunks of positions give the heads of a single token.
    pub(super) parts: SharedBuffer<f32>,
}

impl Buffers {
    /// For so many tokens at once, and so many members of a team.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub(super) fn new(
        config: &Config,
        tokens: usize,
        members: usize,
    ) -> Result<Buffers, OutOfMemory> {
        let hidden = config.hidden_size;
        let inner = config.intermediate_size;
        let (heads, kv_heads) = (config.num_attention_heads, config.num_key_value_heads);
        let (q_size, kv_size) = (heads * config.head_dim, kv_heads * config.head_dim);
        let after = matches!(config.block, Block::PostNorm | Block::Sandwich);
        let convolves = config.mixers().1 > 0;
        let some = |there: bool| if there { tokens } else { 0 };
        Ok(Buffers {
            stream: SharedBuffer::zeros(tokens * hidden)?,
            branch: SharedBuffer::zeros(some(after) * hidden)?,
            gates: SharedBuffer::zeros(some(convolves) * 3 * hidden)?,
            convolved: QuantisedActivations::new(some(convolves), hidden)?,
            qkv: SharedBuffer::zeros(tokens * (q_size + 2 * kv_size))?,
            mixed: SharedBuffer::zeros(tokens * q_size)?,
            gate: SharedBuffer::zeros(tokens * inner)?,
            up: SharedBuffer::zeros(tokens * inner)?,
            inputs: (0..members)
                .map(|member| Inputs::new(config, if member == 0 { tokens } else { 1 }))
                .collect::<Result<_, _>>()?,
            parts: SharedBuffer::zeros(0)?,
        })
    }
}

/// Inputs of the products, by what they are made of.
#[derive(Debug)]
pub(super) struct Inputs {
    /// The stream, [T, H].
    pub(super) hidden: QuantisedActivations,
    /// The stream by another norm, where a block takes both at once, [T, H].
    pub(super) other: QuantisedActivations,
    /// What the heads mixed, [T, N · D].
    pub(super) mixed: QuantisedActivations,
    /// What is between the products of an MLP, [T, I].
    pub(super) inner: QuantisedActivations,
}

impl Inputs {
    pub(super) fn new(config: &Config, tokens: usize) -> Result<Inputs, OutOfMemory> {
        let two = config.block == Block::ParallelTwoNorms;
        Ok(Inputs {
            hidden: QuantisedActivations::new(tokens, config.hidden_size)?,
            other: QuantisedActivations::new(
                if two { tokens } else { 0 },
                config.hidden_size,
            )?,
            mixed: QuantisedActivations::new(tokens, config.q_size())?,
            inner: QuantisedActivations::new(tokens, config.intermediate_size)?,
        })
    }
}
