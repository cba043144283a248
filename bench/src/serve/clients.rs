//! Clients that step: ask for the next token of a text, append it, and so on.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use anyhow::{Result, bail};
use protocol::{Command, Event, SamplerSettings, TokenId};
use serde_json::json;

use crate::web::{Socket, answer, ask, connect, post};

/// The interface that clients use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interface {
    /// As the page does: ids over a WebSocket.
    Page,
    /// Texts over OpenAI's completions.
    Completions,
    /// The same API of llama.cpp's server.
    LlamaCpp,
}

impl Interface {
    pub(super) fn name(self) -> &'static str {
        match self {
            Interface::Page => "as the page steps",
            Interface::Completions => "completions",
            Interface::LlamaCpp => "llama.cpp, completions",
        }
    }
}

/// A client that steps.
pub(super) struct Stepper {
    asking: Connection,
    /// Tokens, or the letters of a text: a model of bytes has a token for each.
    ids: Vec<TokenId>,
    prompt: usize,
    steps: usize,
}

/// Counts the texts of all clients. No two are the same, or a server could reuse the earlier
/// one.
static TEXTS: AtomicU32 = AtomicU32::new(0);

enum Connection {
    Page(Box<Socket>),
    Completions(SocketAddr),
}

impl Stepper {
    pub(super) async fn new(
        way: Interface,
        address: SocketAddr,
        prompt: usize,
        steps: usize,
    ) -> Result<Stepper> {
        let asking = match way {
            Interface::Page => Connection::Page(Box::new(connect(address).await?)),
            Interface::Completions | Interface::LlamaCpp => {
                Connection::Completions(address)
            }
        };
        Ok(Stepper { asking, ids: Vec::new(), prompt, steps })
    }

    /// Milliseconds of a step.
    pub(super) async fn step(&mut self) -> Result<f64> {
        if self.ids.is_empty() || self.ids.len() >= self.prompt + self.steps {
            let letters = match self.asking {
                Connection::Page(_) => 3..253,
                Connection::Completions(_) => u32::from(b'a')..u32::from(b'z'),
            };
            // From the first token on (Weyl's sequence, steps of the golden ratio).
            let text = TEXTS.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9);
            self.ids = (1..=self.prompt as u32)
                .map(|place| {
                    let number = place.wrapping_mul(0x85eb_ca6b) ^ text;
                    let number = number.wrapping_mul(0xc2b2_ae35) >> 16;
                    letters.start + number % letters.len() as u32
                })
                .collect();
        }
        let start = Instant::now();
        let next = match &mut self.asking {
            Connection::Page(socket) => page(socket, &self.ids).await?,
            Connection::Completions(address) => {
                completion(*address, &self.ids).await?;
                u32::from(b'a') + self.ids.len() as u32 % 25
            }
        };
        let ms = start.elapsed().as_secs_f64() * 1e3;
        self.ids.push(next);
        Ok(ms)
    }
}

/// The token that is drawn after these.
async fn page(socket: &mut Socket, ids: &[TokenId]) -> Result<TokenId> {
    let settings = SamplerSettings { temperature: 0.0, ..SamplerSettings::default() };
    let ids = ids.to_vec();
    let command = Command::NextToken { ids, settings, candidates: 10, watch: Vec::new() };
    match ask(socket, command).await? {
        Event::Distribution(distribution) => Ok(distribution.sampled.token.id),
        other => bail!("{other:?}"),
    }
}

/// Asks for one token after a text. Which one does not matter: a random model's need not be
/// text.
async fn completion(address: SocketAddr, letters: &[u32]) -> Result<()> {
    let letters = letters.iter().filter_map(|letter| char::from_u32(*letter));
    let prompt: String = letters.collect();
    let question = json!({ "prompt": prompt, "max_tokens": 1, "temperature": 0 });
    let stream = post(address, "/v1/completions", &question.to_string()).await?;
    match answer(stream).await? {
        (200, _) => Ok(()),
        (status, body) => bail!("status {status}: {body}"),
    }
}
