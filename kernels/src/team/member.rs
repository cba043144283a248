//! One thread's part in a run.

use std::ops::Range;

use super::coordination::{Coordination, part};

/// One thread's part in a run.
#[derive(Debug)]
pub struct Member<'a> {
    /// From 0 to `count` − 1.
    pub index: usize,
    /// How many members there are.
    pub count: usize,
    coordination: &'a Coordination,
}

impl<'a> Member<'a> {
    pub(super) fn new(
        index: usize,
        count: usize,
        coordination: &'a Coordination,
    ) -> Self {
        Member { index, count, coordination }
    }

    /// Waits until all members are here. What any of them wrote before is then seen by all.
    ///
    /// # Panics
    /// If another member did.
    pub fn barrier(&self) {
        if self.count > 1 {
            self.coordination.meet();
        }
    }

    /// Has the members do `work` for all of `0..length`. Each goes through its share by
    /// pieces, one after the other, so that processors see what they will read next; then
    /// it takes pieces of the others, whose cores may be slower, or have other work.
    ///
    /// All members have to call it, with the same length, and at most once between two
    /// barriers: then each index is given to one of them, once.
    pub fn for_each_piece(&self, length: usize, mut work: impl FnMut(Range<usize>)) {
        if self.count == 1 {
            return work(0..length);
        }
        for distance in 0..self.count {
            let owner = (self.index + distance) % self.count;
            let share = part(0..length, owner, self.count);
            while let Some(piece) = self.coordination.take_piece(owner, share.clone()) {
                work(piece);
            }
        }
    }

    /// This member's part of `0..length`.
    pub fn share(&self, length: usize) -> Range<usize> {
        part(0..length, self.index, self.count)
    }
}
