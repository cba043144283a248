//! LongRoPE (Ding et al., 2024, arXiv:2402.13753), as in Phi-3: a text that is longer
//! than the original context has other rotary angles. When a text crosses that length,
//! its cached keys are computed again, so that the logits depend on the text alone
//! and not on the steps in which it was read.

use crate::error::Result;
use crate::language_model::Part;
use crate::taps::Taps;

/// What is needed to compute a sequence's cache again.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Its tokens; empty if the model's angles never change.
    ids: Vec<u32>,
    /// Whether its cached keys have the angles of long texts.
    pub(crate) long: bool,
}

impl History {
    /// Removes the tokens from `length` on.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.ids.truncate(length);
    }

    /// The history of the first `length` tokens.
    pub(crate) fn prefix(&self, length: usize) -> History {
        History { ids: self.ids[..length.min(self.ids.len())].to_vec(), long: self.long }
    }
}

/// A decoder whose rotary angles may depend on the length of the text.
pub(crate) trait SwitchesAngles {
    /// The length beyond which a text has the angles of long texts; `None` if the angles
    /// never change.
    fn switches_at(&self) -> Option<usize>;

    /// A slot's history. The slot must exist.
    fn history(&mut self, slot: usize) -> &mut History;

    /// The number of tokens in a slot's caches.
    fn cached_tokens(&self, slot: usize) -> usize;

    /// Empties a slot's caches and keeps its history.
    fn clear_caches(&mut self, slot: usize);

    /// Reads ids with the angles that each sequence's history demands. With taps, there is
    /// one part; what is kept of it is appended.
    fn compute(
        &mut self,
        parts: &[Part<'_>],
        taps: Option<&mut Taps>,
    ) -> Result<Vec<f32>>;
}

/// Reads ids of some sequences, as [`LanguageModel::read`](crate::LanguageModel::read);
/// with taps those of one.
pub(crate) fn read<M: SwitchesAngles>(
    model: &mut M,
    parts: &[Part<'_>],
    mut taps: Option<&mut Taps>,
) -> Result<Vec<f32>> {
    let Some(limit) = model.switches_at() else { return model.compute(parts, taps) };
    let keeps_angles = |model: &mut M, part: &Part<'_>| {
        let cached_tokens = model.cached_tokens(part.slot);
        let history = model.history(part.slot);
        let end = history.ids.len() + part.ids.len();
        let all_long = history.long && history.ids.len() >= limit;
        cached_tokens == history.ids.len()
            && (all_long || (!history.long && end <= limit))
    };
    let mut all_keep_angles = true;
    for part in parts {
        all_keep_angles &= keeps_angles(model, part);
    }
    if all_keep_angles {
        let states = model.compute(parts, taps)?;
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
                let taps = taps.as_deref_mut();
                states.extend(read_with_angles(model, *slot, ids, is_long, taps)?);
            }
        }
    }
    Ok(states)
}

/// Reads ids of one sequence with the angles of long or of short texts; computes its
/// cache again if that has the other angles.
fn read_with_angles<M: SwitchesAngles>(
    model: &mut M,
    slot: usize,
    ids: &[u32],
    long: bool,
    taps: Option<&mut Taps>,
) -> Result<Vec<f32>> {
    let cached_tokens = model.cached_tokens(slot);
    let history = model.history(slot);
    if history.long != long || cached_tokens != history.ids.len() {
        history.long = long;
        let before = history.ids.clone();
        model.clear_caches(slot);
        if !before.is_empty() {
            model.compute(&[Part { slot, ids: &before }], None)?;
        }
    }
    let states = model.compute(&[Part { slot, ids }], taps)?;
    model.history(slot).ids.extend_from_slice(ids);
    Ok(states)
}
