//! A running hub, and what tests ask it afterwards.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::faults::Behaviour;
use crate::model::HubModel;
use crate::random::Random;
use crate::routes::router;
use crate::state::{Entry, State, lock};

/// A running hub; it ends when the value is dropped.
///
/// ```
/// use random_model::{Kind, Shape, files};
/// use stand_in_hub::{Behaviour, HubModel, StandInHub};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let model = HubModel::of("owner/tiny", &files(&Shape::tiny(), Kind::Base, 1));
/// let hub = StandInHub::start(vec![model], Behaviour::default()).await;
/// assert!(hub.endpoint().starts_with("http://127.0.0.1:"));
/// assert_eq!(hub.bytes_sent(), 0);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct StandInHub {
    state: Arc<State>,
    server: JoinHandle<()>,
}

impl StandInHub {
    /// Starts a hub with some models on a free port.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start(models: Vec<HubModel>, behaviour: Behaviour) -> StandInHub {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::new(State {
            endpoint: format!("http://{address}"),
            models,
            random: Mutex::new(Random::new(behaviour.seed)),
            behaviour,
            log: Mutex::default(),
            asked: Mutex::default(),
        });
        let router = router(state.clone());
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the hub does not fail");
        });
        StandInHub { state, server }
    }

    /// Its address, to be given as `HF_ENDPOINT`.
    pub fn endpoint(&self) -> &str {
        &self.state.endpoint
    }

    /// What has happened so far.
    pub fn log(&self) -> Vec<Entry> {
        lock(&self.state.log).clone()
    }

    /// All that was asked for so far: the path, and the `Authorization` that came along.
    /// Questions of a browser whether it may ask count, too.
    pub fn asked(&self) -> Vec<(String, Option<String>)> {
        lock(&self.state.asked).clone()
    }

    /// Notes that a client has finished some bytes.
    pub fn note_finished(&self, digest: &str, range: Range<u64>) {
        let digest = digest.to_owned();
        lock(&self.state.log).push(Entry::Finished { digest, range });
    }

    /// Bytes that were sent of files.
    pub fn bytes_sent(&self) -> u64 {
        let sent = |entry: &Entry| match entry {
            Entry::Sent { range, .. } => range.end - range.start,
            _ => 0,
        };
        lock(&self.state.log).iter().map(sent).sum()
    }

    /// The first bytes that were sent although the client had them, if there are any.
    pub fn sent_again(&self) -> Option<(String, Range<u64>)> {
        let log = lock(&self.state.log);
        let mut finished: Vec<(&str, &Range<u64>)> = Vec::new();
        for entry in log.iter() {
            match entry {
                Entry::Finished { digest, range } => finished.push((digest, range)),
                Entry::Sent { digest, range } => {
                    let twice = !range.is_empty()
                        && finished.iter().any(|(known, had)| {
                            known == digest
                                && had.start < range.end
                                && range.start < had.end
                        });
                    if twice {
                        return Some((digest.clone(), range.clone()));
                    }
                }
                Entry::Listed | Entry::Refused(_) => {}
            }
        }
        None
    }

    /// Ends the hub, as when the network goes.
    pub fn stop(&self) {
        self.server.abort();
    }
}

impl Drop for StandInHub {
    fn drop(&mut self) {
        self.stop();
    }
}
