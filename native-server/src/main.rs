//! The native server as a program: it reads its options, then serves, lists models,
//! downloads one, or asks a running server how it is.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use native_server::{Config, LogFormat, Task};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let config = Config::parse();
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&config.log))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    match config.log_format {
        LogFormat::Text => log.without_time().init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    match run(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(config: &Config) -> Result<()> {
    match &config.task {
        None => serve(config),
        Some(Task::ListModels) => {
            print(&native_server::list_models(config));
            Ok(())
        }
        Some(Task::Download { id }) => {
            print(&native_server::download_model(config, id)?);
            Ok(())
        }
        Some(Task::CheckHealth) => {
            print(&native_server::check_health(config)?);
            Ok(())
        }
    }
}

#[tokio::main]
async fn serve(config: &Config) -> Result<()> {
    let listener = native_server::bind(config).await?;
    let state = native_server::state(config)?;
    let is_seen = config.log_format == LogFormat::Text && std::io::stderr().is_terminal();
    native_server::welcome(listener.local_addr()?, &state, is_seen);
    native_server::serve(listener, state, native_server::interrupted()).await?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is what the program was asked to say")]
fn print(text: &str) {
    print!("{text}");
}
