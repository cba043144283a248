//! Small answers of the hub, asked for until they come.

use serde_json::Value;

use crate::transport::line;
use crate::{
    Access, Body, Digest, FileHeaders, FileRequest, Hasher, HubError, Listing, ModelId,
    Refusal, RemoteFile, RequestFault, Transport,
};

/// No description of a model, and no index of its weights, is longer, in bytes.
const MOST: usize = 32 << 20;

/// No reason of a refusal is read further, in bytes.
const MOST_OF_REASON: usize = 16 << 10;

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
    let request = access.request(access.endpoint.listing(id, revision));
    let what = named(id, revision);
    let attempt = || whole(transport, &request);
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
    let request = access.request(url);
    let attempt = || whole(transport, &request);
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
    let request = FileRequest { range: Some(0..1), ..access.request(url) };
    let attempt = || head(transport, &request);
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
    request: &FileRequest,
) -> Result<(Option<u64>, FileHeaders), RequestFault> {
    let answer = transport.get(request).await?;
    answer.check()?;
    let size = answer.size().filter(|_| !answer.encoded);
    Ok((size, answer.file))
}

async fn whole(
    transport: &impl Transport,
    request: &FileRequest,
) -> Result<(FileHeaders, Vec<u8>), RequestFault> {
    let mut answer = transport.get(request).await?;
    if let Err(fault) = answer.check() {
        return Err(with_reason(fault, &mut answer.body).await);
    }
    let mut bytes = Vec::new();
    while let Some(part) = answer.body.next().await? {
        bytes.extend(part);
        if bytes.len() > MOST {
            return Err(RequestFault::TooLong);
        }
    }
    Ok((answer.file, bytes))
}

/// A fault with the reason in the body, where no header has one: mirrors and proxies of
/// companies answer with JSON.
async fn with_reason(fault: RequestFault, body: &mut impl Body) -> RequestFault {
    let RequestFault::Status(refusal) = fault else { return fault };
    if refusal.message.is_some() {
        return RequestFault::Status(refusal);
    }
    let mut bytes = Vec::new();
    while let Ok(Some(part)) = body.next().await {
        bytes.extend(part);
        if bytes.len() > MOST_OF_REASON {
            break;
        }
    }
    RequestFault::Status(Refusal { message: reason(&bytes), ..refusal })
}

/// The reason in a body of JSON: of huggingface.co, of servers in the manner of GitHub, or
/// of Artifactory.
fn reason(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let places = [
        &body["error"],
        &body["message"],
        &body["detail"],
        &body["error"]["message"],
        &body["errors"][0]["message"],
    ];
    line(places.into_iter().find_map(Value::as_str)?)
}
