//! The rows of a stored matrix that make up the matrix of one role.

use crate::config::{Config, RecurrenceKind};

/// The part of a stored matrix that belongs to one role.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slice {
    /// All of it.
    Whole,
    /// Queries, keys and values one after the other, [(N + 2K) · D, H]: the n-th.
    Joined(usize),
    /// For each key/value head its queries, key and value, [K, G + 2, D, H]: the n-th.
    Grouped(usize),
    /// Gate and up one after the other, [2I, H]: the n-th.
    Half(usize),
    /// Gate and up of an expert one after the other, [2I, H]: the n-th.
    ExpertHalf(usize),
    /// Gate and up of the expert that all tokens go through, one after the other.
    SharedHalf(usize),
    /// For each head its query and the gate of what it gives, [N, 2, D, H]: the n-th.
    Gated(usize),
    /// Queries, keys and values of the delta rule one after the other: the n-th.
    StateJoined(usize),
    /// For each head of keys its query, key, values and gates: the n-th.
    StateGrouped(usize),
    /// For each head of keys the rates and step sizes of its values: the n-th.
    RateGrouped(usize),
    /// The rows of gate and up of an expert in turn, [I, 2, H]: the n-th.
    InTurn(usize),
    /// One row for each of RWKV's mixtures: the n-th.
    Shift(usize),
    /// The learned positions after so many rows that are never used.
    After(usize),
}

/// Rows of a stored matrix: `take` rows from `first` on, of each `stride` rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) struct RowSelection {
    pub(in crate::weights) first: usize,
    pub(in crate::weights) take: usize,
    pub(in crate::weights) stride: usize,
}

/// The numbers of rows of the matrices that are joined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    q: usize,
    kv: usize,
    kv_heads: usize,
    head_dim: usize,
    inner: usize,
    expert_inner: usize,
    shared_inner: usize,
    context: usize,
    delta: DeltaSizes,
}

/// The sizes of the delta rule.
#[derive(Clone, Copy, Debug, Default)]
struct DeltaSizes {
    key_heads: usize,
    key_width: usize,
    /// The heads of values to a head of keys.
    group: usize,
    value_width: usize,
}

impl RowSelection {
    /// The number of stored rows from which `count` rows are selected.
    pub(in crate::weights) fn stored(&self, count: usize) -> usize {
        count / self.take.max(1) * self.stride
    }

    /// The runs of stored rows that make up `count` rows, in order: the first row of
    /// each, and the number of rows.
    pub(in crate::weights) fn runs(
        self,
        count: usize,
    ) -> impl Iterator<Item = (usize, usize)> {
        let RowSelection { first, take, stride } = self;
        (0..count / take.max(1)).map(move |group| (group * stride + first, take))
    }
}

/// Of parts one after the other, again and again: the n-th.
fn part(sizes: &[usize], n: usize) -> RowSelection {
    RowSelection {
        first: sizes[..n].iter().sum(),
        take: sizes[n],
        stride: sizes.iter().sum(),
    }
}

impl DeltaSizes {
    fn of(config: &Config) -> DeltaSizes {
        match config.recurrence.map(|recurrence| recurrence.kind) {
            Some(RecurrenceKind::Delta {
                key_heads,
                value_heads,
                key_width,
                value_width,
                ..
            }) => DeltaSizes {
                key_heads,
                key_width,
                group: value_heads / key_heads,
                value_width,
            },
            _ => DeltaSizes::default(),
        }
    }

    /// Queries, keys and values.
    fn joined(&self) -> [usize; 3] {
        let keys = self.key_heads * self.key_width;
        [keys, keys, self.key_heads * self.group * self.value_width]
    }

    /// Of a head of keys: its query, key, values and gates.
    fn grouped(&self) -> [usize; 4] {
        let values = self.group * self.value_width;
        [self.key_width, self.key_width, values, values]
    }
}

impl Sizes {
    pub(super) fn of(config: &Config) -> Sizes {
        Sizes {
            q: config.q_size(),
            kv: config.kv_size(),
            kv_heads: config.num_key_value_heads,
            head_dim: config.head_dim,
            inner: config.intermediate_size,
            expert_inner: config.experts.map_or(0, |experts| experts.inner),
            shared_inner: config.experts.map_or(0, |experts| experts.shared_inner),
            context: config.context_length,
            delta: DeltaSizes::of(config),
        }
    }

    /// The rows of a part; `None` for all.
    pub(super) fn rows(&self, slice: Slice) -> Option<RowSelection> {
        let Sizes { q, kv, kv_heads, head_dim, inner, context, .. } = *self;
        let half = |inner: usize, n: usize| RowSelection {
            first: n * inner,
            take: inner,
            stride: 2 * inner,
        };
        match slice {
            Slice::Whole => None,
            Slice::Joined(n) => Some(part(&[q, kv, kv], n)),
            Slice::Grouped(n) => Some(part(&[q / kv_heads, head_dim, head_dim], n)),
            Slice::StateJoined(n) => Some(part(&self.delta.joined(), n)),
            Slice::StateGrouped(n) => Some(part(&self.delta.grouped(), n)),
            Slice::RateGrouped(n) => Some(half(self.delta.group, n)),
            Slice::Half(n) => Some(half(inner, n)),
            Slice::ExpertHalf(n) => Some(half(self.expert_inner, n)),
            Slice::SharedHalf(n) => Some(half(self.shared_inner, n)),
            Slice::Gated(n) => Some(half(head_dim, n)),
            Slice::InTurn(n) => Some(RowSelection { first: n, take: 1, stride: 2 }),
            Slice::Shift(n) => Some(RowSelection { first: n, take: 1, stride: 6 }),
            Slice::After(unused) => Some(RowSelection {
                first: unused,
                take: context,
                stride: unused + context,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Slice::*;
    use super::*;

    fn sizes() -> Sizes {
        Sizes {
            q: 12,
            kv: 4,
            kv_heads: 2,
            head_dim: 2,
            inner: 5,
            expert_inner: 3,
            shared_inner: 4,
            context: 7,
            delta: DeltaSizes { key_heads: 2, key_width: 1, group: 2, value_width: 1 },
        }
    }

    fn rows(slice: Slice, count: usize) -> Vec<usize> {
        let rows = sizes().rows(slice).unwrap();
        rows.runs(count).flat_map(|(first, length)| first..first + length).collect()
    }

    #[test]
    fn joined_parts_follow_each_other() {
        assert_eq!(rows(Joined(0), 12), (0..12).collect::<Vec<_>>());
        assert_eq!(rows(Joined(1), 4), (12..16).collect::<Vec<_>>());
        assert_eq!(rows(Joined(2), 4), (16..20).collect::<Vec<_>>());
        assert_eq!(rows(Half(1), 5), (5..10).collect::<Vec<_>>());
        assert_eq!(sizes().rows(Joined(1)).unwrap().stored(4), 20);
        assert_eq!(rows(ExpertHalf(1), 3), (3..6).collect::<Vec<_>>());
        assert_eq!(rows(InTurn(1), 3), [1, 3, 5]);
        assert_eq!(rows(SharedHalf(1), 4), [4, 5, 6, 7]);
        assert_eq!(rows(Gated(1), 6), [2, 3, 6, 7, 10, 11]);
        assert_eq!(sizes().rows(InTurn(0)).unwrap().stored(3), 6);
        assert_eq!(rows(After(2), 7), (2..9).collect::<Vec<_>>());
        assert_eq!(sizes().rows(After(2)).unwrap().stored(7), 9);
    }

    #[test]
    fn groups_have_their_queries_then_a_key_and_a_value() {
        let queries = (0..6).chain(10..16);
        assert_eq!(rows(Grouped(0), 12), queries.collect::<Vec<_>>());
        assert_eq!(rows(Grouped(1), 4), [6, 7, 16, 17]);
        assert_eq!(rows(Grouped(2), 4), [8, 9, 18, 19]);
        assert_eq!(sizes().rows(Grouped(1)).unwrap().stored(4), 20);
        assert_eq!(rows(StateJoined(2), 4), [4, 5, 6, 7]);
        assert_eq!(rows(StateGrouped(1), 2), [1, 7]);
        assert_eq!(rows(StateGrouped(3), 4), [4, 5, 10, 11]);
        assert_eq!(rows(RateGrouped(1), 4), [2, 3, 6, 7]);
    }
}
