//! `cargo xtask test --in firefox` and `--in webkit`: the tests of the browser, in others than
//! Chromium. What only Chromium's own protocol can do fails there by saying so; it counts as
//! skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::apt;
use crate::process::{cargo, find, run_watched};
use crate::site;
use crate::tools::geckodriver;

/// How `e2e` begins to say that another browser cannot do something.
const ONLY_CHROMIUM: &str = "only Chromium can";

/// A browser that is not Chromium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtherBrowser {
    Firefox,
    WebKit,
}

impl OtherBrowser {
    /// The browser of this name.
    ///
    /// # Errors
    /// If it is neither of both.
    pub(crate) fn named(name: Option<&str>) -> Result<OtherBrowser> {
        match name {
            Some("firefox") => Ok(OtherBrowser::Firefox),
            Some("webkit") => Ok(OtherBrowser::WebKit),
            _ => bail!("--in needs one of firefox and webkit"),
        }
    }

    /// Runs the tests in it whose names contain one of `filters`; all without one.
    ///
    /// # Errors
    /// If it is missing, or a test fails for another reason than that the browser lacks something
    /// of Chromium's.
    pub(crate) fn test(self, root: &Path, filters: &[&str]) -> Result<()> {
        site::ensure(root)?;
        let tests =
            ["test", "--locked", "--workspace", "--no-fail-fast", "--test", "browser"];
        let mut command = match self {
            OtherBrowser::Firefox => {
                let mut command = cargo(root, &tests);
                command.env("NEXTTOKEN_TEST_BROWSER", "firefox");
                command.env("FIREFOX", firefox()?).env("GECKODRIVER", geckodriver(root)?);
                command
            }
            OtherBrowser::WebKit => {
                let mut command = on_a_screen(cargo(root, &tests))?;
                command.env("NEXTTOKEN_TEST_BROWSER", "webkit");
                command
            }
        };
        command.arg("--").args(filters).env("RUST_LIB_BACKTRACE", "0");
        let mut outcome = Outcome::default();
        let ended = run_watched(&mut command, |line| outcome.see(line));
        let failed = outcome.failed();
        println!("\n{self:?}: {} passed", outcome.passed);
        println!("Only Chromium can: {}", outcome.only_chromium.len());
        for (name, reason) in &outcome.only_chromium {
            println!("  {name}: {reason}");
        }
        println!("Failed: {}", failed.len());
        failed.iter().for_each(|name| println!("  {name}"));
        match failed.is_empty() {
            // Every failure is explained.
            true if !outcome.only_chromium.is_empty() => Ok(()),
            // None is, or there was none.
            true => ended,
            false => bail!("{} tests failed in {self:?}", failed.len()),
        }
    }
}

fn firefox() -> Result<PathBuf> {
    let found = || {
        let named = std::env::var_os("FIREFOX").map(PathBuf::from);
        named.or_else(|| find(&["firefox", "firefox-esr"]))
    };
    if found().is_none() {
        apt::install(&["firefox-esr"]).context(
            "the tests in Firefox need it: `sudo apt-get install firefox-esr` on Debian, or its \
             path in FIREFOX",
        )?;
    }
    found().context("Firefox was installed, and is not on the path; name it in FIREFOX")
}

/// The command with a virtual screen, if there is no other; and with WebKitGTK's driver installed.
fn on_a_screen(command: Command) -> Result<Command> {
    if find(&["WebKitWebDriver"]).is_none() || find(&["xvfb-run"]).is_none() {
        apt::install(&["webkit2gtk-driver", "xvfb", "xauth"]).context(
            "the tests in WebKit need WebKitGTK: `sudo apt-get install webkit2gtk-driver xvfb \
             xauth` on Debian",
        )?;
    }
    if std::env::var_os("DISPLAY").is_some() {
        return Ok(command);
    }
    let mut on_screen = Command::new("xvfb-run");
    on_screen.args(["--auto-servernum", "--server-args=-screen 0 2000x1400x24"]);
    on_screen.arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        on_screen.current_dir(folder);
    }
    Ok(on_screen)
}

/// What came of the tests, as their output says.
#[derive(Debug, Default)]
struct Outcome {
    passed: usize,
    /// All that did not pass.
    not_passed: BTreeSet<String>,
    /// Those among them that said why Firefox cannot do what they need.
    only_chromium: BTreeMap<String, String>,
    /// The test whose output is being read.
    current: Option<String>,
}

impl Outcome {
    fn see(&mut self, line: &str) {
        if let Some(test) = line.strip_prefix("test ") {
            let (name, result) = test.rsplit_once(" ... ").unwrap_or_default();
            self.passed += usize::from(result == "ok");
            if result == "FAILED" {
                self.not_passed.insert(name.to_owned());
            }
        }
        if let Some(name) =
            line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" stdout ----"))
        {
            self.current = Some(name.to_owned());
        }
        if let (Some(name), Some(start)) = (&self.current, line.find(ONLY_CHROMIUM)) {
            self.only_chromium
                .entry(name.clone())
                .or_insert_with(|| line[start..].into());
        }
    }

    /// Those that failed for any other reason.
    fn failed(&self) -> Vec<&str> {
        let unexplained =
            self.not_passed.iter().filter(|name| !self.only_chromium.contains_key(*name));
        unexplained.map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_chromium_can_is_told_from_what_fails() {
        let mut outcome = Outcome::default();
        for line in [
            "test touch::a_finger ... FAILED",
            "test chat::a_reply ... ok",
            "test looks::dark ... FAILED",
            "test stored::large ... ignored, moves 400 MB",
            "---- touch::a_finger stdout ----",
            "Error: only Chromium can do this: Input.dispatchTouchEvent",
            "---- looks::dark stdout ----",
            "Error: the text is pale",
        ] {
            outcome.see(line);
        }
        assert_eq!(outcome.passed, 1);
        assert_eq!(outcome.failed(), ["looks::dark"]);
        let reason = "only Chromium can do this: Input.dispatchTouchEvent";
        assert_eq!(outcome.only_chromium["touch::a_finger"], reason);
    }
}
