//! Ends a browser, so that neither processes nor files are left of it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, bail, ensure};

use super::Browser;
use crate::processes;

/// How long processes have to end that were ended by force.
const PATIENCE: Duration = Duration::from_secs(5);

impl Browser {
    /// Where driver and browser write, which is removed with the browser.
    pub fn folder(&self) -> &Path {
        self.folder.path()
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
        let refused = self.script("return self.refusedByPolicy ?? '';", vec![]).await?;
        if refused != "" {
            bail!("the page's policy forbids what it does: {refused}");
        }
        let browsers = processes::family(self.server.id()).unwrap_or_default();
        self.driver.clone().quit().await?;
        // The driver goes on. What it started may still be writing.
        processes::wait_for_end(browsers.get(1..).unwrap_or_default(), PATIENCE);
        Ok(())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A failed test has not quit, and quitting here would block its runtime.
        let _ = self.driver.clone().leak();
        let server = self.server.id();
        let browsers = processes::family(server).unwrap_or_default();
        // The driver ends its browsers with itself. It may have ended already.
        let _ = Command::new("kill").arg(server.to_string()).status();
        let _ = self.server.wait();
        // Not all drivers do, and what is left takes the memory of the next tests.
        let left = browsers.iter().filter(|pid| **pid != server).map(u32::to_string);
        let mut kill = Command::new("kill");
        kill.args(["-s", "KILL"]).args(left).stderr(Stdio::null());
        let _ = kill.status();
        // The folder goes last, and what one of them still wrote would stay in it.
        processes::wait_for_end(&browsers, PATIENCE);
    }
}
