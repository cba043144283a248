//! From the name of a model to the files of a hub to download, with their sizes and hashes.

use crate::choice::usual_names;
use crate::gguf_choice::{lossy_gguf, small_gguf};
use crate::paths::is_gguf;
use crate::small::{describe, named, read_file};
use crate::{
    Access, GgufTwin, HubError, ListedFile, Listing, ModelId, Preference, Reference,
    RemoteFile, Selected, Selection, ShardIndex, Transport, Unusable, Wanted, choose,
    is_commit, list,
};

/// No file of a model is larger, in bytes.
const LARGEST: u64 = 1 << 40;
/// No file beside the weights is larger, in bytes: it is read into memory as a whole.
const LARGEST_SMALL: u64 = 256 << 20;
/// No model has its weights in more files.
const MOST_SHARDS: usize = 1000;

/// The files to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenFiles {
    /// The weights: one GGUF file, or safetensors files in order.
    pub weights: Vec<RemoteFile>,
    /// What goes with them.
    pub others: Vec<RemoteFile>,
}

impl ChosenFiles {
    /// All of them, the small ones first.
    pub fn files(&self) -> impl Iterator<Item = &RemoteFile> {
        self.others.iter().chain(&self.weights)
    }

    /// Whether the weights are a GGUF file.
    pub fn is_gguf(&self) -> bool {
        self.weights.iter().any(|file| is_gguf(&file.path))
    }

    /// Whether the weights are a GGUF file of five bits or four.
    pub fn is_small(&self) -> bool {
        self.weights.iter().all(|file| small_gguf(&file.path))
    }

    /// The folder of the model that the files lie in; empty for its own.
    pub fn folder(&self) -> &str {
        // Weights may lie in a folder of their own beside the other files.
        let first = self.others.first().or(self.weights.first());
        let path = first.map_or("", |file| file.path.as_str());
        path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

/// A model that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundModel {
    /// The name that it was asked for by: its own, that of its twin, or one that the hub
    /// redirects from.
    pub asked: ModelId,
    /// What the hub has of it.
    pub listing: Listing,
    /// The files to download.
    pub choice: ChosenFiles,
}

/// Looks for a model and chooses its files. Of a model that is named without more, its
/// GGUF twin is taken if there is one, unless the exact weights are preferred. A GGUF file
/// of more than `room` bytes is taken only if it is named or no other will do.
///
/// # Errors
/// If there is no such model, none of its files can be used, or the hub cannot be reached.
pub async fn find(
    transport: &impl Transport,
    access: &Access,
    reference: &Reference,
    twin: Option<&GgufTwin>,
    preference: Preference,
    room: Option<u64>,
) -> Result<FoundModel, HubError> {
    let find_one = async |reference: &Reference| {
        find_one(transport, access, reference, preference, room).await
    };
    let twin = twin.filter(|_| reference.is_plain() && preference != Preference::Exact);
    if let Some(twin) = twin {
        let wanted = twin.file.clone().map_or(Wanted::Any, Wanted::File);
        let twin = Reference { id: twin.id.clone(), revision: None, wanted };
        match find_one(&twin).await {
            // Its own folder would not be reached, either.
            Err(error @ HubError::Offline { .. }) => return Err(error),
            Err(_) => {}
            Ok(found) if preference == Preference::Small && !found.choice.is_small() => {
                // A file of more bits would stay as it is; published weights can become four.
                return match find_one(reference).await {
                    Ok(own) if own.choice.is_small() || !own.choice.is_gguf() => Ok(own),
                    _ => Ok(found),
                };
            }
            found => return found,
        }
    }
    find_one(reference).await
}

async fn find_one(
    transport: &impl Transport,
    access: &Access,
    reference: &Reference,
    preference: Preference,
    room: Option<u64>,
) -> Result<FoundModel, HubError> {
    let Reference { id, wanted, .. } = reference;
    let (mut listing, is_list) =
        match list(transport, access, id, reference.revision()).await {
            Err(error @ HubError::Missing { .. }) => {
                let described = describe_all(transport, access, reference).await;
                (described.ok_or(error)?, false)
            }
            listing => (listing?, true),
        };
    let mut index = None;
    let selection = loop {
        let chosen = match within(&listing, wanted, preference, index.as_ref(), room) {
            Some(chosen) => Ok(chosen),
            None => choose(&paths(&listing.files), wanted, preference, index.as_ref()),
        };
        match chosen {
            Ok(Selected::Files(selection)) => break selection,
            Ok(Selected::NeedsIndex(path)) if index.is_none() => {
                let file =
                    facts(transport, access, &listing, &path, LARGEST_SMALL).await?;
                let json = read_file(transport, access, &listing, &file).await?;
                let read = ShardIndex::read(&json).map_err(|reason| {
                    unusable(id.as_str(), format!("{path} cannot be read: {reason}"))
                })?;
                if !is_list {
                    add_shards(transport, access, &mut listing, &path, &read).await;
                }
                index = Some(read);
            }
            Ok(Selected::NeedsIndex(path)) => {
                return Err(unusable(id.as_str(), format!("{path} cannot be read")));
            }
            Err(Unusable::Missing(path)) => {
                let what = format!("\"{path}\" in {}", named(id, reference.revision()));
                return Err(HubError::Missing { what, host: access.endpoint.host() });
            }
            Err(Unusable::Because(reason)) => {
                return Err(unusable(id.as_str(), reason));
            }
        }
    };
    let choice = complete(transport, access, &listing, selection).await?;
    Ok(FoundModel { asked: id.clone(), listing, choice })
}

/// The choice among the GGUF files of a model that are not too large; none if all of them
/// have room, one is named, or those that are left would lose much.
fn within(
    listing: &Listing,
    wanted: &Wanted,
    preference: Preference,
    index: Option<&ShardIndex>,
    room: Option<u64>,
) -> Option<Selected> {
    let room = room.filter(|_| matches!(wanted, Wanted::Any | Wanted::Folder(_)))?;
    let has_room = |file: &&ListedFile| {
        !is_gguf(&file.path) || file.size.is_none_or(|size| size <= room)
    };
    let files: Vec<&ListedFile> = listing.files.iter().filter(has_room).collect();
    if files.len() == listing.files.len() {
        return None;
    }
    let chosen = choose(&paths(files), wanted, preference, index).ok()?;
    let Selected::Files(selection) = &chosen else { return None };
    let will_do = |path: &String| is_gguf(path) && !lossy_gguf(path);
    selection.weights.iter().all(will_do).then_some(chosen)
}

fn paths<'a>(files: impl IntoIterator<Item = &'a ListedFile>) -> Vec<&'a str> {
    files.into_iter().map(|file| file.path.as_str()).collect()
}

fn unusable(id: &str, reason: String) -> HubError {
    HubError::NoWeights { id: id.to_owned(), reason }
}

/// The sizes and hashes of what was chosen.
async fn complete(
    transport: &impl Transport,
    access: &Access,
    listing: &Listing,
    selection: Selection,
) -> Result<ChosenFiles, HubError> {
    let mut choice = ChosenFiles { weights: Vec::new(), others: Vec::new() };
    for path in &selection.others {
        let file = facts(transport, access, listing, path, LARGEST_SMALL).await?;
        choice.others.push(file);
    }
    for path in &selection.weights {
        let file = facts(transport, access, listing, path, LARGEST).await?;
        choice.weights.push(file);
    }
    Ok(choice)
}

/// A file's size and hash as they are listed, or else as the hub tells them with the file.
async fn facts(
    transport: &impl Transport,
    access: &Access,
    listing: &Listing,
    path: &str,
    most: u64,
) -> Result<RemoteFile, HubError> {
    let Listing { id, commit, .. } = listing;
    let file = match listing.file(path).and_then(ListedFile::remote) {
        Some(file) => file,
        None => describe(transport, access, id, commit, path).await?.0,
    };
    match file.size <= most {
        true => Ok(file),
        false => Err(HubError::Listing {
            host: access.endpoint.host(),
            id: id.to_string(),
            reason: format!("{path} would have {} bytes", file.size),
        }),
    }
}

/// What a model has of the usual files, for a hub without lists; none if there is nothing.
async fn describe_all(
    transport: &impl Transport,
    access: &Access,
    reference: &Reference,
) -> Option<Listing> {
    let (id, revision) = (&reference.id, reference.revision());
    let folder = match &reference.wanted {
        Wanted::File(path) => path.rsplit_once('/').map(|(folder, _)| folder),
        Wanted::Folder(folder) => Some(folder.as_str()),
        Wanted::Any | Wanted::Quantization(_) => None,
    };
    let prefix = folder.map_or_else(String::new, |folder| format!("{folder}/"));
    let named = match &reference.wanted {
        Wanted::File(path) => Some(path.clone()),
        _ => None,
    };
    let usual = usual_names().map(|name| format!("{prefix}{name}"));
    let (mut files, mut commit) = (Vec::new(), None);
    for path in named.into_iter().chain(usual) {
        match describe(transport, access, id, revision, &path).await {
            Ok((file, at)) => {
                commit = commit.or(at);
                files.push(listed(file));
            }
            // The first one is there if there is anything.
            Err(_) if files.is_empty() => return None,
            Err(_) => {}
        }
    }
    let commit = commit.filter(|commit| is_commit(commit))?;
    let id = id.clone();
    Some(Listing { id, commit, gated: false, private: false, files })
}

/// Adds the files that an index names, for a hub without lists.
async fn add_shards(
    transport: &impl Transport,
    access: &Access,
    listing: &mut Listing,
    path: &str,
    index: &ShardIndex,
) {
    let prefix = path.rsplit_once('/').map_or(String::new(), |(at, _)| format!("{at}/"));
    for name in index.files().into_iter().take(MOST_SHARDS) {
        let path = format!("{prefix}{name}");
        let known = listing.file(&path).is_some();
        let (id, commit) = (&listing.id, &listing.commit);
        if !known
            && let Ok((file, _)) = describe(transport, access, id, commit, &path).await
        {
            listing.files.push(listed(file));
        }
    }
}

fn listed(file: RemoteFile) -> ListedFile {
    let RemoteFile { path, size, digest } = file;
    ListedFile { path, size: Some(size), digest: Some(digest) }
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
