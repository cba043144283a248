//! Attention with a cache: partial results of chunks of positions, and what puts them together
//! (Dao et al., 2022, arXiv:2205.14135, and Flash-Decoding).

use crate::heads::{AttentionShape, CacheNumbers, MAX_ROWS};
use crate::kernel::{Access, Kernel, Params};
use crate::limits::{Grid, Limits};
use crate::template::Template;

const ATTEND: &str = include_str!("wgsl/attend.wgsl");
const COMBINE: &str = include_str!("wgsl/combine.wgsl");

/// Positions that a workgroup attends to at a time.
pub const CHUNK_POSITIONS: usize = 64;

/// Workgroups from which on a device is busy: less are split by positions.
const BUSY: usize = 256;

/// Attention of tokens to what the cache has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attention {
    /// The heads.
    pub shape: AttentionShape,
    /// How the cache stores numbers.
    pub cache: CacheNumbers,
    /// What scores are multiplied by.
    pub scale: f32,
    /// Whether scores go through cap · tanh(score / cap) (Gemma 2).
    pub cap: Option<f32>,
    /// Positions that a token sees, itself included, if not all before it.
    pub window: Option<usize>,
}

/// How the positions that tokens see are split among workgroups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Splits {
    /// Partial results of each query head of a token.
    pub count: usize,
    /// Chunks of positions of each.
    pub chunks: usize,
}

impl Attention {
    /// The name of the kernel for T tokens.
    pub fn name(&self, tokens: usize) -> String {
        format!(
            "attention of {} rows, {} channels, {:?} cache{}",
            self.shape.rows(tokens),
            self.shape.padded_dim(),
            self.cache,
            if self.cap.is_some() { ", cap" } else { "" }
        )
    }

    /// The kernel for T tokens. Its buffers are the queries, [T, N · D padded], the cache, and the
    /// partial results.
    pub fn kernel(&self, tokens: usize) -> Kernel {
        let rows = self.shape.rows(tokens);
        let vectors = self.shape.padded_dim() / 4;
        let template = Template::default()
            .flag("CAP", self.cap.is_some())
            .flag("HALF", self.cache == CacheNumbers::Half)
            .constant("ROWS", rows)
            .constant("VECTORS", vectors)
            .constant("PARTS", CHUNK_POSITIONS / vectors)
            .constant("ROW_VECTORS", rows * vectors)
            .constant("SCORES", rows * CHUNK_POSITIONS);
        Kernel {
            name: self.name(tokens),
            source: template.expand(&[ATTEND]),
            buffers: vec![Access::Read, Access::Read, Access::Write],
        }
    }

    /// How T tokens from position `start` on are split.
    pub fn splits(&self, tokens: usize, start: usize) -> Splits {
        let all = (start + tokens - 1) / CHUNK_POSITIONS + 1;
        // What the rows of a workgroup see, at worst with a part of a chunk at both ends.
        let seen = |window: usize| {
            (window.saturating_add(MAX_ROWS)).div_ceil(CHUNK_POSITIONS).saturating_add(1)
        };
        let chunks = self.window.map_or(all, |window| all.min(seen(window)));
        let workgroups = self.shape.tiles(tokens) * self.shape.kv_heads;
        let wanted = (BUSY / workgroups).clamp(1, chunks);
        let per_split = chunks.div_ceil(wanted);
        Splits { count: chunks.div_ceil(per_split), chunks: per_split }
    }

    /// Bytes of the partial results.
    pub fn partial_bytes(&self, tokens: usize, splits: Splits) -> usize {
        let partial = 4 * (self.shape.padded_dim() + 4);
        tokens * self.shape.heads * splits.count * partial
    }

    /// What a dispatch gets for T tokens, the first of which is at `start`.
    pub fn dispatch(
        &self,
        tokens: usize,
        start: usize,
        splits: Splits,
        limits: &Limits,
    ) -> (Params, Grid) {
        let AttentionShape { kv_heads, .. } = self.shape;
        let tiles = self.shape.tiles(tokens);
        let params = Params::of([
            tokens.into(),
            self.shape.group_size().into(),
            tiles.into(),
            kv_heads.into(),
            start.into(),
            self.window.unwrap_or(0).into(),
            splits.count.into(),
            splits.chunks.into(),
            self.scale.into(),
            self.cap.unwrap_or(1.0).into(),
        ]);
        (params, Grid::of(tiles, kv_heads * splits.count, limits))
    }
}

/// What makes the output of heads of their partial results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Combination {
    /// The heads.
    pub shape: AttentionShape,
}

impl Combination {
    /// The name of the kernel.
    pub fn name(&self) -> String {
        format!("combination of heads of {} channels", self.shape.padded_dim())
    }

    /// The kernel. Its buffers are the partial results, and the output of heads, [T, N · D].
    pub fn kernel(&self) -> Kernel {
        let vectors = self.shape.padded_dim() / 4;
        Kernel {
            name: self.name(),
            source: Template::default().constant("VECTORS", vectors).expand(&[COMBINE]),
            buffers: vec![Access::Read, Access::Write],
        }
    }

    /// What a dispatch gets.
    pub fn dispatch(
        &self,
        tokens: usize,
        splits: Splits,
        limits: &Limits,
    ) -> (Params, Grid) {
        let heads = tokens * self.shape.heads;
        let params =
            Params::of([heads.into(), splits.count.into(), self.shape.head_dim.into()]);
        let vectors = heads * self.shape.padded_dim() / 4;
        (params, Grid::of(vectors.div_ceil(64), 1, limits))
    }
}
