//! Where the steps of a pass leave their results for the next ones.

use kernels::{Activations, NoRoom, Shared};

use model_files::config::{Block, Config};

/// What a pass writes down; every row belongs to a token.
#[derive(Debug)]
pub(super) struct Buffers {
    /// The residual stream, [T, H].
    pub(super) stream: Shared<f32>,
    /// What a norm makes of before it is added to the stream, [T, H].
    pub(super) branch: Shared<f32>,
    /// Queries, keys and values side by side, [T, (N + 2K) · D].
    pub(super) qkv: Shared<f32>,
    /// What the heads mixed, [T, N · D].
    pub(super) mixed: Shared<f32>,
    /// Both gates of a convolution and what goes in, [T, 3H].
    pub(super) gates: Shared<f32>,
    /// The gate, then its product with up, [T, I].
    pub(super) gate: Shared<f32>,
    /// [T, I].
    pub(super) up: Shared<f32>,
    /// Those of the products: for all tokens; and for further members, who make those of a
    /// single token for themselves.
    pub(super) inputs: Vec<Inputs>,
    /// What a convolution makes, [T, H].
    pub(super) convolved: Activations,
    /// What chunks of positions give the heads of a single token.
    pub(super) parts: Shared<f32>,
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
    ) -> Result<Buffers, NoRoom> {
        let hidden = config.hidden_size;
        let inner = config.intermediate_size;
        let (heads, kv_heads) = (config.num_attention_heads, config.num_key_value_heads);
        let (q_size, kv_size) = (heads * config.head_dim, kv_heads * config.head_dim);
        let after = matches!(config.block, Block::PostNorm | Block::Sandwich);
        let convolves = config.mixers().1 > 0;
        let some = |there: bool| if there { tokens } else { 0 };
        Ok(Buffers {
            stream: Shared::zeros(tokens * hidden)?,
            branch: Shared::zeros(some(after) * hidden)?,
            gates: Shared::zeros(some(convolves) * 3 * hidden)?,
            convolved: Activations::new(some(convolves), hidden)?,
            qkv: Shared::zeros(tokens * (q_size + 2 * kv_size))?,
            mixed: Shared::zeros(tokens * q_size)?,
            gate: Shared::zeros(tokens * inner)?,
            up: Shared::zeros(tokens * inner)?,
            inputs: (0..members)
                .map(|member| Inputs::new(config, if member == 0 { tokens } else { 1 }))
                .collect::<Result<_, _>>()?,
            parts: Shared::zeros(0)?,
        })
    }
}

/// Inputs of the products, by what they are made of.
#[derive(Debug)]
pub(super) struct Inputs {
    /// The stream, [T, H].
    pub(super) hidden: Activations,
    /// The stream by another norm, where a block takes both at once, [T, H].
    pub(super) other: Activations,
    /// What the heads mixed, [T, N · D].
    pub(super) mixed: Activations,
    /// What is between the products of an MLP, [T, I].
    pub(super) inner: Activations,
}

impl Inputs {
    pub(super) fn new(config: &Config, tokens: usize) -> Result<Inputs, NoRoom> {
        let two = config.block == Block::ParallelTwoNorms;
        Ok(Inputs {
            hidden: Activations::new(tokens, config.hidden_size)?,
            other: Activations::new(if two { tokens } else { 0 }, config.hidden_size)?,
            mixed: Activations::new(tokens, config.q_size())?,
            inner: Activations::new(tokens, config.intermediate_size)?,
        })
    }
}
