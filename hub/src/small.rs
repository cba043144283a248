//! Small answers of the hub, asked for until they come.

use crate::{
    Backoff, Body, Credential, Endpoint, Fault, HubError, Listing, ModelId, Question,
    Transport,
};

/// No description of a model is longer, in bytes.
const MOST: usize = 16 << 20;

/// A hub and who asks it.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The hub.
    pub endpoint: Endpoint,
    /// An access token with the hub that it belongs to, if there is one.
    pub credential: Option<Credential>,
    /// How long to wait after faults.
    pub backoff: Backoff,
}

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
    let url = access.endpoint.listing(id, revision);
    let question = Question { url, range: None, credential: access.credential.clone() };
    let mut failures = 0;
    loop {
        let fault = match whole(transport, &question).await {
            Ok(bytes) => return Listing::read(&bytes, id),
            Err(fault) => fault,
        };
        failures += 1;
        let what = match revision {
            "main" => id.to_string(),
            other => format!("{id} at {other}"),
        };
        let wait = access.verdict(&fault, id.as_str(), &what, failures, transport)?;
        transport.sleep(wait).await;
    }
}

async fn whole(
    transport: &impl Transport,
    question: &Question,
) -> Result<Vec<u8>, Fault> {
    let mut answer = transport.get(question).await?;
    answer.check()?;
    let mut bytes = Vec::new();
    while let Some(part) = answer.body.next().await? {
        bytes.extend(part);
        if bytes.len() > MOST {
            return Err(Fault::WrongRange);
        }
    }
    Ok(bytes)
}

impl Access {
    /// What a fault means: how long to wait before the next attempt, in milliseconds, or
    /// that there is none. `what` was asked for, for the model `id`.
    pub(crate) fn verdict(
        &self,
        fault: &Fault,
        id: &str,
        what: &str,
        failures: u32,
        transport: &impl Transport,
    ) -> Result<f64, HubError> {
        let id = id.to_owned();
        let mut wait = None;
        if let Fault::Status { code, retry_after, error_code } = fault {
            match (code, error_code.as_deref()) {
                (_, Some("GatedRepo")) | (403, _) => return Err(HubError::Gated { id }),
                (401, _) | (_, Some("RepoNotFound")) => {
                    let token = self.credential.is_some();
                    return Err(HubError::Unauthorized { id, token });
                }
                (404 | 410, _) => return Err(HubError::Missing { what: what.into() }),
                (429, _) => {
                    let seconds = retry_after.unwrap_or(0);
                    if seconds > self.backoff.patience_s
                        || failures >= self.backoff.attempts
                    {
                        return Err(HubError::RateLimited { seconds: seconds.max(60) });
                    }
                    wait = *retry_after;
                }
                (408 | 425 | 500..=599, _) => {
                    wait = retry_after.filter(|wait| *wait <= self.backoff.patience_s);
                }
                // What can never be right will not be the next time.
                _ => return Err(HubError::Server { status: *code }),
            }
        }
        if failures >= self.backoff.attempts {
            return Err(match fault {
                Fault::Status { code, .. } => HubError::Server { status: *code },
                Fault::Unreachable(reason) => HubError::Offline {
                    host: self.endpoint.as_str().into(),
                    reason: reason.clone(),
                },
                Fault::NoRanges => HubError::NoRanges { file: what.into() },
                other => {
                    HubError::Interrupted { file: what.into(), reason: other.words() }
                }
            });
        }
        Ok(self.backoff.wait_ms(failures, transport.random(), wait))
    }
}
