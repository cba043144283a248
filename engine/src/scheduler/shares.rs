//! How the requests of a step share its budget of prompt tokens.

/// The number of tokens that each request may read: an equal share of `budget`, at least
/// one, at most what it needs. The rest of the budget goes to those that need more, from
/// the request `turn` on, cyclically.
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
    fn one_request_gets_the_whole_budget_and_several_share_it() {
        assert_eq!(shares(&[100], 60, 0), [60]);
        assert_eq!(shares(&[100, 100], 60, 0), [30, 30]);
        assert_eq!(shares(&[10], 60, 0), [10]);
        assert_eq!(shares(&[0, 100], 60, 0), [0, 60]);
    }

    #[test]
    fn the_unused_share_goes_to_the_others_in_turn() {
        assert_eq!(shares(&[1, 100, 100], 60, 0), [1, 39, 20]);
        assert_eq!(shares(&[1, 100, 100], 60, 2), [1, 20, 39]);
    }

    #[test]
    fn every_request_gets_a_token_however_small_the_budget_is() {
        assert_eq!(shares(&[1, 1, 100], 1, 0), [1, 1, 1]);
        assert_eq!(shares(&[], 1, 7), [0; 0]);
    }
}
