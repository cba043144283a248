//! `cargo xtask serve`: from a fresh clone to the page in a browser.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::first_page::FirstPage;
use crate::process::{cargo, replace, run};
use crate::site;

/// What can be chosen.
pub(crate) struct Options {
    /// The port to serve on.
    pub(crate) port: u16,
    /// Whether to build first.
    pub(crate) build: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { port: 5005, build: true }
    }
}

/// Installs, builds and serves until it is interrupted.
pub(crate) fn run_server(root: &Path, options: &Options) -> Result<ExitCode> {
    if options.build {
        let first = match root.join("dist/index.html").is_file() {
            true => None,
            false => {
                site::build_first(root)?;
                let page = FirstPage::serve(root.join("dist"), options.port)?;
                println!(
                    "The page is there: open http://localhost:{}. What makes it faster, and the \
                     server, follow; reload the page then.",
                    options.port
                );
                Some(page)
            }
        };
        site::build(root)?;
        println!("Building the server (3 to 6 minutes the first time, then seconds) ...");
        run(&mut cargo(root, &["build", "--release", "--package", "native-server"]))?;
        // The server takes its port.
        drop(first);
    }
    // Through cargo, which knows where the program is whatever the target folder.
    let start = ["run", "--quiet", "--release", "--package", "native-server", "--"];
    let mut command = cargo(root, &start);
    command.arg("--dist").arg(root.join("dist"));
    command.arg("--port").arg(options.port.to_string());
    replace(command)
}
