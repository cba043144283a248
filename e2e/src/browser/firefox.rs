//! Starts Firefox by its driver, and drives it by WebDriver BiDi (a W3C draft) where WebDriver
//! alone has no command.

use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use axum::http::Method;
use futures_util::StreamExt;
use serde_json::{Value, json};
use thirtyfour::bidi::BiDi;
use thirtyfour::bidi::events::LogEntryAdded;
use thirtyfour::common::capabilities::firefox::FirefoxPreferences;
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::prelude::*;
use thirtyfour::{RequestData, SessionId};

use super::driver::TEMPORARY;

/// Starts geckodriver on a free port, and a browser by it, which write to a folder.
pub(super) async fn start(folder: &Path) -> Result<(Child, WebDriver)> {
    let program = std::env::var_os("GECKODRIVER").unwrap_or("geckodriver".into());
    let mut command = Command::new(program);
    command.env(TEMPORARY, folder);
    command.args(["--port", "0", "--websocket-port", "0", "--allow-system-access"]);
    let (server, port) =
        super::driver::start_driver(&mut command, "Listening on 127.0.0.1:")?;
    let mut capabilities = DesiredCapabilities::firefox();
    capabilities.set_headless()?;
    if let Some(binary) = std::env::var_os("FIREFOX").and_then(|b| b.into_string().ok()) {
        capabilities.set_firefox_binary(&binary)?;
    }
    let mut preferences = FirefoxPreferences::new();
    // The clipboard is asked for by a click there, which a driver's click is not in all builds.
    preferences.set("dom.events.testing.asyncClipboard", true)?;
    capabilities.set_preferences(preferences)?;
    capabilities.enable_bidi()?;
    let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)
        .await
        .context("Firefox did not start")?;
    Ok((server, driver))
}

/// A running Firefox.
pub(super) struct Firefox {
    bidi: BiDi,
    /// Errors that no page caught, since they were last asked for.
    uncaught: Arc<Mutex<Vec<String>>>,
}

impl Firefox {
    /// Connects to a Firefox that was started.
    pub(super) async fn connect(driver: &WebDriver) -> Result<Firefox> {
        let bidi = driver.bidi().await?;
        let uncaught = Arc::new(Mutex::new(Vec::new()));
        let mut entries = bidi.subscribe::<LogEntryAdded>().await?;
        let errors = Arc::clone(&uncaught);
        tokio::spawn(async move {
            while let Some(entry) = entries.next().await {
                if entry.entry_type == "javascript" && entry.level.to_string() == "error"
                {
                    let text = entry.text.unwrap_or_default();
                    if is_of_the_browser(&text) {
                        continue;
                    }
                    let text = format!("{text}{}", thrown_at(&entry.stack_trace));
                    errors.lock().unwrap_or_else(PoisonError::into_inner).push(text);
                }
            }
        });
        Ok(Firefox { bidi, uncaught })
    }

    /// Sets the size of the page, in CSS pixels.
    pub(super) async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let context = self.bidi.browsing_context().top_level().await?;
        let viewport = json!({"width": width, "height": height});
        let size = json!({"context": context, "viewport": viewport});
        self.bidi.send_raw("browsingContext.setViewport", size).await?;
        Ok(())
    }

    /// Runs a script before those of every page that is opened from now on.
    pub(super) async fn before_pages(&self, script: &str) -> Result<()> {
        self.bidi.script().add_preload_script(format!("() => {{ {script} }}")).await?;
        Ok(())
    }

    /// Makes pages see a preference of the person's system.
    pub(super) async fn prefer(
        &self,
        driver: &WebDriver,
        name: &str,
        value: &str,
    ) -> Result<()> {
        let (preference, number) = match (name, value) {
            ("prefers-color-scheme", "dark") => {
                ("layout.css.prefers-color-scheme.content-override", 0)
            }
            ("prefers-color-scheme", _) => {
                ("layout.css.prefers-color-scheme.content-override", 1)
            }
            ("prefers-reduced-motion", value) => {
                ("ui.prefersReducedMotion", i32::from(value == "reduce"))
            }
            _ => bail!("only Chromium can prefer {name}"),
        };
        // Scripts of the browser itself may change its preferences.
        driver.handle().cmd(SetContext("chrome")).await?;
        let set = "Services.prefs.setIntPref(arguments[0], arguments[1])";
        let done = driver.execute(set, vec![json!(preference), json!(number)]).await;
        driver.handle().cmd(SetContext("content")).await?;
        done?;
        Ok(())
    }

    /// Errors that no page caught, since the last call.
    pub(super) fn uncaught(&self) -> Vec<String> {
        std::mem::take(&mut *self.uncaught.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How Firefox begins what it says itself of things that scripts hear of as events: a socket that
/// does not open, what a policy forbids.
const ITS_OWN: [&str; 4] = [
    "Firefox can’t establish a connection to",
    "The connection to ws",
    "Content-Security-Policy:",
    "Cross-Origin Request Blocked:",
];

/// What it says of a page that has been left while its worker was starting, and of a driver's
/// script that a new page has taken the place of.
const OF_PAGES_THAT_ENDED: [&str; 4] = [
    "uncaught exception: undefined",
    "TypeError: error loading dynamically imported module",
    "Failed to load ‘’. A ServiceWorker intercepted",
    "Error: Permission denied to access property \"length\"",
];

/// Whether an entry of the log is not an exception of a script.
fn is_of_the_browser(text: &str) -> bool {
    let mut own = ITS_OWN.iter().chain(&OF_PAGES_THAT_ENDED);
    let blocked = text.starts_with("The resource at ") && text.contains("was blocked");
    blocked || own.any(|start| text.starts_with(start))
}

/// Where an exception comes from, as far as the log says.
fn thrown_at(stack: &Value) -> String {
    let frames = stack["callFrames"].as_array().into_iter().flatten();
    let place = |frame: &Value| {
        let part = |name: &str| frame[name].as_str().unwrap_or_default().to_owned();
        format!("\n  {} {}:{}", part("functionName"), part("url"), frame["lineNumber"])
    };
    frames.map(place).collect()
}

/// geckodriver's command that says whether scripts run in the page (`content`) or as the browser
/// itself (`chrome`).
#[derive(Debug)]
struct SetContext(&'static str);

impl FormatRequestData for SetContext {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let place = format!("/session/{session}/moz/context");
        RequestData::new(Method::POST, place).add_body(json!({ "context": self.0 }))
    }
}
