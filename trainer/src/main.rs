//! Trains the demo model and asks it:
//! `cargo run --release --package trainer -- train --text FOLDER --out demo-model`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use trainer::corpus::Corpus;
use trainer::optimizer::LearningRates;
use trainer::run::{self, Plan};
use trainer::shape::Shape;
use trainer::shapes::compare;

/// The full learning rates.
const RATES: LearningRates = LearningRates { matrices: 0.02, others: 3e-3 };

/// Makes the demo model from text files.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Trains the model and writes all its files. If it is stopped, it goes on from its last
    /// checkpoint when it is started again.
    Train(Train),
    /// Trains models of several shapes and vocabularies, each for the same processor
    /// time, and prints a table of what they reach.
    TrainShapes {
        /// The folder with tinystories-*.txt.
        #[arg(long)]
        text: PathBuf,
        /// Where the tokenizers are stored.
        #[arg(long, default_value = "target/training-shapes")]
        work: PathBuf,
        /// Seconds of processor time for each shape, on all threads together.
        #[arg(long, default_value_t = 240.0)]
        seconds: f64,
        /// Tokens of a step at least.
        #[arg(long, default_value_t = 6144)]
        tokens: usize,
        /// The shapes, each as VOCABULARY:HIDDEN:LAYERS:INNER.
        #[arg(required = true)]
        shapes: Vec<Shape>,
    },
    /// Writes the model's answers to its prompts and its most probable tokens after its
    /// examples.
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
    /// Where checkpoints and the loss curve are stored.
    #[arg(long, default_value = "target/training")]
    work: PathBuf,
    /// The seed of all that is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps on stories.
    #[arg(long, default_value_t = 2400)]
    steps: usize,
    /// Steps on dialogues.
    #[arg(long, default_value_t = 500)]
    tuning_steps: usize,
    /// Tokens of a step at least.
    #[arg(long, default_value_t = 4096)]
    tokens: usize,
    /// Size of the vocabulary.
    #[arg(long, default_value_t = 4096)]
    vocab: usize,
    /// Width of the residual stream, in heads of 32.
    #[arg(long, default_value_t = 256)]
    hidden: usize,
    /// Number of blocks.
    #[arg(long, default_value_t = 4)]
    layers: usize,
    /// Width of the MLP.
    #[arg(long, default_value_t = 704)]
    inner: usize,
    /// Steps between checkpoints.
    #[arg(long, default_value_t = 100)]
    save: usize,
    /// Stop after this many steps of both stages together, to be resumed later.
    #[arg(long)]
    stop: Option<usize>,
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Train(arguments) => train(&arguments),
        Command::TrainShapes { text, work, seconds, tokens, shapes } => {
            let corpus = Corpus::read(&text)?;
            std::fs::create_dir_all(&work)?;
            compare(&corpus, &work, seconds, &shapes, tokens, RATES)
        }
        Command::Ask { model } => trainer::answers::write(&model),
    }
}

fn train(arguments: &Train) -> Result<()> {
    let plan = Plan {
        shape: Shape::of_widths(
            arguments.vocab,
            arguments.hidden,
            arguments.layers,
            arguments.inner,
        ),
        seed: arguments.seed,
        steps: [arguments.steps, arguments.tuning_steps],
        tokens: arguments.tokens,
        report: 10,
        save: arguments.save,
        rates: RATES,
        stop: arguments.stop,
    };
    let corpus = Corpus::read(&arguments.text)?;
    run::train_and_write(&corpus, &arguments.work, &arguments.out, &plan)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn no_options_of_a_command_contradict_each_other() {
        Arguments::command().debug_assert();
    }
}
