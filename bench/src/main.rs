//! `cargo xtask bench`: how fast models run here, and how precisely. See [`Command`].

#![allow(clippy::print_stdout, reason = "its output is for the terminal")]

mod accuracy;
mod architectures;
mod browser;
mod class;
mod compare;
mod frames;
mod inside;
mod limit;
mod memory;
mod native;
mod peers;
mod quantiser;
mod report;
mod serve;
mod server_process;
mod soak;
mod soak_page;
mod upstream;
mod web;
mod workload;

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};
use random_model::{Kind, Numbers, Quantisation, Shape, write_gguf};

#[derive(Parser)]
#[command(name = "cargo xtask bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one of it")]
enum Command {
    /// Writes a model of a real shape with random weights: a GGUF file, or a folder with
    /// safetensors
    Make {
        shape: ModelShape,
        format: WeightFormat,
        /// The file or folder to write
        out: PathBuf,
    },
    /// Measures the engine on this machine's processor
    Native(native::Options),
    /// Measures state spaces, linear attention and mixtures of experts beside plain models, with
    /// random weights
    Architectures(architectures::Options),
    /// Measures how long looks into the model take, natively
    Inside(inside::Options),
    /// Measures the native server with several clients that step token by token
    Serve(serve::Options),
    /// Measures how long a vote takes in a class of many pages that play the game
    Class(class::Options),
    /// Measures the native server in front of a real vLLM on this machine's processor, and that
    /// directly
    Upstream(upstream::Options),
    /// Puts the native server under mixed load for a long time and checks its memory
    Soak(soak::Options),
    /// Acts as a person on the page for a long time while faults happen, and checks what is
    /// shown, what is kept, and memory
    SoakPage(soak_page::Options),
    /// Runs the native server; the soak test starts it this way
    #[command(hide = true)]
    Server(native_server::Config),
    /// Measures how smoothly the page follows a knob that is turned once a frame
    Frames(frames::Options),
    /// Measures the engine in headless Chromium, as the built site has it
    Browser(browser::Options),
    /// Measures this engine and others in turns, on the same file
    Compare(compare::Options),
    /// Measures how far the probabilities of this engine's builds and of others are from f32 of
    /// the same file
    Accuracy(accuracy::Options),
    /// Compares our own few bits with llama.cpp's of the same numbers, by bytes and divergence
    Quantiser(quantiser::Options),
}

#[derive(Clone, Copy, ValueEnum)]
enum ModelShape {
    #[value(name = "smollm2-135m")]
    SmolLm2_135m,
    #[value(name = "smollm2-360m")]
    SmolLm2_360m,
    #[value(name = "qwen2.5-0.5b")]
    Qwen2_5_0_5b,
}

#[derive(Clone, Copy, ValueEnum)]
enum WeightFormat {
    #[value(name = "q8_0")]
    Q8,
    #[value(name = "q4_0")]
    Q4,
    Bf16,
    F32,
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Make { shape, format, out } => make(shape, format, &out),
        Command::Native(options) => native::run(&options),
        Command::Architectures(options) => architectures::run(&options),
        Command::Inside(options) => inside::run(&options),
        Command::Class(options) => class::measure(&options),
        Command::Serve(options) => serve::run(&options),
        Command::Upstream(options) => upstream::run(&options),
        Command::Soak(options) => soak::run(&options),
        Command::SoakPage(options) => soak_page::run(&options),
        Command::Server(config) => serve_until_stopped(&config),
        Command::Frames(options) => frames::run(&options),
        Command::Browser(options) => browser::run(&options),
        Command::Compare(options) => compare::run(&options),
        Command::Accuracy(options) => accuracy::run(&options),
        Command::Quantiser(options) => quantiser::run(&options),
    }
}

fn make(shape: ModelShape, format: WeightFormat, out: &Path) -> Result<()> {
    let shape = match shape {
        ModelShape::SmolLm2_135m => Shape::smollm2_135m(),
        ModelShape::SmolLm2_360m => Shape::smollm2_360m(),
        ModelShape::Qwen2_5_0_5b => Shape::qwen2_5_0_5b(),
    };
    let cannot = || format!("{} cannot be written", out.display());
    let gguf = |quantisation| -> Result<()> {
        let file = File::create(out).with_context(cannot)?;
        Ok(write_gguf(&shape, quantisation, 1, &mut BufWriter::new(file))?)
    };
    let folder = |numbers| -> Result<()> {
        let files = random_model::files_of(&shape, Kind::Instruct, numbers, 1);
        files.write_to(out).with_context(cannot)
    };
    match format {
        WeightFormat::Q8 => gguf(Quantisation::Q8_0),
        WeightFormat::Q4 => gguf(Quantisation::Q4_0),
        WeightFormat::Bf16 => folder(Numbers::Bf16),
        WeightFormat::F32 => folder(Numbers::F32),
    }
}

/// The native server in this process, until it is asked to stop.
#[tokio::main]
async fn serve_until_stopped(config: &native_server::Config) -> Result<()> {
    let listener = native_server::bind(config).await?;
    let state = native_server::state(config)?;
    eprintln!("listening on {}", listener.local_addr()?);
    native_server::serve(listener, state, native_server::interrupted()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn no_options_of_a_command_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_engine_of_a_comparison_gets_the_same_work() {
        let line = ["bench", "compare", "native", "--model", "m.gguf", "--prompt", "7"];
        let Command::Compare(options) = Arguments::parse_from(line).command else {
            panic!("another command was read");
        };
        assert_eq!(
            options.workload.options(),
            ["--threads", "2", "--prompt", "7", "--tokens", "64", "--rounds", "3"]
        );
    }
}
