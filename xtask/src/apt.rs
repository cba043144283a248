//! Debian's packages.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{find, output, run};

/// Installs packages on a Debian system, without asking questions.
///
/// # Errors
/// If this is another system, or they cannot be installed.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    if !Path::new("/etc/debian_version").exists() || find(&["apt-get"]).is_none() {
        bail!("this is not a Debian system");
    }
    println!("Installing {} with apt-get (1 to 3 minutes) ...", packages.join(" and "));
    let is_root = output("id", &["-u"]).is_some_and(|id| id == "0");
    let apt_get = |arguments: &[&str], packages: &[&str]| {
        let mut command = match is_root {
            true => Command::new("apt-get"),
            // Never asks for a password: an unattended run would wait for ever.
            false => {
                let mut sudo = Command::new("sudo");
                sudo.args(["--non-interactive", "apt-get"]);
                sudo
            }
        };
        let command = command.env("DEBIAN_FRONTEND", "noninteractive");
        run(command.args(arguments).args(packages))
    };
    apt_get(&["update", "--quiet"], &[])?;
    apt_get(&["install", "--quiet", "--yes", "--no-install-recommends"], packages)
}
