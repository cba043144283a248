//! Starts WebKitGTK by its driver, in a window of our own (`webkit_window.py`) that does what plain
//! WebDriver cannot. It needs a screen, if only a virtual one.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::driver::TEMPORARY;

/// The program of the window.
const WINDOW: &str = include_str!("webkit_window.py");
/// The system's, for which Debian has the bindings of GTK.
const PYTHON: &str = "/usr/bin/python3";
/// The file of errors that no page caught.
const UNCAUGHT: &str = "uncaught";
/// How often the driver is asked whether it listens, and the window whether it is done, once in
/// [`PAUSE`].
const QUESTIONS: usize = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// A running window of WebKitGTK.
pub(super) struct WebKit {
    /// Where the window is asked.
    folder: PathBuf,
    /// How often it has been.
    asked: AtomicUsize,
}

/// Starts WebKitWebDriver on a free port, and a window by it, which write to a folder.
pub(super) async fn start(temporary: &Path) -> Result<(Child, WebDriver, WebKit)> {
    let folder = temporary.join("window");
    fs::create_dir(&folder)?;
    let window = folder.join("window.py");
    fs::write(&window, WINDOW)?;
    // It does not tell which port it took, so it is given one that is free now.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut server = Command::new("WebKitWebDriver")
        .arg(format!("--port={port}"))
        .env(TEMPORARY, temporary)
        // Safari shares memory in isolated pages, WebKitGTK only if it is told to.
        .env("JSC_useSharedArrayBuffer", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("WebKitWebDriver is missing: `apt-get install webkit2gtk-driver`")?;
    let mut capabilities = Capabilities::new();
    let options = json!({ "binary": PYTHON, "args": [window, folder] });
    capabilities.set("browserName", "webkit-window")?;
    capabilities.set("webkitgtk:browserOptions", options)?;
    for _ in 0..QUESTIONS {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            let url = format!("http://127.0.0.1:{port}");
            let driver = WebDriver::new(url, capabilities).await.context(
                "WebKitGTK did not start; it needs `apt-get install gir1.2-webkit2-4.1 \
                 python3-gi xvfb`",
            )?;
            return Ok((server, driver, WebKit { folder, asked: AtomicUsize::new(0) }));
        }
        tokio::time::sleep(PAUSE).await;
    }
    server.kill().ok();
    bail!("WebKitWebDriver does not listen at port {port}")
}

impl WebKit {
    /// Runs a script before those of every page that is opened from now on.
    pub(super) async fn before_pages(&self, script: &str) -> Result<()> {
        self.ask("script", script).await
    }

    /// Makes pages see a preference of the person's system.
    pub(super) async fn prefer(&self, name: &str, value: &str) -> Result<()> {
        let setting = match name {
            "prefers-color-scheme" => {
                json!(["gtk-application-prefer-dark-theme", value == "dark"])
            }
            "prefers-reduced-motion" => {
                json!(["gtk-enable-animations", value != "reduce"])
            }
            _ => bail!("only Chromium can prefer {name}"),
        };
        self.ask("setting", &setting.to_string()).await
    }

    /// Errors that no page caught, since the last call. Those of workers are not among them.
    pub(super) fn uncaught(&self) -> Result<Vec<String>> {
        let file = self.folder.join(UNCAUGHT);
        // There is none before the first error.
        let lines = fs::read_to_string(&file).unwrap_or_default();
        fs::remove_file(&file).ok();
        let text = |line| Ok(serde_json::from_str::<Value>(line)?.to_string());
        lines.lines().map(text).collect()
    }

    /// Asks the window for something, and waits until it is done.
    async fn ask(&self, kind: &str, text: &str) -> Result<()> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let request = self.folder.join(format!("{number:04}.{kind}"));
        let unfinished = request.with_extension("unfinished");
        fs::write(&unfinished, text)?;
        fs::rename(&unfinished, &request)?;
        for _ in 0..QUESTIONS {
            if !request.exists() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        bail!("the window of WebKitGTK does not do what it is asked for: {kind}")
    }
}

/// Sets the size of the page, in CSS pixels, by that of its window.
pub(super) async fn resize(driver: &WebDriver, width: u32, height: u32) -> Result<()> {
    let (mut wide, mut high) = (i64::from(width), i64::from(height));
    for _ in 0..2 {
        driver.set_window_rect(0, 0, u32::try_from(wide)?, u32::try_from(high)?).await?;
        let inner = driver.execute("return [innerWidth, innerHeight];", vec![]).await?;
        let [inner_width, inner_height] = inner.convert::<[i64; 2]>()?;
        // What the window has around the page.
        wide += i64::from(width) - inner_width;
        high += i64::from(height) - inner_height;
    }
    Ok(())
}
