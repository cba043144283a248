//! A hub and who asks it, and what the faults of its answers mean.

use crate::{
    Backoff, Credential, Endpoint, FileRequest, HubError, Refusal, RequestFault,
    TokenUse, Transport,
};

/// A file's host, to which the hub redirects, is asked so often after it refused: each
/// time the hub gives another address, which may have ended only by its time.
const ATTEMPTS_AT_FILE_HOST: u32 = 3;

/// A hub, or the host of an address, and who asks it.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The hub, or the host.
    pub endpoint: Endpoint,
    /// An access token with the hub that it belongs to, if there is one.
    pub credential: Option<Credential>,
    /// How long to wait after faults.
    pub backoff: Backoff,
}

impl Access {
    /// Access to the host of an address, which gets no token.
    pub fn to_host_of(address: &str) -> Access {
        Access { endpoint: Endpoint::host_of(address), ..Access::default() }
    }

    /// A request to the hub for a whole file.
    pub(crate) fn request(&self, url: String) -> FileRequest {
        FileRequest { url, range: None, credential: self.credential.clone() }
    }

    /// Tries until it succeeds or a fault does not pass. `what` is what is asked for, of the
    /// model `id`.
    pub(crate) async fn persist<R, F: Future<Output = Result<R, RequestFault>>>(
        &self,
        transport: &impl Transport,
        id: &str,
        what: &str,
        attempt: impl Fn() -> F,
    ) -> Result<R, HubError> {
        let mut failures = 0;
        loop {
            let fault = match attempt().await {
                Ok(result) => return Ok(result),
                Err(fault) => fault,
            };
            failures += 1;
            let wait = self.verdict(&fault, id, what, failures, transport)?;
            transport.sleep(wait).await;
        }
    }

    /// What became of the token when the hub was asked.
    fn token(&self) -> TokenUse {
        let credential = self.credential.as_ref();
        credential.map_or(TokenUse::None, |credential| credential.sent_to(&self.endpoint))
    }

    /// What a fault means: how long to wait before the next attempt, in milliseconds, or
    /// that there is none. `what` was asked for, for the model `id`.
    pub(crate) fn verdict(
        &self,
        fault: &RequestFault,
        id: &str,
        what: &str,
        failures: u32,
        transport: &impl Transport,
    ) -> Result<f64, HubError> {
        let host = self.endpoint.host();
        let retry_after = match fault {
            RequestFault::Status(refusal) => {
                self.of_status(refusal, id, what, failures)?
            }
            RequestFault::Redirect(to) => {
                return Err(HubError::Redirect { host, to: to.clone() });
            }
            RequestFault::Page => {
                return Err(HubError::Page { host, file: what.into() });
            }
            RequestFault::TooLong | RequestFault::Changed => {
                let (file, reason) = (what.into(), fault.words());
                return Err(HubError::Interrupted { file, reason });
            }
            _ => None,
        };
        if failures >= self.backoff.attempts {
            return Err(match fault {
                RequestFault::Status(refusal) if refusal.message.is_some() => {
                    self.refused(refusal, what.into())
                }
                RequestFault::Status(refusal) => {
                    HubError::Server { host, status: refusal.status }
                }
                RequestFault::Unreachable(reason) => {
                    HubError::Offline { host, reason: reason.clone() }
                }
                RequestFault::NoRanges => HubError::NoRanges { file: what.into() },
                other => {
                    HubError::Interrupted { file: what.into(), reason: other.words() }
                }
            });
        }
        Ok(self.backoff.wait_ms(failures, transport.random(), retry_after))
    }

    /// What a status means: how long the server asks to wait, in seconds, if another
    /// attempt can help.
    fn of_status(
        &self,
        refusal: &Refusal,
        id: &str,
        what: &str,
        failures: u32,
    ) -> Result<Option<u64>, HubError> {
        let host = self.endpoint.host();
        let Refusal { status, retry_after, error_code, host: answered, .. } = refusal;
        let (id, what) = (id.to_owned(), what.to_owned());
        let elsewhere = answered.as_ref().is_some_and(|answered| *answered != host);
        let token = self.token();
        match (status, error_code.as_deref()) {
            (_, Some("GatedRepo")) => Err(HubError::Gated { id, host, token }),
            (_, Some("RepoNotFound")) => Err(HubError::Unauthorized { id, host, token }),
            (401, _) if !elsewhere => Err(HubError::Unauthorized { id, host, token }),
            // The model is there. Its usual branch may have another name.
            (404, Some("RevisionNotFound")) if what == format!("\"{id}\"") => {
                Err(HubError::Missing {
                    what: format!("{what} at revision \"main\""),
                    host,
                })
            }
            (404 | 410, _) => Err(HubError::Missing { what, host }),
            (407, _) => Err(HubError::ProxyAuthentication { host }),
            (429, _) => {
                let seconds = retry_after.unwrap_or(0);
                if seconds > self.backoff.patience_s || failures >= self.backoff.attempts
                {
                    let seconds = seconds.max(60);
                    return Err(HubError::RateLimited { host, seconds });
                }
                Ok(*retry_after)
            }
            // No room, or nothing of the kind.
            (501 | 505 | 507 | 511, _) => Err(self.refused(refusal, what)),
            (408 | 425 | 500..=599, _) => {
                Ok(retry_after.filter(|wait| *wait <= self.backoff.patience_s))
            }
            (401 | 403, _) if elsewhere && failures < ATTEMPTS_AT_FILE_HOST => Ok(None),
            // What can never be right will not be the next time.
            _ => Err(self.refused(refusal, what)),
        }
    }

    fn refused(&self, refusal: &Refusal, what: String) -> HubError {
        let Refusal { status, message, host, .. } = refusal.clone();
        HubError::Refused {
            what,
            host: host.unwrap_or_else(|| self.endpoint.host()),
            status,
            reason: message,
            token: self.token(),
        }
    }
}
