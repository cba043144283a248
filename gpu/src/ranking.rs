//! Logits ranked where they are, so that some kilobytes are read back and not all of them.

use std::cmp::Ordering;

use crate::kernel::{Access, Kernel, Params};
use crate::limits::{Grid, Limits};
use crate::template::Template;

const RANK: &str = include_str!("wgsl/rank.wgsl");
const WATCH: &str = include_str!("wgsl/watch.wgsl");

/// Logits that are ranked together.
pub const BLOCK_LOGITS: usize = 1024;

/// The highest logits that are known of each block.
pub const TOP_LOGITS: usize = 64;

/// Words that are known of a block: the highest logit, two sums, how many logits are no
/// numbers, then the top logits, then their ids.
pub const BLOCK_WORDS: usize = 4 + 2 * TOP_LOGITS;

/// The ranking of blocks of logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRanking {
    /// V.
    pub vocab_size: usize,
}

impl BlockRanking {
    /// The name of the kernel.
    pub fn name(&self) -> String {
        "ranking of blocks".to_owned()
    }

    /// The kernel. Its buffers are the logits, [T, V], and [`BLOCK_WORDS`] for each block,
    /// [T, blocks].
    pub fn kernel(&self) -> Kernel {
        let template = Template::default()
            .constant("TOP", TOP_LOGITS)
            .constant("BLOCK_WORDS", BLOCK_WORDS);
        Kernel {
            name: self.name(),
            source: template.expand(&[RANK]),
            buffers: vec![Access::Read, Access::Write],
        }
    }

    /// Blocks of a row of logits.
    pub fn blocks(&self) -> usize {
        self.vocab_size.div_ceil(BLOCK_LOGITS)
    }

    /// What a dispatch gets for the logits of T tokens.
    pub fn dispatch(&self, tokens: usize, limits: &Limits) -> (Params, Grid) {
        let params = Params::of([self.vocab_size.into(), self.blocks().into()]);
        (params, Grid::of(self.blocks(), tokens, limits))
    }
}

/// Logits and ranks of watched ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// V.
    pub vocab_size: usize,
}

impl Watched {
    /// The kernel. Its buffers are the logits, [T, V]; for each watched id its token and the
    /// id, two words; and for each the logit's bits and its rank, from 1 on.
    pub fn kernel(&self) -> Kernel {
        Kernel {
            name: "watched ids".to_owned(),
            source: Template::default().expand(&[WATCH]),
            buffers: vec![Access::Read, Access::Read, Access::Write],
        }
    }

    /// What a dispatch gets for that many ids, all of which are below V.
    pub fn dispatch(&self, ids: usize, limits: &Limits) -> (Params, Grid) {
        let params = Params::of([self.vocab_size.into(), ids.into()]);
        (params, Grid::of(ids, 1, limits))
    }
}

/// An id with its logit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankedLogit {
    /// The id.
    pub id: u32,
    /// Its logit.
    pub logit: f32,
}

/// What the blocks of a row of logits tell about the row.
#[derive(Clone, Debug, PartialEq)]
pub struct Front {
    /// The highest logit.
    pub highest: f32,
    /// Σ eˣ over x = logit − highest.
    pub sum: f64,
    /// Σ eˣ · x.
    pub weighted: f64,
    /// The highest logits, by falling logit and rising id, as far as their order is certain.
    pub ranked: Vec<RankedLogit>,
}

/// Merges what is known of the blocks of V logits. `None` if there are no logits, or one is
/// NaN or infinite.
pub fn merge(words: &[u32], vocab_size: usize) -> Option<Front> {
    let blocks = words.as_chunks::<BLOCK_WORDS>().0;
    if blocks.iter().any(|block| block[3] != 0) {
        return None;
    }
    let tops = blocks.iter().map(|block| f32::from_bits(block[0]));
    let highest = tops.reduce(f32::max).filter(|highest| highest.is_finite())?;
    let (mut sum, mut weighted) = (0.0, 0.0);
    let mut ranked = Vec::new();
    // The next logit of a block with more than it told may be as high as the last it told.
    let mut threshold = f32::NEG_INFINITY;
    for (index, block) in blocks.iter().enumerate() {
        let [top, block_sum, block_weighted] =
            [0, 1, 2].map(|at| f32::from_bits(block[at]));
        // e^(x - highest) = e^(x - top) · e^(top - highest), and x - highest likewise.
        let below = f64::from(top) - f64::from(highest);
        let factor = below.exp();
        sum += factor * f64::from(block_sum);
        weighted += factor * (f64::from(block_weighted) + below * f64::from(block_sum));
        let (logits, ids) = block[4..].split_at(TOP_LOGITS);
        let known = (vocab_size - (index * BLOCK_LOGITS).min(vocab_size)).min(TOP_LOGITS);
        let pairs = ids.iter().zip(logits).take(known);
        ranked.extend(
            pairs.map(|(id, logit)| RankedLogit {
                id: *id,
                logit: f32::from_bits(*logit),
            }),
        );
        if index * BLOCK_LOGITS + TOP_LOGITS < vocab_size {
            threshold = threshold.max(f32::from_bits(logits[TOP_LOGITS - 1]));
        }
    }
    ranked.sort_unstable_by(in_order);
    let certain = ranked.iter().take_while(|ranked| ranked.logit > threshold).count();
    ranked.truncate(certain);
    Some(Front { highest, sum, weighted, ranked })
}

fn in_order(a: &RankedLogit, b: &RankedLogit) -> Ordering {
    b.logit.total_cmp(&a.logit).then(a.id.cmp(&b.id))
}
