//! A guess at the token that will be drawn, so that a device can read on before it is told.

use crate::kernel::{Access, Kernel, Params};
use crate::limits::Grid;
use crate::ranking::{BLOCK_WORDS, BlockRanking, TOP_LOGITS};
use crate::template::Template;

const CHOOSE: &str = include_str!("wgsl/choose.wgsl");

/// How a token will be drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guess {
    /// Logits are divided by it; 0 picks the highest.
    pub temperature: f32,
    /// Whether the cuts see weights at temperature 1.
    pub cuts_first: bool,
    /// Keep this many; 0 keeps all.
    pub top_k: u32,
    /// Keep the fewest that reach this mass; 1 keeps all.
    pub top_p: f32,
    /// Keep those with at least this share of the highest weight; 0 keeps all.
    pub min_p: f32,
    /// Where in 0..1 the draw is.
    pub point: f32,
}

impl Guess {
    /// The highest logit.
    pub const GREEDY: Guess = Guess {
        temperature: 0.0,
        cuts_first: false,
        top_k: 0,
        top_p: 1.0,
        min_p: 0.0,
        point: 0.0,
    };
}

/// The choice of a token among ranked logits. It is right but for what sums in f32 and of the
/// highest logits of each block leave out: a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// V.
    pub vocab_size: usize,
}

impl Choice {
    /// The name of the kernel.
    pub fn name(&self) -> String {
        "choice of a token".to_owned()
    }

    /// The kernel. Its buffers are what is known of blocks of logits, [T, blocks], and ids, the
    /// first of which becomes that of the token.
    pub fn kernel(&self) -> Kernel {
        let template = Template::default()
            .constant("TOP", TOP_LOGITS)
            .constant("BLOCK_WORDS", BLOCK_WORDS);
        Kernel {
            name: self.name(),
            source: template.expand(&[CHOOSE]),
            buffers: vec![Access::Read, Access::Write],
        }
    }

    /// What a dispatch gets for a row of logits.
    pub fn dispatch(&self, row: usize, guess: &Guess) -> (Params, Grid) {
        let Guess { temperature, cuts_first, top_k, top_p, min_p, point } = *guess;
        let blocks = BlockRanking { vocab_size: self.vocab_size }.blocks();
        let factor = temperature.recip().min(f32::MAX);
        let params = Params::of([
            blocks.into(),
            (row * blocks * BLOCK_WORDS).into(),
            usize::from(temperature == 0.0).into(),
            (top_k as usize).into(),
            top_p.into(),
            min_p.into(),
            if cuts_first { 1.0 } else { factor }.into(),
            factor.into(),
            point.into(),
        ]);
        (params, Grid { x: 1, y: 1, z: 1 })
    }
}
