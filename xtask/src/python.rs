//! Python, for the tests of clients: found, or on Debian installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::apt;
use crate::process::{find, output};

const ADVICE: &str = "the tests of clients need Python 3.9 or newer with its venv module: \
    `sudo apt-get install python3 python3-venv` on Debian; PYTHON can name another one";

/// Succeeds in an interpreter that can make virtual environments.
const PROBE: &str =
    "import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 9) else 1)";

/// An interpreter that can make virtual environments. `PYTHON` in the environment comes
/// first.
pub(crate) struct Python(PathBuf);

impl Python {
    /// Finds one; on a Debian system, installs it if it is missing.
    pub(crate) fn ensure() -> Result<Python> {
        if let Some(python) = Python::find() {
            return Ok(python);
        }
        apt::install(&["python3", "python3-venv"]).context(ADVICE)?;
        Python::find().context(ADVICE)
    }

    /// Passes its path to the tests.
    pub(crate) fn name_to<'c>(&self, tests: &'c mut Command) -> &'c mut Command {
        tests.env("PYTHON", &self.0)
    }

    /// Its path.
    pub(crate) fn program(&self) -> &Path {
        &self.0
    }

    fn find() -> Option<Python> {
        let named = std::env::var_os("PYTHON").map(PathBuf::from);
        let known = named.into_iter().chain(find(&["python3", "python"]));
        known.into_iter().find(|file| output(file, &["-c", PROBE]).is_some()).map(Python)
    }
}
