//! What is known of a stored model that came from an address: `address.json` in its folder.
//! It is written last, so a folder without it holds nothing.

use futures_util::future::{Either, select};
use model_files::ModelFiles;
use serde::{Deserialize, Serialize};
use std::pin::pin;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, DedicatedWorkerGlobalScope, RequestCache, RequestInit, Response,
};

use super::load::{BESIDE, contents};
use super::storage::Folder;
use crate::source::beneath;

const NAME: &str = "address.json";

/// How long a host may take to say whether a file is still the same.
const PATIENCE_MS: u32 = 5_000;

/// A stored model.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Copy {
    /// Its address as people see it.
    pub(super) address: String,
    /// A name for people.
    pub(super) title: String,
    /// The names of the files beside the weights.
    pub(super) beside: Vec<String>,
    /// What its host said of the files.
    files: Vec<Part>,
}

/// A file at its host.
#[derive(Debug, Serialize, Deserialize)]
struct Part {
    /// Its name in the folder of the model's address; empty if it is that.
    path: String,
    stamp: Stamp,
}

/// What a host says of a file, as far as it does; what changes when the file does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    etag: Option<String>,
    modified: Option<String>,
    /// In bytes.
    length: Option<String>,
}

impl Stamp {
    /// What an answer says.
    pub(crate) fn of(response: &Response) -> Stamp {
        let header = |name| response.headers().get(name).ok().flatten();
        Stamp {
            etag: header("etag"),
            modified: header("last-modified"),
            // With a content encoding it is that of the encoded bytes.
            length: header("content-length")
                .filter(|_| header("content-encoding").is_none()),
        }
    }

    /// Whether this and what is said now are of the same file. What only one of them says
    /// tells nothing; if nothing tells anything, they are not.
    fn fits(&self, now: &Stamp) -> bool {
        let pairs = [
            (&self.etag, &now.etag),
            (&self.modified, &now.modified),
            (&self.length, &now.length),
        ];
        let mut told = pairs.iter().filter_map(|(a, b)| Some((a.as_ref()?, b.as_ref()?)));
        told.clone().next().is_some() && told.all(|(a, b)| a == b)
    }
}

impl Copy {
    /// Of files that were fetched from an address.
    pub(super) fn of(
        name: &str,
        url: &str,
        files: &ModelFiles,
        seen: Vec<(String, Stamp)>,
    ) -> Copy {
        let beside = BESIDE.iter().zip(contents(files));
        let beside = beside.filter(|(_, file)| file.is_some());
        let part = |(of, stamp): (String, Stamp)| {
            let name = of.split('?').next().and_then(|path| path.rsplit('/').next());
            let name = name.filter(|name| beneath(url, name) == of);
            Part { path: name.unwrap_or_default().to_owned(), stamp }
        };
        Copy {
            address: name.to_owned(),
            title: files.name.clone(),
            beside: beside.map(|(name, _)| (*name).to_owned()).collect(),
            files: seen.into_iter().map(part).collect(),
        }
    }

    /// Reads what is in a model's folder; none if there is nothing that makes sense.
    pub(super) async fn read(folder: &Folder) -> Option<Copy> {
        serde_json::from_slice(&folder.read(NAME).await.ok()?).ok()
    }

    /// Its name and contents as a file of the folder.
    pub(super) fn to_file(&self) -> (String, Vec<u8>) {
        (NAME.to_owned(), serde_json::to_vec(self).unwrap_or_default())
    }

    /// Whether the files at the address are those that this was made of. Where the host
    /// cannot be reached or will not say, they are taken for the same.
    pub(super) async fn is_current(
        &self,
        scope: &DedicatedWorkerGlobalScope,
        url: &str,
        signal: &AbortSignal,
    ) -> bool {
        let ask = async {
            for part in &self.files {
                let of = match part.path.as_str() {
                    "" => url.to_owned(),
                    path => beneath(url, path),
                };
                match stamp_at(scope, &of, signal).await {
                    Some(now) if !part.stamp.fits(&now) => return false,
                    Some(_) => {}
                    None => return true,
                }
            }
            true
        };
        let late = gloo_timers::future::TimeoutFuture::new(PATIENCE_MS);
        match select(pin!(ask), late).await {
            Either::Left((is_current, _)) => is_current,
            Either::Right(_) => true,
        }
    }
}

async fn stamp_at(
    scope: &DedicatedWorkerGlobalScope,
    url: &str,
    signal: &AbortSignal,
) -> Option<Stamp> {
    let init = RequestInit::new();
    init.set_method("HEAD");
    init.set_cache(RequestCache::NoCache);
    init.set_signal(Some(signal));
    let asked = JsFuture::from(scope.fetch_with_str_and_init(url, &init)).await.ok()?;
    let response: Response = asked.unchecked_into();
    response.ok().then(|| Stamp::of(&response))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_if_all_that_can_be_compared_is() {
        let stamp = |etag: &str, modified: &str, length: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Stamp { etag: some(etag), modified: some(modified), length: some(length) }
        };
        let kept = stamp("", "Mon", "10");
        for (now, fits) in [
            (stamp("", "Mon", "10"), true),
            (stamp("x", "Mon", ""), true),
            (stamp("", "Mon", "11"), false),
            (stamp("", "Tue", "10"), false),
            (stamp("x", "", ""), false),
            (stamp("", "", ""), false),
        ] {
            assert_eq!(kept.fits(&now), fits, "{now:?}");
        }
    }
}
