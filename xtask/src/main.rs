//! `cargo xtask`: installs what is missing, builds, serves and tests. It needs cargo and
//! nothing else; see [`USAGE`].

// The one program here whose output is meant for the terminal.
#![allow(clippy::print_stdout)]

mod apt;
mod arm;
mod bench;
mod browser;
mod complete_site;
mod contents;
mod fast_worker;
mod first_page;
mod gpu;
mod other_browser;
mod process;
mod python;
mod real_model;
mod report;
mod rerun;
mod serve;
mod site;
mod site_languages;
mod size;
mod skipped;
mod software_gpu;
mod test;
mod tools;
mod wasm_kernels;
mod wasm_opt;
mod without_relaxed_simd;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::other_browser::OtherBrowser;

const USAGE: &str = "\
Usage: cargo xtask <command>

Commands:
  serve   Install what is missing, build, and serve the page at http://localhost:5005
            --port <port>  the port to listen on
            --no-build     serve what was built before
  build   Install what is missing, and build the site into dist
  test    Check format and lints, and run all tests, those in a browser too; list the
          tests that this machine could not run
            --fast         without the site and the browser
            --checks       format, lints and documentation, without a test
            --in firefox|webkit [NAME ...]
                           those of the browser, in another one; or such that have a name
  bench   Measure how fast models run, natively and in the browser; see bench --help
  package Pack what was built for a release, into target/packages
            site           the site in dist
            server FILE --platform NAME
                           the native server
            checksums      of all that lies there
  real-model
          Fetch the real model of the tests, once, and print where it is
  check-gpu cuda|metal
          Compile the server for GPUs that this machine need not have
  size    Print the size of the site's WebAssembly, as it is and as sent with brotli";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<String>) -> Result<ExitCode> {
    let root = repository();
    let mut arguments = arguments.iter().map(String::as_str);
    let command = arguments.next().unwrap_or("help");
    match command {
        "serve" => {
            let mut options = serve::Options::default();
            while let Some(argument) = arguments.next() {
                match argument {
                    "--no-build" => options.build = false,
                    "--port" => {
                        let port = arguments.next().context("--port needs a number")?;
                        options.port = port.parse().with_context(|| {
                            format!("\"{port}\" is not a port; give a number up to 65535")
                        })?;
                    }
                    other => return unknown(other),
                }
            }
            serve::run_server(&root, &options)
        }
        "build" => {
            site::build(&root)?;
            Ok(ExitCode::SUCCESS)
        }
        "test" => {
            let scope = match arguments.next() {
                None => test::Scope::Everything,
                Some("--fast") => test::Scope::Fast,
                Some("--checks") => test::Scope::Checks,
                Some("--in") => {
                    let browser = OtherBrowser::named(arguments.next())?;
                    browser.test(&root, &arguments.collect::<Vec<_>>())?;
                    return Ok(ExitCode::SUCCESS);
                }
                Some(other) => return unknown(other),
            };
            Ok(test::run_steps(&root, scope))
        }
        "complete-site" => {
            complete_site::complete(&root)?;
            Ok(ExitCode::SUCCESS)
        }
        "bench" => {
            bench::measure(&root, &arguments.collect::<Vec<_>>())?;
            Ok(ExitCode::SUCCESS)
        }
        "package" => {
            let pack = ["run", "--quiet", "--package", "packaging", "--"];
            process::run(process::cargo(&root, &pack).args(arguments))?;
            Ok(ExitCode::SUCCESS)
        }
        "real-model" => {
            let file = real_model::ensure(&root, &python::Python::ensure()?)?;
            println!("{}", file.display());
            Ok(ExitCode::SUCCESS)
        }
        "check-gpu" => {
            match arguments.next() {
                Some("cuda") => gpu::check_cuda(&root)?,
                Some("metal") => gpu::check_metal(&root)?,
                _ => bail!("check-gpu needs one of cuda and metal"),
            }
            Ok(ExitCode::SUCCESS)
        }
        "size" => match arguments.next() {
            None => size::run(&root),
            Some(other) => unknown(other),
        },
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => unknown(other),
    }
}

fn unknown(argument: &str) -> Result<ExitCode> {
    bail!("\"{argument}\" is not known here\n\n{USAGE}")
}

/// The folder of the workspace, wherever the command was typed.
fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
