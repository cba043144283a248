//! Starts the programs that drive browsers.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// The variable that names the folder for temporary files.
pub(super) const TEMPORARY: &str = if cfg!(windows) { "TMP" } else { "TMPDIR" };

/// How often a driver is started that ends before it has a port: the free port that it is
/// given can be somebody else's by the time that it listens there under its second address.
const ATTEMPTS: usize = 5;

/// Starts a driver, and returns it with its port, which it tells after `port`.
pub(super) fn start_driver(command: &mut Command, port: &str) -> Result<(Child, u16)> {
    let mut said = Vec::new();
    for _ in 0..ATTEMPTS {
        match try_driver(command, port)? {
            Start::Listens(server, port) => return Ok((server, port)),
            Start::Ended(lines) => said = lines,
        }
    }
    let program = command.get_program().display().to_string();
    bail!("{program} ended before it started, {ATTEMPTS} times:\n{}", said.join("\n"))
}

/// What came of starting a driver.
enum Start {
    Listens(Child, u16),
    /// With what it said.
    Ended(Vec<String>),
}

fn try_driver(command: &mut Command, port: &str) -> Result<Start> {
    let program = command.get_program().to_owned();
    let mut server = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| {
            format!("{} is missing: `cargo xtask test` installs it", program.display())
        })?;
    let output = server.stdout.take().context("the driver has no output")?;
    let mut lines = BufReader::new(output).lines();
    let mut said = Vec::new();
    for line in lines.by_ref() {
        let line = line?;
        if let Some((_, port)) = line.split_once(port) {
            let port = port.trim_end_matches('.').parse()?;
            // Who writes to a closed pipe is ended.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(Start::Listens(server, port));
        }
        said.push(line);
    }
    server.wait()?;
    Ok(Start::Ended(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell as driver, which fails as long as `file` is there, and removes it.
    fn fails_once(file: &std::path::Path) -> Command {
        let mut command = Command::new("sh");
        let script = format!(
            "if rm {0} 2>/dev/null; then echo no port; exit 1; fi; echo port 4711.; sleep 60",
            file.display()
        );
        command.args(["-c", &script]);
        command
    }

    #[test]
    fn a_driver_that_ends_at_once_is_started_again() -> Result<()> {
        let file = std::env::temp_dir().join(format!("driver-{}", std::process::id()));
        std::fs::write(&file, "")?;
        let (mut server, port) = start_driver(&mut fails_once(&file), "port ")?;
        server.kill()?;
        server.wait()?;
        assert_eq!(port, 4711);
        assert!(!file.exists());
        Ok(())
    }

    #[test]
    fn a_driver_that_never_starts_is_told_with_what_it_said() -> Result<()> {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no room"]);
        let error = start_driver(&mut command, "port ").err().context("it started")?;
        assert!(error.to_string().ends_with("no room"), "{error}");
        Ok(())
    }
}
