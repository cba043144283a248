//! A comparison of shapes and vocabularies: each is trained for the same processor time, with
//! a whole schedule of learning rates, and then reads the held-out stories.

use std::path::Path;

use anyhow::Result;
use cpu_time::ProcessTime;

use crate::corpus::{Corpus, Stream};
use crate::evaluate::HeldOut;
use crate::model::Model;
use crate::network::Network;
use crate::optimizer::{LearningRates, Optimizer};
use crate::run;
use crate::schedule::rates;
use crate::shape::Shape;

/// Trains each shape for so many seconds of processor time and prints a line of a table for
/// it: its size at 8 bits, the tokens that it read, and its bits per character.
pub fn compare(
    corpus: &Corpus,
    work: &Path,
    seconds: f64,
    shapes: &[Shape],
    tokens: usize,
    full: LearningRates,
) -> Result<()> {
    eprintln!(
        "| vocabulary | hidden | layers | MLP | weights | MB | tokens read | bits per character |\n\
         |---|---|---|---|---|---|---|---|"
    );
    for shape in shapes {
        let folder = work.join(shape.vocab.to_string());
        std::fs::create_dir_all(&folder)?;
        let tokenizer = run::tokenizer(corpus, &folder, shape.vocab)?;
        let stories = run::stories(&tokenizer, corpus, shape.context)?;
        let held_out = HeldOut::new(&tokenizer, &corpus.held_out, shape.context)?;
        let mut stream = Stream::new(&stories, 1);
        let mut model = Model::random(*shape, 1);
        let mut optimizer = Optimizer::new(*shape);
        let mut network = Network::new(*shape);
        let started = ProcessTime::now();
        let mut read = 0;
        loop {
            let done = started.elapsed().as_secs_f64() / seconds;
            if done >= 1.0 {
                break;
            }
            let batch = stream.batch(tokens);
            read += batch.ids.len();
            let (_, gradients) = network.gradients(&model, &batch);
            optimizer.step(&mut model, gradients, rates(done, full))?;
        }
        let bits = held_out.bits_per_character(&mut network, &model);
        let weights: usize =
            model.weights.all().iter().map(|weight| weight.values.len()).sum();
        // A block of 32 weights has a scale of 2 bytes.
        let megabytes = weights as f64 * (34.0 / 32.0) / 1e6;
        let Shape { vocab, hidden, layers, inner, .. } = shape;
        eprintln!(
            "| {vocab} | {hidden} | {layers} | {inner} | {:.2} M | {megabytes:.1} | {:.2} M | {bits:.3} |",
            weights as f64 / 1e6,
            read as f64 / 1e6
        );
    }
    Ok(())
}
