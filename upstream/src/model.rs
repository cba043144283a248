//! A model elsewhere as the engine's session asks it: questions run on a small runtime of their
//! own, and the engine's thread looks whether their answers have come.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::{RemoteAnswer, RemoteModel, RemoteQuestion, RemoteReply};
use protocol::{Failure, TokenId};
use tokio::runtime::Runtime;
use tokio::task::AbortHandle;

use crate::client::Client;
use crate::dialect::{Listing, Scored, Spellings, Told};
use crate::{AnswerError, Kind, UpstreamError};

/// How much an engine tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Abilities {
    /// The tokens that it lists of a distribution, at most.
    pub(crate) most_listed: usize,
    /// V, if it lists the whole vocabulary.
    pub(crate) whole: Option<usize>,
    /// It tells of tokens that are named.
    pub(crate) names: bool,
    /// It scores a text in one question.
    pub(crate) scores: bool,
}

/// Asks an engine what the session wants to know.
pub(crate) struct Asker {
    pub(crate) client: Client,
    pub(crate) spellings: Arc<dyn Spellings + Send>,
    pub(crate) abilities: Abilities,
}

impl Asker {
    /// The tokens that are most probable after a text.
    pub(crate) async fn next(
        &self,
        ids: &[TokenId],
        listing: Listing,
        named: &[TokenId],
    ) -> Result<Told, UpstreamError> {
        let dialect = &self.client.dialect;
        let call = dialect.next(ids, listing, named);
        let read =
            |answer: &[u8]| dialect.read_next(answer, listing, named, &*self.spellings);
        self.client.ask(ids, &call, read).await
    }

    /// How many tokens an engine lists that is asked for all; `all` is what is known of them.
    pub(crate) async fn count_all(
        &self,
        ids: &[TokenId],
        all: usize,
    ) -> Result<usize, UpstreamError> {
        let dialect = &self.client.dialect;
        if dialect.kind != Kind::Vllm {
            return Ok(self.next(ids, Listing::All(all), &[]).await?.listed.len());
        }
        let call = dialect.next(ids, Listing::All(all), &[]);
        let read = |answer: &[u8]| dialect.count_listed(answer, all);
        self.client.ask(ids, &call, read).await
    }

    /// ln p of some tokens after a text, which an engine is asked by name.
    pub(crate) async fn names(
        &self,
        ids: &[TokenId],
        named: &[TokenId],
    ) -> Result<Vec<(TokenId, f32)>, UpstreamError> {
        let dialect = &self.client.dialect;
        match dialect.named(ids, named) {
            Some(call) => {
                let read = |answer: &[u8]| dialect.read_named(answer, named);
                self.client.ask(ids, &call, read).await
            }
            None if dialect.kind == Kind::Sglang => {
                Ok(self.next(ids, Listing::Top(1), named).await?.named)
            }
            None => Err(untold(named)),
        }
    }

    /// How probable each token of a text was, in one question.
    pub(crate) async fn scores_at_once(
        &self,
        ids: &[TokenId],
        listed: usize,
    ) -> Result<Vec<Scored>, UpstreamError> {
        let dialect = &self.client.dialect;
        let Some(call) = dialect.score(ids, listed) else { return Err(untold(ids)) };
        let read = |answer: &[u8]| dialect.read_score(answer, ids, listed);
        self.client.ask(ids, &call, read).await
    }

    async fn answer(
        &self,
        question: &RemoteQuestion,
    ) -> Result<RemoteAnswer, UpstreamError> {
        match question {
            RemoteQuestion::Next { ids, listed, named } => {
                let Told { listed, named } = self.told(ids, *listed, named).await?;
                Ok(RemoteAnswer::Next { listed, named })
            }
            RemoteQuestion::Score { ids, listed } => {
                let listed = (*listed).min(self.abilities.most_listed);
                if self.abilities.scores {
                    return Ok(RemoteAnswer::Score(
                        self.scores_at_once(ids, listed).await?,
                    ));
                }
                let mut scores = Vec::with_capacity(ids.len());
                for index in 1..ids.len() {
                    let own = [ids[index]];
                    let told = self.told(&ids[..index], listed, &own).await?;
                    let all = told.listed.iter().chain(&told.named);
                    let found = all.clone().find(|(id, _)| *id == own[0]);
                    let (_, log_probability) = *found.ok_or_else(|| untold(&own))?;
                    let Told { listed, .. } = told;
                    let rank = listed.iter().position(|(id, _)| *id == own[0]);
                    let rank = rank.map(|index| index as u32 + 1);
                    scores.push(Scored { log_probability, rank, listed });
                }
                Ok(RemoteAnswer::Score(scores))
            }
        }
    }

    /// The most probable tokens after a text, by falling ln p, and those that are named.
    async fn told(
        &self,
        ids: &[TokenId],
        listed: usize,
        named: &[TokenId],
    ) -> Result<Told, UpstreamError> {
        let mut named = named.to_vec();
        named.sort_unstable();
        named.dedup();
        let named = named.as_slice();
        let Abilities { most_listed, whole, names, scores } = self.abilities;
        let listing = match whole {
            Some(all) if listed >= all => Listing::All(all),
            _ => Listing::Top(listed.min(most_listed).max(1)),
        };
        let is_whole = matches!(listing, Listing::All(_));
        let sglang = self.client.dialect.kind == Kind::Sglang;
        if is_whole || named.is_empty() || (sglang && names) {
            let named = if is_whole { &[] } else { named };
            return self.next(ids, listing, named).await;
        }
        if names {
            let asked = async {
                tokio::join!(self.next(ids, listing, &[]), self.names(ids, named))
            };
            let (told, named) = asked.await;
            let mut told = told?;
            told.named.extend(named?);
            return Ok(told);
        }
        let mut told = self.next(ids, listing, &[]).await?;
        let known = |told: &Told, id: TokenId| {
            told.listed.iter().chain(&told.named).any(|(other, _)| *other == id)
        };
        for id in named {
            if known(&told, *id) {
                continue;
            }
            if !scores {
                // An engine that lists all tells of each.
                return match whole {
                    Some(all) => self.next(ids, Listing::All(all), &[]).await,
                    None => Err(untold(&[*id])),
                };
            }
            let text: Vec<TokenId> = ids.iter().copied().chain([*id]).collect();
            let scored = self.scores_at_once(&text, most_listed.min(2)).await?;
            let last = scored.last().ok_or_else(|| untold(&[*id]))?;
            told.named.push((*id, last.log_probability));
        }
        Ok(told)
    }
}

/// The error of an engine that does not tell of some tokens.
fn untold(ids: &[TokenId]) -> UpstreamError {
    let error = AnswerError::NoNamed(ids.first().copied().unwrap_or_default());
    UpstreamError::Answer { at: "this address".into(), error }
}

impl fmt::Debug for Asker {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Asker { client, abilities, .. } = self;
        formatter
            .debug_struct("Asker")
            .field("client", client)
            .field("abilities", abilities)
            .finish()
    }
}

/// A model elsewhere. Dropping it takes back all that was asked.
#[derive(Debug)]
pub(crate) struct Model {
    asker: Arc<Asker>,
    /// None once it is being dropped.
    runtime: Option<Runtime>,
    bell: Arc<Bell>,
}

/// Rings when an answer comes.
#[derive(Debug, Default)]
struct Bell {
    has_rung: Mutex<bool>,
    rings: Condvar,
}

/// An answer that may not have come yet.
#[derive(Debug)]
struct Reply {
    answer: Arc<Mutex<Option<Result<RemoteAnswer, Failure>>>>,
    task: AbortHandle,
}

impl Model {
    pub(crate) fn new(asker: Asker, runtime: Runtime) -> Model {
        Model { asker: Arc::new(asker), runtime: Some(runtime), bell: Arc::default() }
    }
}

impl RemoteModel for Model {
    fn ask(&mut self, question: RemoteQuestion) -> Box<dyn RemoteReply> {
        let answer = Arc::new(Mutex::new(None));
        let (asker, bell, place) =
            (self.asker.clone(), self.bell.clone(), answer.clone());
        let ask = async move {
            let answered = asker.answer(&question).await.map_err(|error| error.failure());
            *lock(&place) = Some(answered);
            *lock(&bell.has_rung) = true;
            bell.rings.notify_all();
        };
        // The runtime is there until this is dropped.
        let task = match &self.runtime {
            Some(runtime) => runtime.spawn(ask).abort_handle(),
            None => unreachable!("a model is not asked while it is dropped"),
        };
        Box::new(Reply { answer, task })
    }

    fn wait(&mut self, limit: Duration) {
        let has_rung = lock(&self.bell.has_rung);
        let waited = self.bell.rings.wait_timeout_while(has_rung, limit, |rung| !*rung);
        let (mut has_rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *has_rung = false;
    }

    fn most_listed(&self) -> usize {
        self.asker.abilities.most_listed
    }

    fn most_scored(&self) -> usize {
        self.asker.abilities.most_listed
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl RemoteReply for Reply {
    fn take(&mut self) -> Option<Result<RemoteAnswer, Failure>> {
        lock(&self.answer).take()
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
