//! What a host says of a file that it gives no hash of: enough to tell whether a later answer is of
//! the same file.

use serde::{Deserialize, Serialize};

/// The validators of an answer (RFC 9110, section 8.8) and the length of the file, as far as the host
/// sends them and they may be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub modified: Option<String>,
    /// The length of the whole file in bytes, as `Content-Length` has it.
    pub length: Option<String>,
}

impl Validators {
    /// Whether both are of the same file: something can be compared, and nothing differs.
    pub fn match_those(&self, other: &Validators) -> bool {
        self.compared(other).next().is_some() && !self.contradict(other)
    }

    /// Whether anything that both say differs.
    pub fn contradict(&self, other: &Validators) -> bool {
        self.compared(other).any(|is_equal| !is_equal)
    }

    /// For everything that both say, whether it is equal.
    fn compared(&self, other: &Validators) -> impl Iterator<Item = bool> {
        let etags = self.etag.as_deref().zip(other.etag.as_deref());
        let modified = self.modified.as_ref().zip(other.modified.as_ref());
        let lengths = self.length.as_ref().zip(other.length.as_ref());
        let etags = etags.map(|(a, b)| bare_etag(a) == bare_etag(b));
        let modified = modified.map(|(a, b)| a == b);
        let lengths = lengths.map(|(a, b)| a == b);
        [etags, modified, lengths].into_iter().flatten()
    }
}

/// `W/"…"` or `"…"` without that. So tags are compared weakly (RFC 9110, section 8.8.3.2): a host
/// may mark the tag of an answer that it compressed.
pub(crate) fn bare_etag(etag: &str) -> &str {
    let etag = etag.trim();
    etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_if_all_that_can_be_compared_is() {
        let validators = |etag: &str, modified: &str, length: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Validators {
                etag: some(etag),
                modified: some(modified),
                length: some(length),
            }
        };
        let kept = validators("", "Mon", "10");
        for (now, is_same) in [
            (validators("", "Mon", "10"), true),
            (validators("x", "Mon", ""), true),
            (validators("", "Mon", "11"), false),
            (validators("", "Tue", "10"), false),
            (validators("x", "", ""), false),
            (validators("", "", ""), false),
        ] {
            assert_eq!(kept.match_those(&now), is_same, "{now:?}");
        }
        // What cannot be compared is no contradiction.
        assert!(!kept.contradict(&validators("x", "", "")));
        assert!(kept.contradict(&validators("x", "Mon", "11")));
    }

    #[test]
    fn the_mark_of_a_weak_etag_makes_no_difference() {
        let of =
            |etag: &str| Validators { etag: Some(etag.into()), ..Validators::default() };
        assert!(of("W/\"a\"").match_those(&of("\"a\"")));
        assert!(!of("W/\"a\"").match_those(&of("\"b\"")));
    }
}
