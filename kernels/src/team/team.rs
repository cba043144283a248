//! A team as its owner sees it.

use std::sync::Arc;

use super::job::Job;
use super::workers::Workers;

/// Some threads, of which the one that calls [`run`](Team::run) is a member.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// use kernels::Team;
///
/// let mut team = Team::new(3, |body| std::thread::Builder::new().spawn(body).is_ok());
/// let sum = AtomicUsize::new(0);
/// team.run(team.count(), &|member| {
///     member.for_each_piece(1000, |piece| {
///         sum.fetch_add(piece.sum(), Ordering::Relaxed);
///     });
///     member.barrier();
///     assert_eq!(sum.load(Ordering::Relaxed), 499_500);
/// });
/// ```
#[derive(Debug)]
pub struct Team {
    workers: Arc<Workers>,
}

impl Team {
    /// A team of up to `count` threads, the caller's included. `start` must run each body
    /// that it is given on a thread of its own, or return `false` if it cannot, and then
    /// the team is smaller. A body ends when the team is dropped.
    pub fn new(
        count: usize,
        mut start: impl FnMut(Box<dyn FnOnce() + Send>) -> bool,
    ) -> Team {
        let workers = Arc::new(Workers::new(count.max(1)));
        for index in 1..count {
            let body = Arc::clone(&workers);
            if !start(Box::new(move || body.work(index))) {
                break;
            }
            workers.add();
        }
        Team { workers }
    }

    /// The caller alone.
    pub fn alone() -> Team {
        Team::new(1, |_| false)
    }

    /// How many threads there are.
    pub fn count(&self) -> usize {
        self.workers.count()
    }

    /// Has `count` members call `job`, or all if there are fewer, and returns when they
    /// have.
    ///
    /// # Panics
    /// If a member does; the team is of no use after that.
    pub fn run(&mut self, count: usize, job: Job<'_>) {
        self.workers.run(count.clamp(1, self.count()), job);
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.workers.end();
    }
}
