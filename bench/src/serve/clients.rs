//! Clients that step: ask for the next token of a text, append it, and so on.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use protocol::{Command, Event, SamplerSettings, TokenId};
use serde_json::{Value, json};

use crate::web::{Socket, answer, ask, connect, post};

/// The interface that clients use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interface {
    /// As the page does: ids over a WebSocket.
    Page,
    /// Texts over OpenAI's completions.
    Completions,
    /// The same API of llama.cpp's server.
    LlamaCpp,
    /// Ids over vLLM's completions, with what this server asks for.
    Vllm,
    /// Ids over llama.cpp's `/completion`, likewise.
    LlamaServer,
}

impl Interface {
    pub(super) fn name(self) -> &'static str {
        match self {
            Interface::Page => "as the page steps",
            Interface::Completions => "completions",
            Interface::LlamaCpp => "llama.cpp, completions",
            Interface::Vllm => "vLLM, completions",
            Interface::LlamaServer => "llama.cpp, completion",
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
    Vllm(SocketAddr),
    LlamaServer(SocketAddr),
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
            Interface::Vllm => Connection::Vllm(address),
            Interface::LlamaServer => Connection::LlamaServer(address),
        };
        Ok(Stepper { asking, ids: Vec::new(), prompt, steps })
    }

    /// Milliseconds of a step.
    pub(super) async fn step(&mut self) -> Result<f64> {
        if self.ids.is_empty() || self.ids.len() >= self.prompt + self.steps {
            let letters = match self.asking {
                Connection::Page(_)
                | Connection::Vllm(_)
                | Connection::LlamaServer(_) => 3..253,
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
            Connection::Vllm(address) => vllm(*address, &self.ids).await?,
            Connection::LlamaServer(address) => llama_server(*address, &self.ids).await?,
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

/// Tokens that are listed with each answer: as many as every engine lists.
const LISTED: u32 = 50;

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

/// The most probable token after these.
async fn vllm(address: SocketAddr, ids: &[TokenId]) -> Result<TokenId> {
    let question = json!({
        "prompt": ids, "max_tokens": 1, "temperature": 1, "top_p": 1, "top_k": 0, "min_p": 0,
        "repetition_penalty": 1, "presence_penalty": 0, "frequency_penalty": 0,
        "ignore_eos": true, "logprobs": LISTED, "return_tokens_as_token_ids": true,
    });
    let posted = post(address, "/v1/completions", &question.to_string()).await?;
    let (status, body) = answer(posted).await?;
    let read: Value = serde_json::from_str(&body)?;
    let told = &read["choices"][0]["logprobs"]["top_logprobs"][0];
    let value = |(_, log_p): &(&String, &Value)| log_p.as_f64().unwrap_or(f64::MIN);
    let told = told.as_object().into_iter().flatten();
    let best = told.max_by(|a, b| value(a).total_cmp(&value(b)));
    let id = best.and_then(|(name, _)| name.strip_prefix("token_id:")?.parse().ok());
    id.with_context(|| format!("{status}: {body:.300}"))
}

/// The most probable token after these.
async fn llama_server(address: SocketAddr, ids: &[TokenId]) -> Result<TokenId> {
    let question = json!({
        "prompt": ids, "n_predict": 1, "n_probs": LISTED, "temperature": 1, "top_k": 0,
        "top_p": 1, "min_p": 0, "cache_prompt": true, "logit_bias": [["a", 1000]],
    });
    let posted = post(address, "/completion", &question.to_string()).await?;
    let (status, body) = answer(posted).await?;
    let read: Value = serde_json::from_str(&body)?;
    let best = read["completion_probabilities"][0]["top_logprobs"][0]["id"].as_u64();
    let best = best.with_context(|| format!("{status}: {body:.300}"))?;
    Ok(best.try_into()?)
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
