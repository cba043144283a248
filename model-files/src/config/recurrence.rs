//! Mixers with a state of fixed size in the place of keys and values: state spaces, gated
//! linear recurrences and linear attention.

use crate::error::{Result, invalid_config};

/// A mixer whose state has the same size however long the text is. A short convolution
/// comes before each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recurrence {
    /// The formula and its sizes.
    pub kind: RecurrenceKind,
    /// The number of taps of the short convolution.
    pub taps: usize,
    /// Whether the taps have a bias.
    pub taps_bias: bool,
    /// Whether the projections into and out of the mixer have biases.
    pub bias: bool,
    /// Added under the root of the norms within the mixer.
    pub epsilon: f64,
}

/// The formula of a recurrence, and its sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecurrenceKind {
    /// A selective state space (Mamba; Gu & Dao, 2023, arXiv:2312.00752).
    Selective {
        /// The number of channels.
        inner: usize,
        /// The numbers that each channel keeps.
        states: usize,
        /// The rank of the projection to step sizes.
        rank: usize,
        /// Whether step sizes, inputs and outputs of the state are normalised, without
        /// weights (Falcon Mamba).
        normed: bool,
    },
    /// A state space with one decay for each head (Mamba 2; Dao & Gu, 2024,
    /// arXiv:2405.21060).
    Heads {
        /// The number of heads.
        heads: usize,
        /// The channels of a head.
        width: usize,
        /// The numbers that each channel keeps.
        states: usize,
        /// The groups of heads that share the inputs and outputs of the state.
        groups: usize,
    },
    /// A real-gated linear recurrence (Griffin; De et al., 2024, arXiv:2402.19427).
    GatedLinear {
        /// The number of channels, each of which keeps one number.
        width: usize,
        /// The blocks of the gates' matrices.
        blocks: usize,
    },
    /// The gated delta rule (Yang et al., 2024, arXiv:2412.06464).
    Delta {
        /// The heads of queries and keys.
        key_heads: usize,
        /// The heads of values, as many or several to a head of keys.
        value_heads: usize,
        /// The channels of a query or key.
        key_width: usize,
        /// The channels of a value.
        value_width: usize,
        /// Whether neighbouring heads of values have neighbouring heads of keys, as in GGUF
        /// files of Qwen 3.5; otherwise they share one.
        tiled: bool,
    },
    /// RWKV-4's averages of values, weighted by their keys (Peng et al., 2023,
    /// arXiv:2305.13048). Each projection has its own mixture, as in RWKV-7.
    Averages {
        /// The number of channels, each of which keeps three numbers.
        inner: usize,
    },
    /// RWKV-7's generalised delta rule (Peng et al., 2025, arXiv:2503.14456). There is no
    /// convolution: each projection has its own mixture of a token and the one before it.
    Wkv {
        /// The number of heads.
        heads: usize,
        /// The channels of a head.
        width: usize,
        /// The widths between the products that give decays, rates of learning, gates, and
        /// how much of the first layer's values comes in.
        ranks: [usize; 4],
    },
}

impl Recurrence {
    /// Whether each projection has its own mixture of a token and the one before it.
    pub fn mixes(&self) -> bool {
        matches!(self.kind, RecurrenceKind::Wkv { .. } | RecurrenceKind::Averages { .. })
    }

    /// The widths of the projections of the inputs, which lie side by side.
    pub fn inputs(&self) -> Vec<usize> {
        match self.kind {
            RecurrenceKind::Selective { inner, .. } => vec![2 * inner],
            RecurrenceKind::Heads { heads, width, states, groups } => {
                vec![2 * heads * width + 2 * groups * states + heads]
            }
            RecurrenceKind::GatedLinear { width, .. } => vec![width, width],
            RecurrenceKind::Delta { key_heads, value_heads, key_width, .. } => {
                let (keys, values) = (key_heads * key_width, self.inner());
                vec![keys, keys, values, values, value_heads, value_heads]
            }
            RecurrenceKind::Averages { inner } => vec![inner; 3],
            RecurrenceKind::Wkv { ranks: [decay, rate, gate, value], .. } => {
                let inner = self.inner();
                vec![inner, inner, inner, decay, rate, gate, value]
            }
        }
    }

    /// The width of the output, before its projection.
    pub fn inner(&self) -> usize {
        match self.kind {
            RecurrenceKind::Selective { inner, .. } => inner,
            RecurrenceKind::Heads { heads, width, .. } => heads * width,
            RecurrenceKind::GatedLinear { width, .. } => width,
            RecurrenceKind::Delta { value_heads, value_width, .. } => {
                value_heads * value_width
            }
            RecurrenceKind::Averages { inner } => inner,
            RecurrenceKind::Wkv { heads, width, .. } => heads * width,
        }
    }

    /// The channels that go through the short convolution.
    pub fn convolved(&self) -> usize {
        match self.kind {
            RecurrenceKind::Selective { inner, .. } => inner,
            RecurrenceKind::Heads { heads, width, states, groups } => {
                heads * width + 2 * groups * states
            }
            RecurrenceKind::GatedLinear { width, .. } => width,
            RecurrenceKind::Delta { key_heads, key_width, .. } => {
                2 * key_heads * key_width + self.inner()
            }
            // The last inputs of the mixer and of the MLP, which have one past token each.
            RecurrenceKind::Wkv { .. } | RecurrenceKind::Averages { .. } => {
                2 * self.inner()
            }
        }
    }

    /// The numbers of the state behind those that the convolution keeps.
    pub fn states(&self) -> usize {
        match self.kind {
            RecurrenceKind::Selective { inner, states, .. } => inner * states,
            RecurrenceKind::Heads { heads, width, states, .. } => heads * width * states,
            RecurrenceKind::GatedLinear { width, .. } => width,
            RecurrenceKind::Delta { value_heads, key_width, value_width, .. } => {
                value_heads * key_width * value_width
            }
            RecurrenceKind::Averages { inner } => 3 * inner,
            RecurrenceKind::Wkv { heads, width, .. } => heads * width * width,
        }
    }

    /// The numbers that a sequence keeps: the last inputs of the convolution, then the
    /// state.
    pub fn state_size(&self) -> usize {
        (self.taps - 1) * self.convolved() + self.states()
    }

    /// Checks that sizes are those of some model.
    pub(super) fn check(&self) -> Result<()> {
        const MOST: usize = 1 << 16;
        let refuse = || Err(invalid_config(format!("a recurrence has sizes {self:?}")));
        let within = |sizes: &[usize]| sizes.iter().all(|size| (1..=MOST).contains(size));
        let (sizes, whole): (&[usize], bool) = match self.kind {
            RecurrenceKind::Selective { inner, states, rank, .. } => {
                (&[inner, states, rank], true)
            }
            RecurrenceKind::Heads { heads, width, states, groups } => (
                &[heads, width, states, groups],
                groups > 0 && heads.is_multiple_of(groups),
            ),
            RecurrenceKind::GatedLinear { width, blocks } => {
                (&[width, blocks], blocks > 0 && width.is_multiple_of(blocks))
            }
            RecurrenceKind::Delta {
                key_heads,
                value_heads,
                key_width,
                value_width,
                ..
            } => (
                &[key_heads, value_heads, key_width, value_width],
                key_heads > 0 && value_heads.is_multiple_of(key_heads),
            ),
            RecurrenceKind::Averages { inner } => (&[inner], self.taps == 2),
            RecurrenceKind::Wkv { heads, width, ranks } => {
                return match within(&[heads, width, heads * width * 2])
                    && within(&ranks)
                    && self.taps == 2
                    && (0.0..1.0).contains(&self.epsilon)
                {
                    true => Ok(()),
                    false => refuse(),
                };
            }
        };
        if !whole || !within(sizes) || !(1..=64).contains(&self.taps) {
            return refuse();
        }
        // Products of sizes that are each within bounds do not overflow 64 bits, but may
        // 32 of a browser.
        let product = sizes.iter().map(|size| *size as u64).product::<u64>();
        if product > 1 << 30 || !within(&[self.inner(), self.convolved()]) {
            return refuse();
        }
        match self.epsilon >= 0.0 && self.epsilon < 1.0 {
            true => Ok(()),
            false => refuse(),
        }
    }
}
