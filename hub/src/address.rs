//! Files at addresses of their own. No hub lists them: the response to a request alone tells whether
//! there is a file, and how long it is.

use crate::{
    Access, Body, FileRequest, FileResponse, HubError, RequestFault, Transport,
    Validators,
};

/// What an address answers with.
#[derive(Debug)]
pub enum AtAddress<F> {
    /// A file.
    File(F),
    /// There is no such file.
    Nothing,
    /// A page for people, as hosts of single-page sites send for what they do not have.
    WebPage,
}

/// Asks for a file. Its bytes are not read yet.
///
/// # Errors
/// If the host cannot be reached, or gives the file to nobody or not to this page. A host that
/// cannot be reached is asked once: its address is most likely wrong.
pub async fn open<T: Transport>(
    transport: &T,
    access: &Access,
    url: &str,
) -> Result<AtAddress<FileResponse<T::Body>>, HubError> {
    persist(transport, access, url, || open_once(transport, url)).await
}

/// Reads a file of at most `most` bytes, with what its host says of it; none if the file is
/// larger. `tell` is given the number of bytes that came since its last call, a negative one if they
/// have to come again; and the size of the file, if its host says it.
///
/// # Errors
/// Those of [`open`], or if the connection breaks again and again.
pub async fn read_small<T: Transport>(
    transport: &T,
    access: &Access,
    url: &str,
    most: usize,
    tell: &dyn Fn(i64, Option<u64>),
) -> Result<AtAddress<Option<(Vec<u8>, Validators)>>, HubError> {
    let attempt = async || {
        let mut answer = match open_once(transport, url).await? {
            AtAddress::File(answer) => answer,
            AtAddress::Nothing => return Ok(AtAddress::Nothing),
            AtAddress::WebPage => return Ok(AtAddress::WebPage),
        };
        let (mut bytes, size) = (Vec::new(), answer.file.size);
        let read = async {
            while let Some(part) = answer.body.next().await? {
                bytes.extend_from_slice(&part);
                tell(part.len() as i64, size);
                if bytes.len() > most {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        match read.await {
            Ok(true) => Ok(AtAddress::File(Some((bytes, answer.validators(0))))),
            Ok(false) => Ok(AtAddress::File(None)),
            Err(fault) => {
                tell(-(bytes.len() as i64), size);
                Err(fault)
            }
        }
    };
    persist(transport, access, url, attempt).await
}

async fn open_once<T: Transport>(
    transport: &T,
    url: &str,
) -> Result<AtAddress<FileResponse<T::Body>>, RequestFault> {
    let request = FileRequest { url: url.to_owned(), range: None, credential: None };
    let answer = transport.get(&request).await?;
    match answer.status {
        // Some hosts answer 403 for what they do not have, as S3 does.
        403 | 404 | 410 => return Ok(AtAddress::Nothing),
        _ => answer.check()?,
    }
    match answer.file.is_page {
        true => Ok(AtAddress::WebPage),
        false => Ok(AtAddress::File(answer)),
    }
}

/// Tries until it succeeds or a fault does not pass.
async fn persist<R>(
    transport: &impl Transport,
    access: &Access,
    url: &str,
    attempt: impl AsyncFn() -> Result<R, RequestFault>,
) -> Result<R, HubError> {
    let mut failures = 0;
    loop {
        let fault = match attempt().await {
            Ok(result) => return Ok(result),
            Err(fault) => fault,
        };
        failures = match fault {
            RequestFault::Unreachable(_) => access.backoff.attempts,
            _ => failures + 1,
        };
        let wait = access.verdict(&fault, url, url, failures, transport)?;
        transport.sleep(wait).await;
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
