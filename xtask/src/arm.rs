//! The kernels for ARM on other machines: run under emulation if the tools for that are there,
//! else only checked.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::apt;
use crate::process::{cargo, find, run};
use crate::skipped::Skipped;
use crate::tools::ensure_target;

const TARGET: &str = "aarch64-unknown-linux-gnu";
const LINKER: &str = "aarch64-linux-gnu-gcc";
const EMULATOR: &str = "qemu-aarch64";
const PACKAGES: [&str; 3] =
    ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user"];

/// Where a linker for ARM finds its libraries on Debian, and so where programs do.
const LIBRARIES: &str = "/usr/aarch64-linux-gnu";

/// The command that tests the kernels for ARM, if they can be run here. If not, they have been
/// checked, and that is noted.
///
/// # Errors
/// If they cannot be checked; or not run, where nothing may be missing.
pub(crate) fn tests(root: &Path, skipped: &mut Skipped) -> Result<Option<Command>> {
    if cfg!(target_arch = "aarch64") {
        println!("      this machine is one: its tests have run");
        return Ok(None);
    }
    ensure_target(root, TARGET)?;
    let arguments = ["--locked", "--package", "kernels", "--target", TARGET];
    if tools().is_none() {
        apt::install(&PACKAGES).ok();
    }
    let Some((linker, emulator)) = tools() else {
        if test_support::requires_all() {
            bail!("{LINKER} or {EMULATOR} is missing");
        }
        skipped.add(
            "kernels for ARM: all tests",
            &format!("{LINKER} or {EMULATOR} is missing: checked, but not run"),
        );
        run(cargo(root, &["check"]).args(arguments))?;
        return Ok(None);
    };
    let mut command = cargo(root, &["test"]);
    let runner = format!("{} -cpu max -L {LIBRARIES}", emulator.display());
    command
        .args(arguments)
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", linker)
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", runner);
    Ok(Some(command))
}

/// The linker and the emulator.
fn tools() -> Option<(PathBuf, PathBuf)> {
    Some((find(&[LINKER])?, find(&[EMULATOR])?))
}
