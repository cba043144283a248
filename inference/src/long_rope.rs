//! Models whose rotary angles are others once a text is longer than it was in training
//! (LongRoPE, as Phi-3 has it): the keys that are cached then no longer fit, and are
//! computed again. So what a model says of a text depends on that text alone, not on how
//! it came about.

use crate::error::Result;
use crate::language_model::Part;

/// What a sequence has to know to be computed again.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Its tokens; empty for models that need none of this.
    ids: Vec<u32>,
    /// Its keys have the angles of long texts.
    pub(crate) long: bool,
}

impl History {
    /// Forgets the tokens from `length` on.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.ids.truncate(length);
    }

    /// The history of the first `length` tokens.
    pub(crate) fn start(&self, length: usize) -> History {
        History { ids: self.ids[..length.min(self.ids.len())].to_vec(), long: self.long }
    }
}

/// A decoder that can have either angles.
pub(crate) trait SwitchesAngles {
    /// The length beyond which a text has the other ones.
    fn switches_at(&self) -> Option<usize>;

    /// A sequence's history; there is one for every slot.
    fn history(&mut self, slot: usize) -> &mut History;

    /// How many tokens of a sequence are in its caches.
    fn computed(&self, slot: usize) -> usize;

    /// Empties a sequence's caches, and leaves its history.
    fn empty(&mut self, slot: usize);

    /// Reads ids with the angles that each sequence's history says.
    fn compute(&mut self, parts: &[Part<'_>]) -> Result<Vec<f32>>;
}

/// Reads ids of some sequences, as [`LanguageModel::read`](crate::LanguageModel::read).
pub(crate) fn read<M: SwitchesAngles>(
    model: &mut M,
    parts: &[Part<'_>],
) -> Result<Vec<f32>> {
    let Some(limit) = model.switches_at() else { return model.compute(parts) };
    let stays = |model: &mut M, part: &Part<'_>| {
        let computed = model.computed(part.slot);
        let history = model.history(part.slot);
        let end = history.ids.len() + part.ids.len();
        let all_long = history.long && history.ids.len() >= limit;
        computed == history.ids.len() && (all_long || (!history.long && end <= limit))
    };
    let mut all_stay = true;
    for part in parts {
        all_stay &= stays(model, part);
    }
    if all_stay {
        let states = model.compute(parts)?;
        for part in parts {
            model.history(part.slot).ids.extend_from_slice(part.ids);
        }
        return Ok(states);
    }
    let mut states = Vec::new();
    for Part { slot, ids } in parts {
        let past = model.history(*slot).ids.len();
        let (short, long) = ids.split_at(limit.saturating_sub(past).min(ids.len()));
        for (ids, is_long) in [(short, false), (long, true)] {
            if !ids.is_empty() {
                states.extend(read_as(model, *slot, ids, is_long)?);
            }
        }
    }
    Ok(states)
}

/// Reads ids of one sequence with the angles of long texts or the others.
fn read_as<M: SwitchesAngles>(
    model: &mut M,
    slot: usize,
    ids: &[u32],
    long: bool,
) -> Result<Vec<f32>> {
    let computed = model.computed(slot);
    let history = model.history(slot);
    if history.long != long || computed != history.ids.len() {
        history.long = long;
        let before = history.ids.clone();
        model.empty(slot);
        if !before.is_empty() {
            model.compute(&[Part { slot, ids: &before }])?;
        }
    }
    let states = model.compute(&[Part { slot, ids }])?;
    model.history(slot).ids.extend_from_slice(ids);
    Ok(states)
}
