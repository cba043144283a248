//! The two links to an engine: a worker in a real browser, and the native server's WebSocket.
//! Both carry the same JSON.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use protocol::{Command, Event, Reply, Request, RequestId};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::Browser;

/// A link to an engine.
#[expect(async_fn_in_trait, reason = "both links live in this crate's tests only")]
pub trait Link {
    /// Sends any message, also one that is no request.
    async fn send_raw(&mut self, message: Value) -> Result<()>;

    /// The next reply.
    async fn receive(&mut self) -> Result<Reply>;

    /// Sends a command.
    async fn send(&mut self, id: u32, command: Command) -> Result<()> {
        let request = Request { id: RequestId(id), command };
        self.send_raw(serde_json::to_value(request)?).await
    }

    /// Sends a command and waits for all its events. An event of another request is an error.
    async fn ask(&mut self, id: u32, command: Command) -> Result<Vec<Event>> {
        self.send(id, command).await?;
        self.events(id).await
    }

    /// The events of a request up to the terminal one.
    async fn events(&mut self, id: u32) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        loop {
            let reply = self.receive().await?;
            if reply.id != RequestId(id) {
                bail!("a reply to {:?} instead of {id}: {:?}", reply.id, reply.event);
            }
            let last = reply.event.is_terminal();
            events.push(reply.event);
            if last {
                return Ok(events);
            }
        }
    }

    /// The terminal event of a command.
    async fn answer(&mut self, id: u32, command: Command) -> Result<Event> {
        self.ask(id, command).await?.pop().context("there is a terminal event")
    }
}

/// A link to the worker of a site, in a blank page.
pub struct WorkerLink<'a> {
    browser: &'a Browser,
    waiting: std::collections::VecDeque<Reply>,
}

impl<'a> WorkerLink<'a> {
    /// Starts the worker from a blank page of a site.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start(browser: &'a Browser, blank: &str) -> Result<WorkerLink<'a>> {
        WorkerLink::start_by(browser, blank, &loader()).await
    }

    /// Starts a worker whose clocks run `hurry` times as fast, so that tests need not wait.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn hurried(
        browser: &'a Browser,
        blank: &str,
        hurry: u32,
    ) -> Result<WorkerLink<'a>> {
        let choose = format!(
            "URL.createObjectURL(new Blob([`
                const [later, now] = [self.setTimeout, performance.now.bind(performance)];
                self.setTimeout = (run, ms, ...rest) =>
                    later.call(self, run, ms / {hurry}, ...rest);
                performance.now = () => now() * {hurry};
                await import('${{{}}}');
            `], {{ type: 'text/javascript' }}))",
            loader()
        );
        WorkerLink::start_by(browser, blank, &choose).await
    }

    /// Starts the worker with a name, by which a page tells it what its address asks for.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn named(
        browser: &'a Browser,
        blank: &str,
        name: &str,
    ) -> Result<WorkerLink<'a>> {
        WorkerLink::start_as(browser, blank, &loader(), name).await
    }

    /// Starts a worker by the script whose address this expression gives.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start_by(
        browser: &'a Browser,
        blank: &str,
        script: &str,
    ) -> Result<WorkerLink<'a>> {
        WorkerLink::start_as(browser, blank, script, "").await
    }

    async fn start_as(
        browser: &'a Browser,
        blank: &str,
        script: &str,
        name: &str,
    ) -> Result<WorkerLink<'a>> {
        browser.goto(blank).await?;
        let start = format!(
            "const [done] = arguments;
            window.received = [];
            window.worker = new Worker({script}, {{ type: 'module', name: '{name}' }});
            worker.onerror = (event) =>
                received.push({{ type: 'error', message: event.message }});
            worker.onmessage = (event) => {{
                if (event.data.type === 'listening') done(event.data.build);
                else received.push(event.data);
            }};"
        );
        browser
            .execute_async(&start, vec![])
            .await
            .context("the worker did not start")?;
        Ok(WorkerLink { browser, waiting: Default::default() })
    }

    /// As [`ask`](Link::ask), but polls rarely, so that a measurement does not keep the engine's
    /// processors busy.
    ///
    /// # Errors
    /// As that.
    pub async fn ask_quietly(&mut self, id: u32, command: Command) -> Result<Vec<Event>> {
        self.send(id, command).await?;
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let look = "arguments[0](received.at(-1)?.reply ?? null);";
            let last = self.browser.execute_async(look, vec![]).await?.json().clone();
            let last: Option<Reply> = serde_json::from_value(last)?;
            if last.is_some_and(|reply| reply.event.is_terminal()) {
                return self.events(id).await;
            }
        }
    }

    /// Sends a command and returns the milliseconds until its first event and until its last,
    /// by the page's clock. The events are dropped.
    ///
    /// # Errors
    /// If the command fails.
    pub async fn time(&mut self, id: u32, command: Command) -> Result<(f64, f64)> {
        let request = serde_json::to_value(Request { id: RequestId(id), command })?;
        let script = "
            const [request, done] = arguments;
            const start = performance.now();
            let first;
            worker.onmessage = ({ data }) => {
                const now = performance.now() - start;
                const { type } = data.reply.event;
                first ??= now;
                if (type === 'failed') done(data.reply.event.message);
                else if (['inspected', 'finished', 'distribution'].includes(type))
                    done([first, now]);
                else return;
                worker.onmessage = (event) => received.push(event.data);
            };
            worker.postMessage(request);";
        let times = self.browser.execute_async(script, vec![request]).await?;
        let times = times.json().clone();
        serde_json::from_value(times.clone()).with_context(|| times.to_string())
    }
}

/// An expression for the address of the script that starts the page's build.
fn loader() -> String {
    let folder = crate::folders::worker_folder();
    format!(
        "new URL(
            '{folder}' + (crossOriginIsolated ? 'worker_fast_loader.js' : 'worker_loader.js'),
            location.href,
        )"
    )
}

impl Link for WorkerLink<'_> {
    async fn send_raw(&mut self, message: Value) -> Result<()> {
        self.browser.script("worker.postMessage(arguments[0]);", vec![message]).await?;
        Ok(())
    }

    async fn receive(&mut self) -> Result<Reply> {
        while self.waiting.is_empty() {
            let wait = "
                const done = arguments[0];
                const look = () => received.length ? done(received.splice(0)) : setTimeout(look, 5);
                look();";
            let messages = self.browser.execute_async(wait, vec![]).await?.json().clone();
            let messages =
                messages.as_array().context("messages come as an array")?.clone();
            for mut message in messages {
                match message["type"].as_str() {
                    Some("reply") => {
                        let reply = message["reply"].take();
                        self.waiting.push_back(serde_json::from_value(reply)?);
                    }
                    _ => bail!("the worker said {message}"),
                }
            }
        }
        self.waiting.pop_front().context("a message has come")
    }
}

/// A link to a native server.
pub struct SocketLink(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl SocketLink {
    /// Connects, and waits until the server's model is loaded.
    ///
    /// # Errors
    /// If there is no such server, or its model cannot be loaded.
    pub async fn start(native: &crate::Native) -> Result<SocketLink> {
        let url = native.url("api/ws").replacen("http", "ws", 1);
        let (socket, _) = tokio_tungstenite::connect_async(url).await?;
        let mut link = SocketLink(socket);
        loop {
            match link.answer(0, Command::Describe).await? {
                Event::Ready(_) => return Ok(link),
                Event::Failed(failure)
                    if failure.code == protocol::ErrorCode::Loading =>
                {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                other => bail!("{other:?}"),
            }
        }
    }
}

impl Link for SocketLink {
    async fn send_raw(&mut self, message: Value) -> Result<()> {
        let text = match message {
            Value::String(text) => text,
            other => json!(other).to_string(),
        };
        Ok(self.0.send(Message::text(text)).await?)
    }

    async fn receive(&mut self) -> Result<Reply> {
        loop {
            let message =
                self.0.next().await.context("the server closed the connection")??;
            if let Message::Text(text) = message {
                return Ok(serde_json::from_str(&text)?);
            }
        }
    }
}
