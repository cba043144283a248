//! The final hidden states of a sequence's tokens, within a memory budget.

use std::ops::Range;

use kernels::OutOfMemory;

/// The budget in bytes; at 960 channels, 17,000 tokens. Beyond it, half of the states are
/// dropped.
const MAX_BYTES: usize = 64 << 20;

/// The hidden states of a contiguous run of positions, [positions, H]. The oldest are
/// dropped when the budget is spent.
#[derive(Debug)]
pub(super) struct HiddenStates {
    /// H.
    width: usize,
    /// The position of the first row.
    first: usize,
    rows: Vec<f32>,
}

impl HiddenStates {
    pub(super) fn new(width: usize) -> HiddenStates {
        HiddenStates { width, first: 0, rows: Vec::new() }
    }

    /// No states, for the positions from `first` on.
    pub(super) fn after(first: usize, width: usize) -> HiddenStates {
        HiddenStates { width, first, rows: Vec::new() }
    }

    /// The positions whose states are stored.
    pub(super) fn kept(&self) -> Range<usize> {
        self.first..self.first + self.rows.len() / self.width
    }

    /// The states of some positions, row by row; `None` if not all are stored.
    pub(super) fn rows(&self, positions: Range<usize>) -> Option<&[f32]> {
        let start = positions.start.checked_sub(self.first)? * self.width;
        let end = positions.end.checked_sub(self.first)? * self.width;
        self.rows.get(start..end)
    }

    /// Removes the positions from `length` on.
    pub(super) fn truncate(&mut self, length: usize) {
        self.rows.truncate(length.saturating_sub(self.first) * self.width);
        if self.rows.is_empty() {
            self.first = length;
        }
    }

    /// Copies the stored states of the first `length` positions.
    ///
    /// # Errors
    /// If the copy does not fit in memory.
    pub(super) fn copy_prefix(&self, length: usize) -> Result<HiddenStates, OutOfMemory> {
        let count = length.saturating_sub(self.first) * self.width;
        let kept = &self.rows[..count.min(self.rows.len())];
        let mut rows = Vec::new();
        rows.try_reserve_exact(kept.len()).map_err(|_| OutOfMemory)?;
        rows.extend_from_slice(kept);
        Ok(HiddenStates { width: self.width, first: self.first.min(length), rows })
    }

    /// Reserves memory for `count` more positions; drops the older half if the budget is
    /// spent.
    ///
    /// # Errors
    /// If they do not fit in memory.
    pub(super) fn reserve(&mut self, count: usize) -> Result<(), OutOfMemory> {
        let added = count * self.width;
        if (self.rows.len() + added) * size_of::<f32>() > MAX_BYTES {
            let dropped = self.kept().len() / 2;
            self.rows.drain(..dropped * self.width);
            self.first += dropped;
        }
        self.rows.try_reserve(added).map_err(|_| OutOfMemory)
    }

    /// Appends whole rows after the last position. Room for them must have been reserved.
    pub(super) fn extend(&mut self, rows: &[f32]) {
        self.rows.extend_from_slice(rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_states_are_dropped_and_positions_stay_right() {
        let width = MAX_BYTES / size_of::<f32>() / 4;
        let mut states = HiddenStates::new(width);
        for position in 0..6 {
            states.reserve(1).unwrap();
            states.extend(&vec![position as f32; width]);
        }
        assert_eq!(states.kept(), 2..6);
        assert_eq!(states.rows(5..6).map(|row| row[0]), Some(5.0));
        assert_eq!(states.rows(1..2), None);
        states.truncate(2);
        assert_eq!(states.kept(), 2..2);
    }
}
