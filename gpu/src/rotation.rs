//! Rotary position embedding (Su et al., 2021, arXiv:2104.09864), norms of heads, and keys and
//! values into the cache.

use crate::heads::{AttentionShape, CacheNumbers};
use crate::kernel::{Access, Kernel, Params};
use crate::limits::{Grid, Limits};
use crate::template::Template;

const ROTATE: &str = include_str!("wgsl/rotate.wgsl");

/// From the projections of tokens to their queries, and to keys and values in the cache.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotation {
    /// The heads.
    pub shape: AttentionShape,
    /// ε of the norms of queries and keys, head by head, if they have such.
    pub norm: Option<f32>,
    /// Whether a rotated pair is two neighbours; otherwise the first of R rotated channels go
    /// with those R/2 further.
    pub interleaved: bool,
    /// How the cache stores numbers.
    pub cache: CacheNumbers,
}

/// Which tokens are rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationRows {
    /// T.
    pub tokens: usize,
    /// The position of the first one.
    pub start: usize,
    /// Pairs of a head that are rotated, R/2; 0 in layers without rotation.
    pub pairs: usize,
    /// Pairs that the table of angles has for each token.
    pub table_pairs: usize,
}

impl Rotation {
    /// The name of the kernel.
    pub fn name(&self) -> String {
        format!(
            "rotation{}{}, {:?} cache",
            if self.norm.is_some() { ", norms" } else { "" },
            if self.interleaved { ", neighbours" } else { "" },
            self.cache
        )
    }

    /// The kernel. Its buffers are the projections, [T, (N + 2K) · D]; cosines and sines of
    /// each token and pair, [T, pairs, 2]; the queries, [T, N · D padded]; the cache; and the weights
    /// of the norms of queries and keys, if there are such.
    pub fn kernel(&self) -> Kernel {
        let template = Template::default()
            .flag("NORM", self.norm.is_some())
            .flag("INTERLEAVED", self.interleaved)
            .flag("HALF", self.cache == CacheNumbers::Half);
        let mut buffers = vec![Access::Read, Access::Read, Access::Write, Access::Write];
        if self.norm.is_some() {
            buffers.extend([Access::Read, Access::Read]);
        }
        Kernel { name: self.name(), source: template.expand(&[ROTATE]), buffers }
    }

    /// What a dispatch gets.
    pub fn dispatch(&self, rows: RotationRows, limits: &Limits) -> (Params, Grid) {
        let AttentionShape { heads, kv_heads, head_dim } = self.shape;
        let params = Params::of([
            rows.tokens.into(),
            heads.into(),
            kv_heads.into(),
            head_dim.into(),
            rows.pairs.into(),
            rows.start.into(),
            rows.table_pairs.into(),
            self.norm.unwrap_or_default().into(),
            self.shape.padded_dim().into(),
        ]);
        (params, Grid::of(rows.tokens * (heads + 2 * kv_heads), 1, limits))
    }
}

/// Cosines and sines of tokens from position `start` on, [T, pairs, 2], of the angles per
/// position of each pair, times `factor`. Angles are computed in f64: in f32 they would be off
/// by a thousandth of a turn at position 10,000.
pub fn angles(frequencies: &[f64], factor: f64, start: usize, tokens: usize) -> Vec<f32> {
    let positions = (start..start + tokens).map(|position| position as f64);
    let turned =
        positions.flat_map(|position| frequencies.iter().map(move |f| position * f));
    let both = turned.map(f64::sin_cos);
    both.flat_map(|(sin, cos)| [(cos * factor) as f32, (sin * factor) as f32]).collect()
}
