//! Questions to the replicas of an engine. All of them only read, so each can be asked again.

use std::time::{Duration, Instant};

use protocol::TokenId;
use tokio::sync::Semaphore;

use crate::dialect::Dialect;
use crate::http::{Call, Http};
use crate::proof::Proof;
use crate::replica::{Replica, choose};
use crate::{AnswerError, Settings, UpstreamError};

/// The pause before a question is asked again where all replicas were tried.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks an engine, whichever of its replicas answers.
#[derive(Debug)]
pub(crate) struct Client {
    http: Http,
    pub(crate) dialect: Dialect,
    replicas: Vec<Replica>,
    tries: usize,
    permits: Semaphore,
    proof: Proof,
}

impl Client {
    pub(crate) fn new(
        settings: &Settings,
        http: Http,
        dialect: Dialect,
        proof: Proof,
    ) -> Client {
        let replicas = settings.addresses.iter().cloned().map(Replica::new).collect();
        let permits = Semaphore::new(settings.at_once.max(1));
        let tries = settings.tries.max(1);
        Client { http, dialect, replicas, tries, permits, proof }
    }

    /// Asks a question about a text, and reads its answer. What gets none, or one that cannot
    /// be used, is asked again: of another replica if there is one.
    ///
    /// # Errors
    /// The last error, if it was asked as often as it may be or cannot be answered at all.
    pub(crate) async fn ask<T>(
        &self,
        ids: &[TokenId],
        call: &Call,
        read: impl Fn(&[u8]) -> Result<T, AnswerError>,
    ) -> Result<T, UpstreamError> {
        // It is never closed.
        let _permit = self.permits.acquire().await;
        let mut tried = Vec::new();
        loop {
            let index = choose(&self.replicas, ids, &tried, Instant::now());
            let error = match self.ask_one(&self.replicas[index], call, &read).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            tried.push(index);
            let elsewhere = self.replicas.len() > 1;
            let other_model = matches!(
                error,
                UpstreamError::OtherTokenizer { .. } | UpstreamError::OtherModel { .. }
            );
            let again = error.may_pass() || (other_model && elsewhere);
            if !again || tried.len() >= self.tries.max(self.replicas.len().min(4)) {
                return Err(error);
            }
            tracing::debug!("{error} It is asked again.");
            if tried.len() >= self.replicas.len() {
                tokio::time::sleep(PAUSE * tried.len() as u32).await;
            }
        }
    }

    async fn ask_one<T>(
        &self,
        replica: &Replica,
        call: &Call,
        read: &impl Fn(&[u8]) -> Result<T, AnswerError>,
    ) -> Result<T, UpstreamError> {
        let _open = replica.open();
        let answer = async {
            if !replica.is_proven() {
                self.proof.hold(&self.http, &self.dialect, &replica.address).await?;
                replica.prove();
            }
            let bytes = self.http.send(&replica.address, call).await?;
            let at = || replica.address.to_string();
            read(&bytes).map_err(|error| UpstreamError::Answer { at: at(), error })
        };
        let answer = answer.await;
        match &answer {
            Ok(_) => replica.answered(),
            // A refusal is an answer, too.
            Err(UpstreamError::Refused { .. }) => {}
            Err(_) => replica.failed(Instant::now()),
        }
        answer
    }
}
