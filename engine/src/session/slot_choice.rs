//! Chooses the sequence for a new text.

use protocol::TokenId;

use super::sequence::Sequence;

/// The sequence for a new text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotChoice {
    /// Continue the sequence in this slot after its common prefix with the text.
    Continue(usize),
    /// Copy the first `length` tokens of the slot `from` to the slot `to`.
    Copy { from: usize, to: usize, length: usize },
    /// Begin an empty sequence in this slot.
    Begin(usize),
    /// Wait: all sequences are busy.
    Wait,
}

/// The most tokens that are read again rather than copied, and removed rather than kept
/// in a sequence of their own.
const MAX_REREAD_TOKENS: usize = 16;

/// Chooses a sequence for an owner's text. There may be at most `limit` sequences.
pub(super) fn choose_slot(
    sequences: &[Sequence],
    limit: usize,
    owner: Option<u64>,
    ids: &[TokenId],
) -> SlotChoice {
    let all = || sequences.iter().enumerate().filter(|(_, sequence)| !sequence.fork);
    // An idle sequence of the same owner or of none can be continued if the tokens that
    // it loses are few, or no more than those that it keeps.
    let usable = |sequence: &Sequence, common: usize| {
        let lost = sequence.ids.len() - common;
        let other_owner = sequence.owner.is_some() && sequence.owner != owner;
        !sequence.busy
            && !other_owner
            && common > 0
            && (lost <= MAX_REREAD_TOKENS || lost <= common)
    };
    let continued = all()
        .map(|(slot, sequence)| (slot, sequence.common_prefix(ids)))
        .filter(|(slot, common)| usable(&sequences[*slot], *common))
        .max_by_key(|(_, common)| *common);
    let source = all()
        .map(|(slot, sequence)| (slot, sequence.common_prefix(ids)))
        .max_by_key(|(_, common)| *common)
        .filter(|(_, common)| {
            *common > MAX_REREAD_TOKENS + continued.map_or(0, |(_, own)| own)
        });
    if let (Some((slot, _)), None) = (continued, source) {
        return SlotChoice::Continue(slot);
    }
    // An empty sequence, a new one, or the least recently used one.
    let idle = || all().filter(|(_, sequence)| !sequence.busy);
    let empty = idle().find(|(_, sequence)| sequence.ids.is_empty());
    let to = match empty {
        Some((slot, _)) => slot,
        None if all().count() < limit => sequences.len(),
        None => match idle().min_by_key(|(_, sequence)| sequence.used) {
            Some((slot, _)) => slot,
            None => return SlotChoice::Wait,
        },
    };
    let common = sequences.get(to).map_or(0, |sequence| sequence.common_prefix(ids));
    match source {
        Some((from, length)) if from != to => SlotChoice::Copy { from, to, length },
        // The least recently used sequence has the longest common prefix itself.
        _ if common > 0 => SlotChoice::Continue(to),
        _ => SlotChoice::Begin(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(ids: impl IntoIterator<Item = TokenId>, owner: Option<u64>) -> Sequence {
        Sequence { ids: ids.into_iter().collect(), owner, ..Sequence::new(1) }
    }

    fn text(ids: impl IntoIterator<Item = TokenId>) -> Vec<TokenId> {
        ids.into_iter().collect()
    }

    #[test]
    fn a_single_sequence_is_always_continued() {
        let mut one = vec![sequence(0..100, Some(1))];
        for text in [text(0..101), text(0..50), text(0..1)] {
            let choice = choose_slot(&one, 1, Some(1), &text);
            assert_eq!(choice, SlotChoice::Continue(0));
        }
        one[0].busy = true;
        assert_eq!(choose_slot(&one, 1, Some(1), &text(0..101)), SlotChoice::Wait);
    }

    #[test]
    fn a_prefix_that_others_have_read_is_copied_and_theirs_stays() {
        let sequences = vec![sequence((0..100).chain(200..220), Some(1))];
        let ids = text((0..100).chain(300..305));
        let copy = SlotChoice::Copy { from: 0, to: 1, length: 100 };
        assert_eq!(choose_slot(&sequences, 4, Some(2), &ids), copy);
        assert_eq!(choose_slot(&sequences, 4, None, &ids), copy);
        // Few tokens are not copied.
        assert_eq!(
            choose_slot(&sequences, 4, Some(2), &text(0..5)),
            SlotChoice::Begin(1)
        );
        // Its owner continues it.
        assert_eq!(choose_slot(&sequences, 4, Some(1), &ids), SlotChoice::Continue(0));
    }

    #[test]
    fn a_sequence_without_an_owner_is_continued_by_anyone() {
        let sequences = vec![sequence(0..100, None), sequence(0..90, None)];
        assert_eq!(
            choose_slot(&sequences, 4, Some(2), &text(0..110)),
            SlotChoice::Continue(0)
        );
        assert_eq!(
            choose_slot(&sequences, 4, None, &text(0..95)),
            SlotChoice::Continue(0)
        );
        let short = text((0..30).chain(500..501));
        let copy = SlotChoice::Copy { from: 1, to: 2, length: 30 };
        assert_eq!(choose_slot(&sequences, 4, None, &short), copy);
    }

    #[test]
    fn a_text_never_takes_the_place_of_a_branch() {
        let branch = Sequence { fork: true, ..sequence(50..60, None) };
        let sequences = vec![sequence(0..10, None), branch];
        assert_eq!(choose_slot(&sequences, 1, None, &text(50..60)), SlotChoice::Begin(0));
        assert_eq!(choose_slot(&sequences, 2, None, &text(50..60)), SlotChoice::Begin(2));
    }

    #[test]
    fn the_least_recently_used_sequence_is_replaced() {
        let mut sequences = vec![sequence(0..10, None), sequence(20..30, None)];
        (sequences[0].used, sequences[1].used) = (5, 3);
        assert_eq!(choose_slot(&sequences, 2, None, &text(50..60)), SlotChoice::Begin(1));
        sequences[1].busy = true;
        assert_eq!(choose_slot(&sequences, 2, None, &text(50..60)), SlotChoice::Begin(0));
        sequences[0].busy = true;
        assert_eq!(choose_slot(&sequences, 2, None, &text(50..60)), SlotChoice::Wait);
    }
}
