//! A headless Chromium, driven through WebDriver.

use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, LoggingPrefsLogLevel};

/// Records what the page's policy has refused.
const WATCH_POLICY: &str = "self.refusedByPolicy = [];
    addEventListener('securitypolicyviolation', (event) =>
        refusedByPolicy.push(`${event.effectiveDirective} ${event.blockedURI}`));";

/// A browser with one window. Dropping it ends the browser.
pub struct Browser {
    driver: WebDriver,
    server: Child,
}

impl Browser {
    /// Starts a browser with a window of 1280 by 800.
    ///
    /// # Errors
    /// If Chromium or its driver is missing or does not start.
    pub async fn start() -> Result<Browser> {
        // The driver's client needs a TLS provider. Another test may have installed it first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (server, port) = start_driver()?;
        let mut capabilities = ChromeCapabilities::new();
        if let Some(binary) =
            std::env::var_os("CHROME").and_then(|b| b.into_string().ok())
        {
            capabilities.set_binary(&binary)?;
        }
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--window-size=1280,800",
        ] {
            capabilities.add_arg(argument)?;
        }
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::Severe)?;
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)
            .await
            .context("Chromium did not start")?;
        driver.set_script_timeout(Duration::from_secs(120)).await?;
        let browser = Browser { driver, server };
        browser.resize(1280, 800).await?;
        browser.before_pages(WATCH_POLICY).await?;
        Ok(browser)
    }

    /// Sets the size of the page, in CSS pixels.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let mobile = width < 500;
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile});
        self.cdp("Emulation.setDeviceMetricsOverride", size).await
    }

    /// Makes the page see a preference of the person's system, such as
    /// `prefers-color-scheme` with `dark`.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn prefer(&self, name: &str, value: &str) -> Result<()> {
        let features = json!({"features": [{"name": name, "value": value}]});
        self.cdp("Emulation.setEmulatedMedia", features).await
    }

    /// Collects the page's garbage, so that its memory can be measured.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn collect_garbage(&self) -> Result<()> {
        self.cdp("HeapProfiler.collectGarbage", json!({})).await
    }

    /// Runs a script before those of every page that is opened from now on.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn before_pages(&self, script: &str) -> Result<()> {
        let source = json!({ "source": script });
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source).await
    }

    /// Removes service workers from all pages, as in some private windows. A page is then
    /// isolated only by its host's headers.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn without_service_workers(&self) -> Result<()> {
        self.before_pages("delete Navigator.prototype.serviceWorker;").await
    }

    /// Sends a command of the Chrome DevTools protocol.
    ///
    /// # Errors
    /// If the browser refuses it.
    pub async fn cdp(&self, method: &str, parameters: Value) -> Result<()> {
        self.driver.cdp().send_raw(method, parameters).await?;
        Ok(())
    }

    /// What screen readers are told of the page: roles and names, in order.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn accessibility_tree(&self) -> Result<Vec<(String, String)>> {
        let cdp = self.driver.cdp();
        let tree = cdp.send_raw("Accessibility.getFullAXTree", json!({})).await?;
        let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
        let told = nodes.iter().filter(|node| node["ignored"] != true);
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        Ok(told.map(|node| (text(&node["role"]), text(&node["name"]))).collect())
    }

    /// Runs a script in the page and returns its `return` value.
    ///
    /// # Errors
    /// If it throws.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }

    /// Writes a picture of the window.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn picture(&self, name: &str) -> Result<()> {
        let file = crate::screenshots().join(format!("{name}.png"));
        self.driver.screenshot(Path::new(&file)).await?;
        Ok(())
    }

    /// The peak memory of a page with its workers so far, in bytes. None on systems other than
    /// Linux.
    pub fn peak_memory(&self) -> Option<u64> {
        crate::memory::renderers_peak(self.server.id())
    }

    /// Uncaught errors and rejections in the pages and their workers since the last call.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn uncaught(&self) -> Result<Vec<String>> {
        let log = self.driver.browser_log().await?.into_iter();
        Ok(log.map(|entry| entry.message).filter(|m| m.contains("Uncaught")).collect())
    }

    /// The current memory of all pages and their workers, in bytes. None on systems other than
    /// Linux.
    pub fn memory(&self) -> Option<u64> {
        crate::memory::renderers_now(self.server.id())
    }

    /// Ends the browser at the end of a successful test.
    ///
    /// # Errors
    /// If an error or a rejection was not caught, the page did what its policy forbids, or the
    /// browser had ended by itself.
    pub async fn quit(self) -> Result<()> {
        let uncaught = self.uncaught().await?;
        ensure!(uncaught.is_empty(), "uncaught: {uncaught:#?}");
        self.quit_after_faults().await
    }

    /// As [`quit`](Self::quit), for tests that provoke uncaught errors.
    ///
    /// # Errors
    /// If the browser had ended by itself, or the page did what its policy forbids.
    pub async fn quit_after_faults(self) -> Result<()> {
        let refused = self.script("return self.refusedByPolicy ?? [];", vec![]).await?;
        if refused.as_array().is_some_and(|refused| !refused.is_empty()) {
            bail!("the page's policy forbids what it does: {refused}");
        }
        self.driver.clone().quit().await?;
        Ok(())
    }
}

impl Deref for Browser {
    type Target = WebDriver;

    fn deref(&self) -> &WebDriver {
        &self.driver
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A failed test has not quit, and quitting here would block its runtime.
        let _ = self.driver.clone().leak();
        // The driver ends its browsers with itself. It may have ended already.
        let _ = Command::new("kill").arg(self.server.id().to_string()).status();
        let _ = self.server.wait();
    }
}

/// Starts chromedriver on a free port.
fn start_driver() -> Result<(Child, u16)> {
    let program = std::env::var_os("CHROMEDRIVER").unwrap_or("chromedriver".into());
    let mut server = Command::new(&program)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| {
            format!("{} is missing: `cargo xtask test` installs it", program.display())
        })?;
    let output = server.stdout.take().context("chromedriver has no output")?;
    for line in BufReader::new(output).lines() {
        let line = line?;
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            let port = port.trim_end_matches('.').parse()?;
            return Ok((server, port));
        }
    }
    bail!("chromedriver ended before it started")
}
