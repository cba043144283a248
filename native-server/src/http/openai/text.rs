//! From tokens to text that can be sent: only whole characters, and nothing that may become a
//! text to stop at.

/// The text of a choice, which is held back until it can be sent.
#[derive(Debug, Default)]
pub(super) struct TextBuffer {
    stops: Vec<Vec<u8>>,
    /// Bytes that have not been released yet.
    held: Vec<u8>,
    /// Bytes that have been released.
    released: usize,
    /// Characters that have begun.
    characters: usize,
}

impl TextBuffer {
    pub(super) fn new(stops: Vec<Vec<u8>>) -> TextBuffer {
        TextBuffer { stops, ..TextBuffer::default() }
    }

    /// All bytes so far.
    pub(super) fn length(&self) -> usize {
        self.released + self.held.len()
    }

    /// Characters that have begun.
    pub(super) fn characters(&self) -> usize {
        self.characters
    }

    /// Bytes that have been released.
    pub(super) fn released(&self) -> usize {
        self.released
    }

    /// Appends the bytes of a token. Returns whether they complete a text to stop at, if it may
    /// stop; that text is then cut off with all that follows.
    pub(super) fn push(&mut self, bytes: &[u8], may_stop: bool) -> bool {
        self.held.extend_from_slice(bytes);
        let starts = bytes.iter().filter(|byte| **byte & 0xC0 != 0x80);
        self.characters += starts.count();
        let ends = self.stops.iter().filter_map(|stop| find(&self.held, stop));
        let end = ends.min().filter(|_| may_stop);
        if let Some(end) = end {
            self.held.truncate(end);
        }
        end.is_some()
    }

    /// Releases the text that can be sent.
    pub(super) fn release(&mut self) -> String {
        let possible = self.stops.iter().map(|stop| overlap(&self.held, stop)).max();
        let sure = self.held.len() - possible.unwrap_or(0);
        let cut = match std::str::from_utf8(&self.held[..sure]) {
            Ok(_) => sure,
            // The beginning of a character is held back until its end comes.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => sure - incomplete_tail(&self.held[..sure]),
        };
        self.take(cut)
    }

    /// Releases all that is left.
    pub(super) fn finish(&mut self) -> String {
        self.take(self.held.len())
    }

    fn take(&mut self, count: usize) -> String {
        self.released += count;
        let bytes: Vec<u8> = self.held.drain(..count).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The first place of `part` in `whole`.
fn find(whole: &[u8], part: &[u8]) -> Option<usize> {
    whole.windows(part.len()).position(|window| window == part)
}

/// The length of the longest end of `whole` that is a beginning of `part`.
fn overlap(whole: &[u8], part: &[u8]) -> usize {
    let longest = whole.len().min(part.len().saturating_sub(1));
    let ends = (1..=longest).rev();
    ends.into_iter().find(|n| whole.ends_with(&part[..*n])).unwrap_or(0)
}

/// The bytes at the end that are the beginning of a character.
fn incomplete_tail(bytes: &[u8]) -> usize {
    (1..=bytes.len().min(3))
        .find(|n| {
            let tail = &bytes[bytes.len() - n..];
            let error = std::str::from_utf8(tail).err();
            error.is_some_and(|e| e.valid_up_to() == 0 && e.error_len().is_none())
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces that come out, and whether the text was stopped.
    fn pieces(stops: &[&str], tokens: &[&[u8]]) -> (Vec<String>, bool) {
        let stops = stops.iter().map(|stop| stop.as_bytes().to_vec()).collect();
        let mut buffer = TextBuffer::new(stops);
        let mut pieces = Vec::new();
        for token in tokens {
            let stopped = buffer.push(token, true);
            if stopped {
                pieces.push(buffer.finish());
                return (pieces, true);
            }
            pieces.push(buffer.release());
        }
        pieces.push(buffer.finish());
        (pieces, false)
    }

    #[test]
    fn a_character_is_shown_when_it_is_whole() {
        let (pieces, _) = pieces(&[], &[b"a\xF0\x9F", b"\x91", b"\x8Bb", b"\xC3"]);
        assert_eq!(pieces, ["a", "", "👋b", "", "\u{FFFD}"]);
    }

    #[test]
    fn bytes_that_are_no_text_do_not_hold_up_what_follows() {
        let (pieces, _) = pieces(&[], &[b"\xFFa\xC3", b"\xA9", b"\xC3", b"x"]);
        assert_eq!(pieces, ["\u{FFFD}a", "é", "", "\u{FFFD}x", ""]);
    }

    #[test]
    fn a_text_to_stop_at_is_found_across_tokens_and_never_shown() {
        let (shown, stopped) =
            pieces(&["\n\n", "END"], &[b"one\n", b"two E", b"N", b"Dx"]);
        assert_eq!((shown.concat().as_str(), stopped), ("one\ntwo ", true));
        assert_eq!(shown[0], "one");
        let (shown, stopped) = pieces(&["END"], &[b"E", b"N", b"E"]);
        assert_eq!((shown.concat().as_str(), stopped), ("ENE", false));
    }

    #[test]
    fn the_first_of_several_stops_counts() {
        let (shown, stopped) = pieces(&["cd", "b"], &[b"abcd"]);
        assert_eq!((shown.concat().as_str(), stopped), ("a", true));
    }
}
