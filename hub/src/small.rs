//! Small answers of the hub, asked for until they come.

use crate::{
    Access, Body, Digest, Fault, FileHeaders, Hasher, HubError, Listing, ModelId,
    Question, RemoteFile, Transport,
};

/// No description of a model, and no index of its weights, is longer, in bytes.
const MOST: usize = 32 << 20;

/// Asks the hub what a model has at a branch, tag or commit.
///
/// # Errors
/// If there is no such model, it may not be seen, or the hub cannot be reached.
pub async fn list(
    transport: &impl Transport,
    access: &Access,
    id: &ModelId,
    revision: &str,
) -> Result<Listing, HubError> {
    let question = access.question(access.endpoint.listing(id, revision));
    let what = named(id, revision);
    let attempt = || whole(transport, &question);
    let (file, bytes) = access.persist(transport, id.as_str(), &what, attempt).await?;
    let (host, id) = (access.endpoint.host(), id.clone());
    if file.is_page {
        let reason = "the address answers with a web page".into();
        return Err(HubError::Listing { host, id: id.into(), reason });
    }
    Listing::read(&bytes, &id).map_err(|reason| HubError::Listing {
        host,
        id: id.into(),
        reason,
    })
}

/// A model at a revision, as a person would write it.
pub(crate) fn named(id: &ModelId, revision: &str) -> String {
    match revision {
        "main" => format!("\"{id}\""),
        other => format!("\"{id}\" at revision \"{other}\""),
    }
}

/// A small file of a model as a whole, checked against its hash.
pub(crate) async fn read_file(
    transport: &impl Transport,
    access: &Access,
    listing: &Listing,
    file: &RemoteFile,
) -> Result<Vec<u8>, HubError> {
    let url = access.endpoint.file(&listing.id, &listing.commit, &file.path);
    let question = access.question(url);
    let attempt = || whole(transport, &question);
    let id = listing.id.as_str();
    let (_, bytes) = access.persist(transport, id, &file.path, attempt).await?;
    let mut hasher = Hasher::new(&file.digest, file.size);
    hasher.update(&bytes);
    match bytes.len() as u64 == file.size && hasher.is(&file.digest) {
        true => Ok(bytes),
        false => Err(HubError::WrongBytes { file: file.path.clone() }),
    }
}

/// Asks for one byte of a file, and so for what the hub says of it: its size and hash,
/// where its listing does not tell them. Its commit comes with it.
pub(crate) async fn describe(
    transport: &impl Transport,
    access: &Access,
    id: &ModelId,
    revision: &str,
    path: &str,
) -> Result<(RemoteFile, Option<String>), HubError> {
    let url = access.endpoint.file(id, revision, path);
    let question = Question { range: Some(0..1), ..access.question(url) };
    let attempt = || head(transport, &question);
    let (size, file) = access.persist(transport, id.as_str(), path, attempt).await?;
    let FileHeaders { etag, commit, .. } = file;
    let untold = |lacks| HubError::Unverifiable {
        host: access.endpoint.host(),
        file: path.to_owned(),
        lacks,
    };
    let size = size.ok_or_else(|| untold("the size"))?;
    let digest = etag.and_then(|etag| Digest::of_etag(&etag));
    let digest = digest.ok_or_else(|| untold("the hash"))?;
    Ok((RemoteFile { path: path.to_owned(), size, digest }, commit))
}

/// The size of the file that is asked for, and what else is said of it.
async fn head(
    transport: &impl Transport,
    question: &Question,
) -> Result<(Option<u64>, FileHeaders), Fault> {
    let answer = transport.get(question).await?;
    answer.check()?;
    let size = answer.size().filter(|_| !answer.encoded);
    Ok((size, answer.file))
}

async fn whole(
    transport: &impl Transport,
    question: &Question,
) -> Result<(FileHeaders, Vec<u8>), Fault> {
    let mut answer = transport.get(question).await?;
    answer.check()?;
    let mut bytes = Vec::new();
    while let Some(part) = answer.body.next().await? {
        bytes.extend(part);
        if bytes.len() > MOST {
            return Err(Fault::TooLong);
        }
    }
    Ok((answer.file, bytes))
}
