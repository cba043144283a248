//! Our own few bits beside llama.cpp's of the same numbers: how many bytes they take, and how
//! far the distributions are from those in f32. Candle computes in f32 each time, so that
//! only the weights differ.

mod dequantised;
mod divergence;
mod weights;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use protocol::Precision;

use self::divergence::AllLogits;
use self::weights::{Format, Weights};
use crate::peers;

/// What to compare, on which text.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A Llama: a folder with config.json, tokenizer.json and model.safetensors, or a GGUF
    /// file, whose blocks count as the numbers that they stand for
    #[arg(long)]
    model: PathBuf,
    /// Move the numbers of a GGUF file's blocks at random within the steps of the blocks:
    /// otherwise a format may have them exactly
    #[arg(long)]
    dither: bool,
    /// llama.cpp's mixture
    #[arg(long, default_value = "Q4_K_M")]
    peer: String,
    /// The text that distributions are compared on
    #[arg(long, default_value = "demo-model/answers.md")]
    text: PathBuf,
    /// Parts of the text, each read by itself
    #[arg(long, default_value_t = 8)]
    parts: usize,
    /// Tokens in a part
    #[arg(long, default_value_t = 250)]
    tokens: usize,
    /// Our precision
    #[arg(long, default_value = "q4", value_parser = precision)]
    precision: Precision,
}

fn precision(text: &str) -> Result<Precision, String> {
    Precision::named(text).ok_or_else(|| Precision::NAMES.into())
}

/// Measures and prints.
///
/// # Errors
/// If the model is not a Llama that can be loaded, or llama.cpp cannot quantise it.
pub(crate) fn run(options: &Options) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let (f32_file, peer_file) =
        (scratch.path().join("f32.gguf"), scratch.path().join("peer.gguf"));
    let mut quantise = Command::new(peers::python()?);
    quantise.arg(peers::sources().join("quantise.py"));
    quantise.arg("--model").arg(&options.model).arg("--f32").arg(&f32_file);
    quantise.arg("--out").arg(&peer_file).args(["--type", &options.peer]);
    if options.dither {
        quantise.arg("--dither");
    }
    peers::output(&mut quantise)?;

    let numbers = if options.model.is_dir() { &options.model } else { &f32_file };
    let exact = Weights::open(numbers)?;
    let text = std::fs::read_to_string(&options.text)
        .with_context(|| format!("{} cannot be read", options.text.display()))?;
    let ids = weights::tokenizer(&options.model)?.encode_prompt(&text)?;
    let parts: Vec<Vec<u32>> =
        ids.chunks(options.tokens).take(options.parts).map(<[u32]>::to_vec).collect();
    let exact = exact.decoder(Format::Exact)?;
    let expected = AllLogits::of(exact.decoder, &parts)?;
    println!("{} positions of {}", expected.len(), options.text.display());

    for (name, file, format) in [
        (format!("llama.cpp {}", options.peer), &peer_file, Format::Exact),
        ("this engine".to_owned(), numbers, Format::Packed(options.precision)),
    ] {
        let loaded = Weights::open(file)?.decoder(format)?;
        let actual = AllLogits::of(loaded.decoder, &parts)?;
        println!(
            "{name}: {} bytes ({}), mean KL divergence {:.3e} nats",
            loaded.bytes,
            loaded.formats,
            expected.mean_divergence(&actual)
        );
        if let Some(nanoseconds) = loaded.nanoseconds_per_weight {
            println!("  {:.1} ms to quantise a million weights", nanoseconds);
        }
    }
    Ok(())
}
