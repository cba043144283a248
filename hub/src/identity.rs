//! How a file is known to be the one that was meant.

use serde::{Deserialize, Serialize};

use crate::{Digest, Validators};

/// What tells a file from others. In JSON it is the one or the other without a name around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FileIdentity {
    /// The hash of its bytes, which a hub gives: every byte is checked.
    Digest(Digest),
    /// What its host says of it, where there is no hash: it shows whether the file has changed
    /// before a download goes on.
    Validators(Validators),
}

impl FileIdentity {
    /// What its bytes hash to, if that is known.
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            FileIdentity::Digest(digest) => Some(digest),
            FileIdentity::Validators(_) => None,
        }
    }
}

impl From<Digest> for FileIdentity {
    fn from(digest: Digest) -> FileIdentity {
        FileIdentity::Digest(digest)
    }
}

impl From<&Digest> for FileIdentity {
    fn from(digest: &Digest) -> FileIdentity {
        FileIdentity::Digest(digest.clone())
    }
}

impl From<Validators> for FileIdentity {
    fn from(validators: Validators) -> FileIdentity {
        FileIdentity::Validators(validators)
    }
}
