//! Starts WebKitGTK's browser by its driver, and does what plain WebDriver can there. It needs a
//! screen, if only a virtual one.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;
use thirtyfour::prelude::*;

const BROWSERS: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
    "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
    "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
];
/// How often the driver is asked whether it listens, once in [`PAUSE`].
const QUESTIONS: usize = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// Starts WebKitWebDriver on a free port, and a browser by it.
pub(super) async fn start() -> Result<(Child, WebDriver)> {
    let named = std::env::var("WEBKIT").ok();
    let found = || BROWSERS.iter().find(|file| std::fs::exists(file).unwrap_or(false));
    let browser = named.or_else(|| found().map(|&file| file.to_owned()));
    let browser = browser.context(
        "WebKitGTK is missing: `apt-get install webkit2gtk-driver xvfb`, or name its MiniBrowser \
         in WEBKIT",
    )?;
    // It does not tell which port it took, so it is given one that is free now.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut server = Command::new("WebKitWebDriver")
        .arg(format!("--port={port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("WebKitWebDriver is missing: `apt-get install webkit2gtk-driver`")?;
    let mut capabilities = Capabilities::new();
    let options = json!({ "binary": browser, "args": ["--automation"] });
    capabilities.set("browserName", "MiniBrowser")?;
    capabilities.set("webkitgtk:browserOptions", options)?;
    for _ in 0..QUESTIONS {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            let url = format!("http://127.0.0.1:{port}");
            let driver = WebDriver::new(url, capabilities).await;
            return Ok((server, driver.context("WebKitGTK did not start")?));
        }
        tokio::time::sleep(PAUSE).await;
    }
    server.kill().ok();
    bail!("WebKitWebDriver does not listen at port {port}")
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
