//! Where the members of a run meet, and which pieces of the work are taken.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

/// How often a member looks for the others before it lets another thread of the machine go
/// first: about 50 µs, more than a step takes if all members have a core.
const SPINS_BEFORE_YIELD: u32 = 2_000;

/// Pieces of each member's share of the work. The last piece is what the slowest member does
/// alone; taking a piece costs about ten nanoseconds.
const PIECES_PER_SHARE: usize = 6;

/// What the members of a run share.
#[derive(Debug)]
pub(super) struct Coordination {
    /// Members that take part in the present run.
    active: AtomicUsize,
    /// Members that wait at the barrier.
    waiting: AtomicUsize,
    /// Counts how often all members have met.
    met: AtomicU32,
    /// For each member, the next piece of its share of the work between two barriers.
    next_pieces: Box<[Counter]>,
    /// Members that are through with the present run.
    done: AtomicUsize,
    /// A member panicked: the others must not wait for it.
    broken: AtomicBool,
}

/// A counter in a cache line of its own, as mostly one member takes from it.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Counter(AtomicUsize);

impl Coordination {
    /// For runs of up to so many members.
    pub(super) fn new(members: usize) -> Coordination {
        Coordination {
            active: AtomicUsize::new(1),
            waiting: AtomicUsize::new(0),
            met: AtomicU32::new(0),
            next_pieces: (0..members).map(|_| Counter::default()).collect(),
            done: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
        }
    }

    /// Prepares a run of so many members. There must be none at that time.
    pub(super) fn begin_run(&self, members: usize) {
        self.active.store(members, Ordering::Relaxed);
        self.offer_all_pieces();
    }

    /// Members of the present run.
    pub(super) fn active(&self) -> usize {
        self.active.load(Ordering::Relaxed)
    }

    /// A member is through with the present run.
    pub(super) fn finish(&self, panicked: bool) {
        if panicked {
            self.broken.store(true, Ordering::Release);
        }
        self.done.fetch_add(1, Ordering::AcqRel);
    }

    /// Waits until all members are through with the run.
    pub(super) fn wait_for_all(&self) {
        spin_until(|| self.done.load(Ordering::Acquire) == self.active());
        self.done.store(0, Ordering::Relaxed);
    }

    /// Whether a member has panicked.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }

    /// Waits until all members are here.
    ///
    /// # Panics
    /// If another member did.
    pub(super) fn meet(&self) {
        let met = self.met.load(Ordering::Acquire);
        if self.waiting.fetch_add(1, Ordering::AcqRel) + 1 == self.active() {
            self.waiting.store(0, Ordering::Relaxed);
            // Nobody takes pieces now: all are here.
            self.offer_all_pieces();
            self.met.fetch_add(1, Ordering::Release);
            return;
        }
        spin_until(|| {
            assert!(!self.broken.load(Ordering::Relaxed), "a member of the team is gone");
            self.met.load(Ordering::Acquire) != met
        });
    }

    /// The next piece of a member's share of the work, if one is left.
    pub(super) fn take_piece(
        &self,
        owner: usize,
        share: Range<usize>,
    ) -> Option<Range<usize>> {
        let pieces = PIECES_PER_SHARE.min(share.len());
        let piece = self.next_pieces[owner].0.fetch_add(1, Ordering::Relaxed);
        (piece < pieces).then(|| part(share, piece, pieces))
    }

    /// Must not be called while members take pieces.
    fn offer_all_pieces(&self) {
        for next in &self.next_pieces {
            next.0.store(0, Ordering::Relaxed);
        }
    }
}

/// One of `count` parts of a range, which differ in length by one at most.
pub(super) fn part(range: Range<usize>, index: usize, count: usize) -> Range<usize> {
    let length = range.len();
    range.start + length * index / count..range.start + length * (index + 1) / count
}

fn spin_until(mut condition: impl FnMut() -> bool) {
    let mut spins = 0;
    while !condition() {
        spins += 1;
        if spins < SPINS_BEFORE_YIELD {
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}
