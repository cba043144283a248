//! A class that plays the game: how long a vote takes to come back to who gave it, and to be seen
//! by the teacher.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, Parser as _};
use futures_util::{SinkExt, StreamExt};
use native_server::Config;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What is measured.
#[derive(Args)]
pub(crate) struct Options {
    /// How many pages take part
    #[arg(long, default_value_t = 100)]
    pages: u32,
    /// How often each of them votes
    #[arg(long, default_value_t = 20)]
    votes: u32,
    /// The time between two votes of a page, in milliseconds
    #[arg(long, default_value_t = 250)]
    pause: u64,
}

/// Measures, and prints what was found.
pub(crate) fn measure(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(play(options))
}

async fn play(options: &Options) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let files =
        random_model::files(&random_model::Shape::tiny(), random_model::Kind::Base, 1);
    files.write_to(folder.path())?;
    let config = Config::try_parse_from([
        "native-server".as_ref(),
        "--model".as_ref(),
        folder.path().as_os_str(),
    ])?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("ws://{}/api/class", listener.local_addr()?);
    let state = native_server::state(&config)?;
    let server =
        tokio::spawn(native_server::serve(listener, state, std::future::pending()));
    let mut teacher = connect_async(&address).await?.0;
    say(&mut teacher, &json!({ "open": {} })).await?;
    let opened = hear(&mut teacher).await?;
    let code = opened["opened"]["code"].as_str().context("a code")?.to_owned();
    let ask = json!({ "text": "Once", "rows": [" upon", " again", null] });
    say(&mut teacher, &json!({ "ask": ask })).await?;
    let (times, mut measured) = mpsc::unbounded_channel();
    let (pause, votes) = (Duration::from_millis(options.pause), options.votes);
    for page in 0..options.pages {
        let (address, code, times) = (address.clone(), code.clone(), times.clone());
        tokio::spawn(async move {
            let played = vote(&address, &code, page, votes, pause, &times).await;
            if let Err(error) = played {
                println!("page {page} failed: {error:#}");
            }
        });
    }
    drop(times);
    // The teacher's page reads, as it would.
    let reading = tokio::spawn(async move { while hear(&mut teacher).await.is_ok() {} });
    let mut all = Vec::new();
    while let Some(time) = measured.recv().await {
        all.push(time);
    }
    reading.abort();
    server.abort();
    all.sort();
    let at = |part: f64| {
        let index = ((all.len() as f64 * part) as usize).min(all.len().saturating_sub(1));
        all.get(index).map_or(0.0, |time: &Duration| time.as_secs_f64() * 1e3)
    };
    println!(
        "{} pages, {} votes: a vote's echo takes {:.2} ms (median), {:.2} ms (95 %), {:.2} ms (99 %), {:.2} ms (most)",
        options.pages,
        all.len(),
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
    Ok(())
}

/// A page that votes, and says how long each vote took to come back.
async fn vote(
    address: &str,
    code: &str,
    page: u32,
    votes: u32,
    pause: Duration,
    times: &mpsc::UnboundedSender<Duration>,
) -> Result<()> {
    let mut socket = connect_async(address).await?.0;
    let join = json!({ "code": code, "player": page.to_string(), "name": "" });
    say(&mut socket, &json!({ "join": join })).await?;
    // Not all at the same moment.
    tokio::time::sleep(pause * (page % 16) / 16).await;
    for vote in 0..votes {
        let chips = json!([vote % 10, page % (11 - vote % 10), 0]);
        let begun = Instant::now();
        say(&mut socket, &json!({ "bet": { "round": 1, "chips": chips } })).await?;
        while hear(&mut socket).await?["view"]["chips"] != chips {}
        times.send(begun.elapsed())?;
        let next = tokio::time::Instant::now() + pause;
        // What others do is read meanwhile.
        while tokio::time::timeout_at(next, hear(&mut socket)).await.is_ok() {}
    }
    Ok(())
}

async fn say(socket: &mut Socket, message: &Value) -> Result<()> {
    Ok(socket.send(Message::text(message.to_string())).await?)
}

async fn hear(socket: &mut Socket) -> Result<Value> {
    loop {
        match socket.next().await.context("the connection ended")?? {
            Message::Text(text) => return Ok(serde_json::from_str(&text)?),
            Message::Ping(_) => {}
            other => bail!("{other:?}"),
        }
    }
}
