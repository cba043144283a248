//! `cargo xtask test --in firefox` and `--in webkit`: the tests of the browser, in others than
//! Chromium. What only Chromium's own protocol can do, or what WebKitGTK lacks, fails there by saying
//! so; it counts as skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::apt;
use crate::process::{cargo, find, run_watched};
use crate::site;
use crate::tools::geckodriver;

/// How `e2e` begins to say that a browser cannot do something.
const CANNOT: [&str; 2] = ["only Chromium can", "WebKitGTK cannot"];

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
    /// If it is missing, or a test fails for another reason than that the browser lacks something.
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
        println!("Skipped: {}", outcome.skipped.len());
        for (name, reason) in &outcome.skipped {
            println!("  {name}: {reason}");
        }
        println!("Failed: {}", failed.len());
        failed.iter().for_each(|name| println!("  {name}"));
        match failed.is_empty() {
            // Every failure is explained.
            true if !outcome.skipped.is_empty() => Ok(()),
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

/// What the tests in WebKitGTK need: its driver, a virtual screen, and what the program of their
/// window (`e2e`) is written with.
const FOR_WEBKIT: [&str; 5] =
    ["webkit2gtk-driver", "gir1.2-webkit2-4.1", "python3-gi", "xvfb", "xauth"];

/// Whether the system's Python has the bindings of WebKitGTK.
fn has_bindings() -> bool {
    let asks = "import gi; gi.require_version('WebKit2', '4.1')";
    let asked = Command::new("/usr/bin/python3").args(["-c", asks]).output();
    asked.is_ok_and(|output| output.status.success())
}

/// The command with a virtual screen, if there is no other; and with WebKitGTK installed.
fn on_a_screen(command: Command) -> Result<Command> {
    let has = |program| find(&[program]).is_some();
    if !has("WebKitWebDriver") || !has("xvfb-run") || !has_bindings() {
        apt::install(&FOR_WEBKIT).with_context(|| {
            format!(
                "the tests in WebKit need WebKitGTK: `sudo apt-get install {}` on Debian",
                FOR_WEBKIT.join(" ")
            )
        })?;
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
    /// Those among them that said why the browser cannot do what they need.
    skipped: BTreeMap<String, String>,
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
        let reason = CANNOT.iter().find_map(|cannot| line.find(cannot));
        if let (Some(name), Some(start)) = (&self.current, reason) {
            self.skipped.entry(name.clone()).or_insert_with(|| line[start..].into());
        }
    }

    /// Those that failed for any other reason.
    fn failed(&self) -> Vec<&str> {
        let unexplained =
            self.not_passed.iter().filter(|name| !self.skipped.contains_key(*name));
        unexplained.map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_cannot_do_is_told_from_what_fails() {
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
            "test models::again ... FAILED",
            "---- models::again stdout ----",
            "Error: WebKitGTK cannot do this: it has no files for workers",
        ] {
            outcome.see(line);
        }
        assert_eq!(outcome.passed, 1);
        assert_eq!(outcome.failed(), ["looks::dark"]);
        let reason = "only Chromium can do this: Input.dispatchTouchEvent";
        assert_eq!(outcome.skipped["touch::a_finger"], reason);
        assert!(outcome.skipped["models::again"].starts_with("WebKitGTK cannot"));
    }
}
