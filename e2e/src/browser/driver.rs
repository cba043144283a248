//! Starts the programs that drive browsers.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// Starts a driver, and returns it with its port, which it tells after `port`.
pub(super) fn start_driver(command: &mut Command, port: &str) -> Result<(Child, u16)> {
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
    for line in lines.by_ref() {
        let line = line?;
        if let Some((_, port)) = line.split_once(port) {
            let port = port.trim_end_matches('.').parse()?;
            // Who writes to a closed pipe is ended.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok((server, port));
        }
    }
    bail!("{} ended before it started", program.display())
}
