//! How the requests of a step share its prompt tokens.

/// How many tokens each may read, of those that it needs: all the same, as far as they
/// need so many, and one at least. What then is left of `budget` goes to those that need
/// more, in turn.
pub(super) fn shares(needed: &[usize], budget: usize, turn: usize) -> Vec<usize> {
    let readers = needed.iter().filter(|needed| **needed > 0).count();
    let share = (budget / readers.max(1)).max(1);
    let mut shares: Vec<usize> = needed.iter().map(|needed| share.min(*needed)).collect();
    let mut left = budget.saturating_sub(shares.iter().sum());
    let count = needed.len();
    for index in (0..count).map(|index| (index + turn) % count) {
        let more = left.min(needed[index] - shares[index]);
        shares[index] += more;
        left -= more;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alone_gets_all_and_several_share() {
        assert_eq!(shares(&[100], 60, 0), [60]);
        assert_eq!(shares(&[100, 100], 60, 0), [30, 30]);
        assert_eq!(shares(&[10], 60, 0), [10]);
        assert_eq!(shares(&[0, 100], 60, 0), [0, 60]);
    }

    #[test]
    fn what_some_do_not_need_goes_to_the_others_in_turn() {
        assert_eq!(shares(&[1, 100, 100], 60, 0), [1, 39, 20]);
        assert_eq!(shares(&[1, 100, 100], 60, 2), [1, 20, 39]);
    }

    #[test]
    fn everyone_gets_on_however_slow_the_machine_is() {
        assert_eq!(shares(&[1, 1, 100], 1, 0), [1, 1, 1]);
        assert_eq!(shares(&[], 1, 7), [0; 0]);
    }
}
