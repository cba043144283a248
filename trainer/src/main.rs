//! Makes the demo model and asks it:
//! `cargo run --release --package trainer -- train --text FOLDER --out demo-model`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use trainer::corpus::Corpus;
use trainer::optimizer::Rates;
use trainer::run::{self, Plan};
use trainer::shape::Shape;

/// Makes the demo model from text files.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Trains the model and writes all its files. Stopped, it goes on from its last
    /// checkpoint when it is started again.
    Train(Train),
    /// Writes what the model answers to its prompts and holds likely after its examples.
    Ask {
        /// The folder with the model's files.
        #[arg(long, default_value = "demo-model")]
        model: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Train {
    /// The folder with tinystories-*.txt.
    #[arg(long)]
    text: PathBuf,
    /// Where the model's files go.
    #[arg(long, default_value = "demo-model")]
    out: PathBuf,
    /// Where checkpoints and the loss curve are kept.
    #[arg(long, default_value = "target/training")]
    work: PathBuf,
    /// What all that is random follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps on stories.
    #[arg(long, default_value_t = 4000)]
    steps: usize,
    /// Steps on dialogues.
    #[arg(long, default_value_t = 600)]
    tuning_steps: usize,
    /// Sequences of a step.
    #[arg(long, default_value_t = 16)]
    rows: usize,
    /// Tokens of a sequence.
    #[arg(long, default_value_t = 256)]
    length: usize,
    /// Tokens of the vocabulary.
    #[arg(long, default_value_t = 4096)]
    vocab: usize,
    /// Width of the residual stream, in heads of 32.
    #[arg(long, default_value_t = 256)]
    hidden: usize,
    /// Blocks.
    #[arg(long, default_value_t = 6)]
    layers: usize,
    /// Width of the MLP.
    #[arg(long, default_value_t = 704)]
    inner: usize,
    /// Steps between checkpoints.
    #[arg(long, default_value_t = 50)]
    save: usize,
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Train(arguments) => train(&arguments),
        Command::Ask { model } => trainer::answers::write(&model),
    }
}

fn train(arguments: &Train) -> Result<()> {
    let heads = arguments.hidden / 32;
    let plan = Plan {
        shape: Shape {
            vocab: arguments.vocab,
            hidden: arguments.hidden,
            layers: arguments.layers,
            heads,
            kv_heads: heads / 2,
            inner: arguments.inner,
            context: 512,
        },
        seed: arguments.seed,
        steps: [arguments.steps, arguments.tuning_steps],
        rows: arguments.rows,
        length: arguments.length,
        report: 10,
        save: arguments.save,
        rates: [
            Rates { matrices: 0.02, others: 3e-3 },
            Rates { matrices: 0.006, others: 1.5e-3 },
        ],
    };
    let corpus = Corpus::read(&arguments.text)?;
    run::train_and_write(&corpus, &arguments.work, &arguments.out, &plan)
}
