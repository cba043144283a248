//! A browser, driven through WebDriver: headless Chromium, or Firefox or WebKitGTK's where the
//! environment says so. What only Chromium's own protocol can do, only tests in Chromium ask for.

mod chromium;
mod devtools;
mod driver;
mod end;
mod firefox;
mod scripts;
mod webkit;

use std::ops::Deref;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;

pub use chromium::Gpu;
use firefox::Firefox;
use scripts::{HAS_RELAXED_SIMD, WATCH_POLICY};
use webkit::WebKit;

/// Names the browser of the tests: `firefox`, `webkit`, or else Chromium.
const BROWSER: &str = "NEXTTOKEN_TEST_BROWSER";

/// What the worker's fastest build says of itself with relaxed SIMD, and without.
const FASTEST: &str = "WebAssembly, relaxed SIMD";
const FASTEST_PLAIN: &str = "WebAssembly, SIMD and threads";

/// A browser with one window. Dropping it ends the browser.
pub struct Browser {
    driver: WebDriver,
    server: Child,
    kind: Kind,
    /// What driver and browser write, their profile above all: neither removes it if it is ended.
    folder: TempDir,
}

/// Which browser it is, with what it is driven by beside WebDriver.
enum Kind {
    Chromium,
    Firefox(Firefox),
    WebKit(WebKit),
}

impl Browser {
    /// Starts a browser with a window of 1280 by 800.
    ///
    /// # Errors
    /// If the browser or its driver is missing or does not start.
    pub async fn start() -> Result<Browser> {
        Browser::start_on(Gpu::None).await
    }

    /// Starts a browser with WebGPU, by a device in software. In Firefox it is a browser as
    /// any other.
    ///
    /// # Errors
    /// If the browser or its driver is missing or does not start.
    pub async fn start_with_gpu() -> Result<Browser> {
        Browser::start_on(Gpu::Software).await
    }

    /// Starts a browser with a GPU or none. Only Chromium can choose.
    ///
    /// # Errors
    /// If the browser or its driver is missing or does not start.
    pub async fn start_on(gpu: Gpu) -> Result<Browser> {
        // The driver's client needs a TLS provider. Another test may have installed it first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = TempDir::with_prefix("browser-")?;
        let browser = match std::env::var(BROWSER).as_deref() {
            Ok("firefox") => {
                let (server, driver) = firefox::start(folder.path()).await?;
                let kind = Kind::Firefox(Firefox::connect(&driver).await?);
                Browser { driver, server, kind, folder }
            }
            Ok("webkit") => {
                let (server, driver, window) = webkit::start(folder.path()).await?;
                Browser { driver, server, kind: Kind::WebKit(window), folder }
            }
            _ => {
                let (server, driver) = chromium::start(gpu, folder.path()).await?;
                Browser { driver, server, kind: Kind::Chromium, folder }
            }
        };
        browser.driver.set_script_timeout(Duration::from_secs(120)).await?;
        browser.resize(1280, 800).await?;
        browser.before_pages(WATCH_POLICY).await?;
        Ok(browser)
    }

    /// Sets the size of the page, in CSS pixels.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        match &self.kind {
            Kind::Firefox(firefox) => return firefox.resize(width, height).await,
            Kind::WebKit(_) => return webkit::resize(&self.driver, width, height).await,
            Kind::Chromium => {}
        }
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
        match &self.kind {
            Kind::Firefox(firefox) => {
                return firefox.prefer(&self.driver, name, value).await;
            }
            Kind::WebKit(window) => return window.prefer(name, value).await,
            Kind::Chromium => {}
        }
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
        match &self.kind {
            Kind::Firefox(firefox) => return firefox.before_pages(script).await,
            Kind::WebKit(window) => return window.before_pages(script).await,
            Kind::Chromium => {}
        }
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

    /// Runs a script in the page and returns its `return` value.
    ///
    /// # Errors
    /// If it throws.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }

    /// What the worker's fastest build says of itself here: Firefox before 145 and WebKit have no
    /// relaxed SIMD.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn fastest_build(&self) -> Result<&'static str> {
        let has_relaxed_simd = self.script(HAS_RELAXED_SIMD, vec![]).await? == true;
        Ok(if has_relaxed_simd { FASTEST } else { FASTEST_PLAIN })
    }

    /// For tests of what is stored: whether pages can have files of their own.
    ///
    /// # Errors
    /// If they cannot: in WebKitGTK, whose files no worker can read in place
    /// (`createSyncAccessHandle`). Safari has them, but for its private windows.
    pub fn needs_stored_files(&self) -> Result<()> {
        let is_webkit = matches!(self.kind, Kind::WebKit(_));
        ensure!(!is_webkit, "WebKitGTK cannot do this: it has no files for workers");
        Ok(())
    }

    /// Scrolls an element that could not be clicked to the middle of what it scrolls in. Other
    /// drivers bring into view what they click; WebKit's does not where the page itself is in view.
    pub(crate) async fn bring_into_view(&self, selector: &str) -> Result<()> {
        if let Kind::WebKit(_) = self.kind {
            let scroll = "document.querySelector(arguments[0])
                ?.scrollIntoView({ block: 'center', behavior: 'instant' });";
            self.script(scroll, vec![selector.into()]).await?;
        }
        Ok(())
    }

    /// The text that an element shows.
    ///
    /// # Errors
    /// If the element is gone.
    pub async fn text_of(&self, element: &WebElement) -> Result<String> {
        if let Kind::WebKit(_) = self.kind {
            // Its driver finds no text in what would cut a longer one.
            let shown = "const [element] = arguments;
                return element.checkVisibility() ? element.innerText : '';";
            let text = self.script(shown, vec![element.to_json()?]).await?;
            return Ok(text.as_str().unwrap_or_default().trim().to_owned());
        }
        Ok(element.text().await?)
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

    /// Uncaught errors and rejections in the pages and their workers since the last call, as
    /// far as the browser tells them.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn uncaught(&self) -> Result<Vec<String>> {
        match &self.kind {
            Kind::Firefox(firefox) => return Ok(firefox.uncaught()),
            Kind::WebKit(window) => return window.uncaught(),
            Kind::Chromium => {}
        }
        let log = self.driver.browser_log().await?.into_iter();
        Ok(log.map(|entry| entry.message).filter(|m| m.contains("Uncaught")).collect())
    }

    /// The current memory of all pages and their workers, in bytes. None on systems other than
    /// Linux.
    pub fn memory(&self) -> Option<u64> {
        crate::memory::renderers_now(self.server.id())
    }
}

impl Deref for Browser {
    type Target = WebDriver;

    fn deref(&self) -> &WebDriver {
        &self.driver
    }
}
