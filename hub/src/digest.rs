//! The two hashes that a hub gives of a file, computed as the bytes become available.

use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// What a file's bytes must hash to, in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Digest {
    /// SHA-256 of the bytes: large files.
    Sha256(String),
    /// SHA-1 of git's header and the bytes, which is git's name of the file: small
    /// files. <https://git-scm.com/book/en/v2/Git-Internals-Git-Objects>
    Git(String),
}

impl Digest {
    /// A hash as hubs write it, if it is one: of 64 letters for large files, of 40 for
    /// small ones. Nothing else can be the name of a file's contents.
    pub fn of_etag(etag: &str) -> Option<Digest> {
        Digest::sha256(etag).or_else(|| Digest::git(etag))
    }

    /// A SHA-256 in hexadecimal.
    pub(crate) fn sha256(hex: &str) -> Option<Digest> {
        is_hex(hex, 64).then(|| Digest::Sha256(hex.to_ascii_lowercase()))
    }

    /// A SHA-1 of git in hexadecimal.
    pub(crate) fn git(hex: &str) -> Option<Digest> {
        is_hex(hex, 40).then(|| Digest::Git(hex.to_ascii_lowercase()))
    }

    /// The hash as text; the hub's own ETag of the file.
    pub fn hex(&self) -> &str {
        match self {
            Digest::Sha256(hex) | Digest::Git(hex) => hex,
        }
    }
}

/// A hash that is being computed.
#[derive(Clone, Debug)]
pub enum Hasher {
    /// SHA-256.
    Sha256(Sha256),
    /// SHA-1 as git computes it.
    Git(Sha1),
}

impl Hasher {
    /// Begins with the hash of a file of `size` bytes.
    pub fn new(digest: &Digest, size: u64) -> Hasher {
        match digest {
            Digest::Sha256(_) => Hasher::Sha256(Sha256::new()),
            Digest::Git(_) => {
                Hasher::Git(Sha1::new_with_prefix(format!("blob {size}\0")))
            }
        }
    }

    /// Takes the bytes that follow those it has taken.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Git(hasher) => hasher.update(bytes),
        }
    }

    /// What the bytes taken hash to, in lower-case hexadecimal.
    pub fn hex(self) -> String {
        match self {
            Hasher::Sha256(hasher) => hex(&hasher.finalize()),
            Hasher::Git(hasher) => hex(&hasher.finalize()),
        }
    }

    /// Whether the bytes taken hash to `digest`.
    pub fn is(self, digest: &Digest) -> bool {
        self.hex().eq_ignore_ascii_case(digest.hex())
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hash_is_the_name_of_contents() {
        let (git, sha256) = ("aB".repeat(20), "0f".repeat(32));
        assert_eq!(Digest::of_etag(&git), Some(Digest::Git("ab".repeat(20))));
        assert_eq!(Digest::of_etag(&sha256), Some(Digest::Sha256(sha256.clone())));
        let long = format!("{}/../../x", &git[..31]);
        for etag in ["", "..", "../../etc/passwd", &git[1..], &long, "a-1"] {
            assert_eq!(Digest::of_etag(etag), None, "{etag}");
        }
    }

    #[test]
    fn hashes_are_those_of_sha256sum_and_of_git() {
        // printf 'hello' | sha256sum; printf 'hello' | git hash-object --stdin
        for digest in [
            Digest::Sha256(
                "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824".into(),
            ),
            Digest::Git("b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0".into()),
        ] {
            let mut hasher = Hasher::new(&digest, 5);
            hasher.update(b"hel");
            let other = hasher.clone();
            hasher.update(b"lo");
            assert!(hasher.is(&digest) && !other.is(&digest));
        }
    }
}
