//! What a team does with jobs, slow members and panics.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::Team;

fn of(count: usize) -> Team {
    Team::new(count, |body| std::thread::Builder::new().spawn(body).is_ok())
}

#[test]
fn shares_cover_everything_once() {
    for count in 1..6 {
        let seen: Vec<AtomicU32> = (0..17).map(|_| AtomicU32::new(0)).collect();
        of(count).run(count, &|member| {
            for index in member.share(17) {
                seen[index].fetch_add(1, Ordering::Relaxed);
            }
        });
        assert!(seen.iter().all(|seen| seen.load(Ordering::Relaxed) == 1));
    }
}

#[test]
fn pieces_cover_everything_once_between_two_barriers() {
    for (count, length) in [(1, 17), (2, 17), (3, 2), (4, 1000), (2, 0)] {
        let seen: Vec<AtomicU32> = (0..length).map(|_| AtomicU32::new(0)).collect();
        let mut team = of(count);
        for _ in 0..2 {
            team.run(count, &|member| {
                for _ in 0..3 {
                    member.for_each_piece(length, |piece| {
                        for index in piece {
                            seen[index].fetch_add(1, Ordering::Relaxed);
                        }
                    });
                    member.barrier();
                }
            });
        }
        assert!(seen.iter().all(|seen| seen.load(Ordering::Relaxed) == 6));
    }
}

#[test]
fn a_member_that_is_slow_is_helped() {
    let done: Vec<AtomicU32> = (0..2).map(|_| AtomicU32::new(0)).collect();
    of(2).run(2, &|member| {
        member.for_each_piece(12, |piece| {
            if member.index == 0 {
                std::thread::sleep(std::time::Duration::from_millis(300));
            }
            done[member.index].fetch_add(piece.len() as u32, Ordering::Relaxed);
        });
    });
    assert!(done[0].load(Ordering::Relaxed) < done[1].load(Ordering::Relaxed));
}

#[test]
fn what_was_written_before_a_barrier_is_read_after_it() {
    let mut team = of(3);
    let cells: Vec<AtomicU64> = (0..3).map(|_| AtomicU64::new(0)).collect();
    for run in 1..20 {
        team.run(3, &|member| {
            for round in 0..50 {
                let value = run * 1000 + round;
                cells[member.index].store(value, Ordering::Relaxed);
                member.barrier();
                let next = &cells[(member.index + 1) % member.count];
                assert_eq!(next.load(Ordering::Relaxed), value);
                member.barrier();
            }
        });
    }
}

#[test]
fn a_panic_of_one_member_reaches_the_caller_and_hangs_no_one() {
    for culprit in 0..3 {
        let mut team = of(3);
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
            team.run(3, &|member| {
                assert!(member.index != culprit, "on purpose");
                member.barrier();
            });
        }));
        assert!(outcome.is_err());
    }
}

#[test]
fn a_run_may_take_fewer_members() {
    let mut team = of(4);
    for count in [4, 1, 2, 3, 9, 1, 4, 2] {
        let seen = AtomicU32::new(0);
        team.run(count, &|member| {
            assert_eq!(member.count, count.min(4));
            member.barrier();
            seen.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(seen.load(Ordering::Relaxed) as usize, count.min(4));
    }
}

#[test]
fn members_that_have_slept_wake_up() {
    let mut team = of(2);
    for _ in 0..3 {
        let count = AtomicU32::new(0);
        team.run(2, &|_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(count.load(Ordering::Relaxed), 2);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_panic_whose_payload_panics_too_reaches_the_caller_after_all_members_are_done() {
    struct PanicsWhenDropped;
    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "on purpose, again");
        }
    }
    let finished = AtomicU32::new(0);
    let mut team = of(2);
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
        team.run(2, &|member| {
            if member.index == 0 {
                std::panic::panic_any(PanicsWhenDropped);
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
            finished.fetch_add(1, Ordering::Relaxed);
        });
    }));
    assert!(outcome.is_err());
    assert_eq!(finished.load(Ordering::Relaxed), 1, "the caller waits for the others");
}
