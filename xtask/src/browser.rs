//! The browser of the end-to-end tests and the driver that steers it: found, or on Debian
//! installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::apt;
use crate::process::find;

const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC_BROWSER: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
const ADVICE: &str = "the browser tests need Chromium or Chrome and chromedriver: \
    `sudo apt-get install chromium chromium-driver` on Debian, `brew install chromedriver` \
    on macOS, or `cargo xtask test --fast` to leave them out";

const NPM_ADVICE: &str = "the tests of the page's accessibility need npm: `sudo apt-get \
    install npm` on Debian, or `cargo xtask test --fast` to leave them out";

/// A browser and its driver. `CHROME` and `CHROMEDRIVER` in the environment come first.
pub(crate) struct Browser {
    chrome: PathBuf,
    driver: PathBuf,
}

impl Browser {
    /// Finds both; on a Debian system, installs what is missing.
    pub(crate) fn ensure() -> Result<Browser> {
        // What finds the page's barriers comes from npm.
        if find(&["npm"]).is_none() {
            apt::install(&["npm"]).context(NPM_ADVICE)?;
        }
        if let Some(browser) = Browser::find() {
            return Ok(browser);
        }
        apt::install(&["chromium", "chromium-driver"]).context(ADVICE)?;
        Browser::find().context(ADVICE)
    }

    /// Passes the paths of both to the tests.
    pub(crate) fn name_to<'c>(&self, tests: &'c mut Command) -> &'c mut Command {
        tests.env("CHROME", &self.chrome).env("CHROMEDRIVER", &self.driver)
    }

    /// Passes them to wasm-bindgen's test runner, which reads the browser's path from a file.
    pub(crate) fn name_to_runner(&self, tests: &mut Command, root: &Path) -> Result<()> {
        let file = root.join("target").join("webdriver.json");
        let wanted =
            serde_json::json!({ "goog:chromeOptions": { "binary": self.chrome } });
        std::fs::write(&file, wanted.to_string())
            .with_context(|| format!("cannot write {}", file.display()))?;
        self.name_to(tests).env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", file);
        Ok(())
    }

    fn find() -> Option<Browser> {
        let named = |variable| std::env::var_os(variable).map(PathBuf::from);
        let on_mac = || Some(PathBuf::from(MAC_BROWSER)).filter(|file| file.is_file());
        let chrome = named("CHROME").or_else(|| find(&BROWSERS)).or_else(on_mac)?;
        let driver = named("CHROMEDRIVER").or_else(|| find(&["chromedriver"]))?;
        Some(Browser { chrome, driver })
    }
}
