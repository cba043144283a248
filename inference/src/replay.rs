//! Going back in a text whose model keeps states of fixed size: they cannot be cut short, so
//! some earlier ones are kept, and what follows the last of these is read again.

use crate::error::Result;
use crate::language_model::Part;
use crate::long_rope::{self, SwitchesAngles};
use crate::recurrence::State;
use crate::taps::Taps;

/// What a sequence keeps to go back: its ids, and states after some of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    /// The ids of the sequence; empty if the model has no recurrences. The caches may have
    /// fewer of them: the rest is read again before anything else.
    pub(crate) ids: Vec<u32>,
    /// In the order of their lengths.
    snapshots: Vec<Snapshot>,
}

/// The states of all layers after the first `length` ids.
#[derive(Clone, Debug)]
struct Snapshot {
    length: usize,
    states: Vec<State>,
}

/// The most bytes of a sequence's snapshots, unless that is fewer than [`LEAST`].
const MAX_BYTES: usize = 64 << 20;
/// The snapshots that are always kept: before the last two passes, so that one step back
/// costs nothing.
const LEAST: usize = 2;
/// The most snapshots.
const MOST: usize = 16;
/// The tokens for which one more snapshot is kept.
pub(crate) const TOKENS_PER_SNAPSHOT: usize = 64;

/// A decoder some of whose layers may have recurrences.
pub(crate) trait Recurs: SwitchesAngles {
    /// Whether some layer has a recurrence.
    fn recurs(&self) -> bool;

    /// A slot's past. The slot must exist.
    fn past(&mut self, slot: usize) -> &mut Past;

    /// The states of all layers of a slot; empty ones of layers without a recurrence.
    fn states(&mut self, slot: usize) -> Vec<State>;

    /// Removes a slot's keys and values from `length` on, and sets its states; without any,
    /// empties them.
    fn go_back(&mut self, slot: usize, length: usize, states: Option<&[State]>);
}

impl Past {
    /// The past of the first `length` tokens.
    pub(crate) fn prefix(&self, length: usize) -> Past {
        let kept = self.snapshots.iter().filter(|snapshot| snapshot.length <= length);
        let ids = self.ids[..length.min(self.ids.len())].to_vec();
        Past { ids, snapshots: kept.cloned().collect() }
    }

    /// The last states that are kept, and how many ids they follow.
    fn last(&self) -> (usize, Option<&[State]>) {
        match self.snapshots.last() {
            Some(Snapshot { length, states }) => (*length, Some(states)),
            None => (0, None),
        }
    }

    /// Keeps the states after `length` ids, and lets go of others if there are too many:
    /// those that lie closest together for how long ago they were.
    fn keep(&mut self, length: usize, states: Vec<State>) {
        if length == 0 || self.snapshots.last().is_some_and(|last| last.length == length)
        {
            return;
        }
        let bytes: usize =
            states.iter().map(|state| state.len() * size_of::<f32>()).sum();
        self.snapshots.push(Snapshot { length, states });
        let most = (LEAST + length / TOKENS_PER_SNAPSHOT).min(MOST);
        let most = most.min(MAX_BYTES / bytes.max(1)).max(LEAST);
        while self.snapshots.len() > most {
            let before = |index: usize| match index {
                0 => 0,
                index => self.snapshots[index - 1].length,
            };
            let density = |index: &usize| {
                let gap = self.snapshots[index + 1].length - before(*index);
                let age = 1 + length - self.snapshots[*index].length;
                gap as f64 / age as f64
            };
            let candidates = 0..=self.snapshots.len() - 1 - LEAST;
            let closest = candidates.min_by(|a, b| density(a).total_cmp(&density(b)));
            self.snapshots.remove(closest.unwrap_or(0));
        }
    }
}

/// Reads ids of some sequences, as [`LanguageModel::read`](crate::LanguageModel::read); with
/// taps those of one. What a sequence has to read again comes first.
pub(crate) fn read<M: Recurs>(
    model: &mut M,
    parts: &[Part<'_>],
    taps: Option<&mut Taps>,
) -> Result<Vec<f32>> {
    if !model.recurs() {
        return long_rope::read(model, parts, taps);
    }
    for part in parts {
        let cached = model.cached_tokens(part.slot);
        let again = model.past(part.slot).ids[cached..].to_vec();
        if !again.is_empty() {
            pass(model, &[Part { slot: part.slot, ids: &again }], None)?;
        }
    }
    let states = pass(model, parts, taps)?;
    for part in parts {
        model.past(part.slot).ids.extend_from_slice(part.ids);
    }
    Ok(states)
}

/// A pass, after which the states are as before if it fails.
fn pass<M: Recurs>(
    model: &mut M,
    parts: &[Part<'_>],
    taps: Option<&mut Taps>,
) -> Result<Vec<f32>> {
    let mut before = Vec::new();
    for part in parts {
        let (length, states) = (model.cached_tokens(part.slot), model.states(part.slot));
        model.past(part.slot).keep(length, states.clone());
        before.push((part.slot, length, states));
    }
    let result = model.compute(parts, taps);
    if result.is_err() {
        for (slot, length, states) in before {
            model.go_back(slot, length, Some(&states));
        }
    }
    result
}

/// Removes a slot's tokens from `length` on, in a model with recurrences.
pub(crate) fn truncate<M: Recurs>(model: &mut M, slot: usize, length: usize) {
    let cached = model.cached_tokens(slot);
    let past = model.past(slot);
    past.ids.truncate(length);
    if length >= cached {
        return;
    }
    // What lies behind is of a text that is no more.
    past.snapshots.retain(|snapshot| snapshot.length <= length);
    go_to_snapshot(model, slot);
}

/// Sets a slot's caches to the last states that are kept.
pub(crate) fn go_to_snapshot<M: Recurs>(model: &mut M, slot: usize) {
    let (length, states) = model.past(slot).last();
    let states = states.map(<[State]>::to_vec);
    model.go_back(slot, length, states.as_deref());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn lengths(past: &Past) -> Vec<usize> {
        past.snapshots.iter().map(|snapshot| snapshot.length).collect()
    }

    #[test]
    fn the_last_states_are_kept_and_older_ones_farther_apart() {
        let mut past = Past::default();
        let state: State = Arc::new(vec![0.0; 4]);
        for length in 0..=2000 {
            past.keep(length, vec![state.clone()]);
        }
        let lengths = lengths(&past);
        assert_eq!(lengths.len(), MOST);
        assert!(Arc::ptr_eq(&past.snapshots[0].states[0], &state));
        assert_eq!(lengths[MOST - 2..], [1999, 2000]);
        assert!(lengths[0] <= 1000, "{lengths:?}");
        let gaps: Vec<usize> = lengths.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps[0] > gaps[MOST - 3], "{lengths:?}");
    }

    #[test]
    fn large_states_are_few() {
        let mut past = Past::default();
        let state: State = Arc::new(vec![0.0; MAX_BYTES / 4]);
        for length in 0..1000 {
            past.keep(length, vec![state.clone()]);
        }
        assert_eq!(lengths(&past), [998, 999]);
        assert_eq!(past.prefix(998).snapshots.len(), 1);
    }
}
