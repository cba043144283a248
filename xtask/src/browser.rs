//! The browser of the end-to-end tests and the driver that steers it: found, or on Debian
//! installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{find, output, run};

const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC_BROWSER: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
const ADVICE: &str = "the browser tests need Chromium or Chrome and chromedriver: \
    `sudo apt-get install chromium chromium-driver` on Debian, `brew install chromedriver` \
    on macOS, or `cargo xtask test --fast` to leave them out";

/// A browser and its driver. `CHROME` and `CHROMEDRIVER` in the environment come first.
pub(crate) struct Browser {
    chrome: PathBuf,
    driver: PathBuf,
}

impl Browser {
    /// Finds both; on a Debian system, installs what is missing.
    pub(crate) fn ensure() -> Result<Browser> {
        if let Some(browser) = Browser::find() {
            return Ok(browser);
        }
        install().context(ADVICE)?;
        Browser::find().context(ADVICE)
    }

    /// Tells the tests where both are.
    pub(crate) fn name_to<'c>(&self, tests: &'c mut Command) -> &'c mut Command {
        tests.env("CHROME", &self.chrome).env("CHROMEDRIVER", &self.driver)
    }

    fn find() -> Option<Browser> {
        let named = |variable| std::env::var_os(variable).map(PathBuf::from);
        let on_mac = || Some(PathBuf::from(MAC_BROWSER)).filter(|file| file.is_file());
        let chrome = named("CHROME").or_else(|| find(&BROWSERS)).or_else(on_mac)?;
        let driver = named("CHROMEDRIVER").or_else(|| find(&["chromedriver"]))?;
        Some(Browser { chrome, driver })
    }
}

fn install() -> Result<()> {
    if !Path::new("/etc/debian_version").exists() || find(&["apt-get"]).is_none() {
        bail!("no browser was found");
    }
    println!("Installing chromium and chromium-driver with apt-get (1 to 3 minutes) ...");
    let is_root = output("id", &["-u"]).is_some_and(|id| id == "0");
    let apt_get = |arguments: &[&str]| {
        let mut command = match is_root {
            true => Command::new("apt-get"),
            // Never asks for a password: an unattended run would wait for ever.
            false => {
                let mut sudo = Command::new("sudo");
                sudo.args(["--non-interactive", "apt-get"]);
                sudo
            }
        };
        run(command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments))
    };
    apt_get(&["update", "--quiet"])?;
    apt_get(&[
        "install",
        "--quiet",
        "--yes",
        "--no-install-recommends",
        "chromium",
        "chromium-driver",
    ])
}
