//! The native server under load: clients that step as the page does, over WebSocket, each
//! in a text of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use native_server::Config;
use protocol::{Command, Event, Reply, Request, RequestId, SamplerSettings, TokenId};
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A GGUF file or a folder with a model's files
    #[arg(long)]
    model: PathBuf,
    /// How many clients, one measurement after the other
    #[arg(long, value_delimiter = ',', default_value = "1,8,30")]
    clients: Vec<usize>,
    /// Tokens in each client's prompt
    #[arg(long, default_value_t = 128)]
    prompt: usize,
    /// Seconds that each measurement takes
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Steps until a client begins a new text
    #[arg(long, default_value_t = 200)]
    steps: usize,
    /// One line of JSON for each instead of a table
    #[arg(long)]
    json: bool,
}

/// What some clients got.
#[derive(Serialize)]
struct Load {
    clients: usize,
    steps_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// Memory of this process, clients included, at the end.
    resident_mb: Option<u64>,
}

/// Measures and prints.
///
/// # Errors
/// If the server does not start or a request fails.
#[tokio::main]
pub(crate) async fn run(options: &Options) -> Result<()> {
    let address = start(options).await?;
    if !options.json {
        println!("clients   steps/s    p50 ms    p99 ms   memory MB");
    }
    for count in &options.clients {
        let load = measure(address, *count, options).await?;
        if options.json {
            println!("{}", serde_json::to_string(&load)?);
            continue;
        }
        let Load { clients, steps_per_second, p50_ms, p99_ms, resident_mb } = load;
        let memory = resident_mb.unwrap_or_default();
        println!(
            "{clients:7} {steps_per_second:9.1} {p50_ms:9.1} {p99_ms:9.1} {memory:11}"
        );
    }
    Ok(())
}

/// A server in this process, whose model is ready.
async fn start(options: &Options) -> Result<SocketAddr> {
    let arguments = ["bench".as_ref(), "--model".as_ref(), options.model.as_os_str()];
    let config = Config::try_parse_from(arguments)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let state = native_server::state(&config)?;
    tokio::spawn(native_server::serve(listener, state, std::future::pending()));
    let mut socket = connect(address).await?;
    loop {
        match ask(&mut socket, Command::Describe).await? {
            Event::Ready(_) => return Ok(address),
            Event::Failed(failure) if failure.code == protocol::ErrorCode::Loading => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => bail!("{other:?}"),
        }
    }
}

async fn measure(address: SocketAddr, count: usize, options: &Options) -> Result<Load> {
    let mut clients = Vec::new();
    for index in 0..count {
        let (steps, prompt) = (options.steps, options.prompt);
        let socket = connect(address).await?;
        clients.push(Client { socket, index, texts: 0, ids: Vec::new(), steps, prompt });
    }
    // Prompts are read before the clock starts.
    let mut tasks = tokio::task::JoinSet::new();
    for mut client in clients {
        tasks.spawn(async move { client.step().await.map(|_| client) });
    }
    let mut ready = Vec::new();
    while let Some(client) = tasks.join_next().await {
        ready.push(client??);
    }
    let duration = Duration::from_secs(options.seconds);
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for mut client in ready {
        tasks.spawn(async move {
            let mut times = Vec::new();
            while started.elapsed() < duration {
                times.push(client.step().await?);
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(more) = tasks.join_next().await {
        times.extend(more??);
    }
    let seconds = started.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let part = |part: f64| {
        let index = (times.len() as f64 * part) as usize;
        times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    };
    Ok(Load {
        clients: count,
        steps_per_second: times.len() as f64 / seconds,
        p50_ms: part(0.5),
        p99_ms: part(0.99),
        resident_mb: resident_mb(),
    })
}

/// One who steps: asks for a distribution, appends what was drawn, and so on.
struct Client {
    socket: Socket,
    index: usize,
    texts: usize,
    ids: Vec<TokenId>,
    steps: usize,
    prompt: usize,
}

impl Client {
    /// Milliseconds of a step.
    async fn step(&mut self) -> Result<f64> {
        if self.ids.is_empty() || self.ids.len() >= self.prompt + self.steps {
            self.texts += 1;
            let (index, texts) = (self.index as u32, self.texts as u32);
            self.ids = (0..self.prompt as u32)
                .map(|i| 3 + (31 * i + 7 * index + 101 * texts) % 250)
                .collect();
        }
        let settings = SamplerSettings { temperature: 0.0, ..SamplerSettings::default() };
        let ids = self.ids.clone();
        let command =
            Command::NextToken { ids, settings, candidates: 10, watch: Vec::new() };
        let start = Instant::now();
        let event = ask(&mut self.socket, command).await?;
        let ms = start.elapsed().as_secs_f64() * 1e3;
        let Event::Distribution(distribution) = event else { bail!("{event:?}") };
        self.ids.push(distribution.sampled.token.id);
        Ok(ms)
    }
}

async fn connect(address: SocketAddr) -> Result<Socket> {
    Ok(connect_async(format!("ws://{address}/api/ws")).await?.0)
}

/// The terminal event of a command.
async fn ask(socket: &mut Socket, command: Command) -> Result<Event> {
    let request = Request { id: RequestId(1), command };
    socket.send(Message::text(serde_json::to_string(&request)?)).await?;
    loop {
        let message = socket.next().await.context("the server has closed")??;
        let Message::Text(text) = message else { continue };
        let reply: Reply = serde_json::from_str(&text)?;
        if reply.event.is_terminal() {
            return Ok(reply.event);
        }
    }
}

/// The memory that this process has now, where the system tells (Linux).
fn resident_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes / 1024)
}
