//! A run: tokenizer, stories, dialogues, files. It can be stopped at any moment, by
//! Ctrl-C too, and goes on from its last checkpoint when it is started again.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use tokenizers::Tokenizer;

use crate::checkpoint::{self, Position};
use crate::corpus::{Batch, Corpus, Stream};
use crate::curve::{Curve, Point};
use crate::dialogues::{dialogue, encode_dialogue};
use crate::evaluate::HeldOut;
use crate::model::Model;
use crate::optimizer::{Optimizer, Rates};
use crate::random::Random;
use crate::schedule::rates;
use crate::shape::Shape;
use crate::{export, vocabulary};

/// The share of rows with stories in the second stage, so that they are not forgotten.
const STORIES_IN_TUNING: f64 = 0.45;

/// What a run is to do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The model's shape, its vocabulary included.
    pub shape: Shape,
    /// What all that is random follows from.
    pub seed: u64,
    /// Steps of both stages.
    pub steps: [usize; 2],
    /// Sequences of a step.
    pub rows: usize,
    /// Tokens of a sequence.
    pub length: usize,
    /// Steps between a line of progress and the next.
    pub report: usize,
    /// Steps between a checkpoint, with the held-out stories read, and the next.
    pub save: usize,
    /// Full speed in both stages.
    pub rates: [Rates; 2],
}

/// Trains in `work` with what is there, and gives model, tokenizer and curve.
pub fn train(
    corpus: &Corpus,
    work: &Path,
    plan: &Plan,
) -> Result<(Model, Tokenizer, Curve)> {
    std::fs::create_dir_all(work)?;
    let tokenizer = tokenizer(corpus, work, plan.shape.vocab)?;
    let stories = vocabulary::encode_all(&tokenizer, &corpus.stories)?;
    let held_out = HeldOut::new(&tokenizer, &corpus.held_out, plan.shape.context)?;
    let tokens: usize = stories.iter().map(Vec::len).sum();
    eprintln!("{} stories, {tokens} tokens", stories.len());

    let model = Model::random(plan.shape, plan.seed)?;
    let (mut optimizer, mut position) =
        checkpoint::load(work, &model)?.unwrap_or_default();
    let mut curve = Curve::open(work, position)?;
    let source = Source { corpus, stories: &stories, tokenizer: &tokenizer, plan };
    while position.stage < plan.steps.len() {
        let mut stage =
            Stage { source: &source, work, model: &model, held_out: &held_out };
        stage.run(&mut optimizer, position, &mut curve)?;
        position = Position { stage: position.stage + 1, step: 0 };
        // The second stage learns something else: what was remembered would mislead.
        optimizer = Optimizer::default();
        checkpoint::save(work, &model, &optimizer, position)?;
    }
    Ok((model, tokenizer, curve))
}

/// Trains and writes the files of the model, and the curve with them.
pub fn train_and_write(
    corpus: &Corpus,
    work: &Path,
    out: &Path,
    plan: &Plan,
) -> Result<()> {
    let (model, tokenizer, _) = train(corpus, work, plan)?;
    export::write(out, &model, &tokenizer)?;
    let held_out = HeldOut::new(&tokenizer, &corpus.held_out, plan.shape.context)?;
    eprintln!(
        "held out: {:.4} bits per character, with the shipped 8-bit weights {:.4}",
        held_out.bits_per_character(&model)?,
        held_out.bits_per_character(&export::as_shipped(&model)?)?
    );
    for name in ["loss.csv", "loss.svg"] {
        let from = work.join(name);
        std::fs::copy(&from, out.join(name))
            .with_context(|| format!("{} cannot be copied", from.display()))?;
    }
    Ok(())
}

/// The tokenizer of a work folder, made if there is none.
fn tokenizer(corpus: &Corpus, work: &Path, size: usize) -> Result<Tokenizer> {
    let path = work.join("tokenizer.json");
    let readable = |error| anyhow!("{}: {error}", path.display());
    if path.exists() {
        return Tokenizer::from_file(&path).map_err(readable);
    }
    let tokenizer = vocabulary::train(&corpus.stories, size)?;
    tokenizer.save(&path, false).map_err(readable)?;
    Ok(tokenizer)
}

/// Where batches come from.
struct Source<'a> {
    corpus: &'a Corpus,
    stories: &'a [Vec<u32>],
    tokenizer: &'a Tokenizer,
    plan: &'a Plan,
}

impl Source<'_> {
    /// A batch of the second stage: each row filled with dialogues, or with stories.
    fn tuning(&self, step: usize) -> Result<Batch> {
        let Plan { seed, rows, length, .. } = *self.plan;
        let mut batch = Batch::default();
        for row in 0..rows {
            let mut random = Random::new(!seed, (step * rows + row) as u64);
            let of_stories = random.chance(STORIES_IN_TUNING);
            let mut tokens = Vec::new();
            while tokens.len() <= length {
                if of_stories {
                    let story = random.pick(self.stories);
                    tokens.extend(story.iter().map(|id| (*id, 1.0)));
                } else {
                    let turns = dialogue(&mut random, &self.corpus.stories);
                    tokens.extend(encode_dialogue(self.tokenizer, &turns)?);
                }
            }
            batch.push(&tokens[..=length]);
        }
        Ok(batch)
    }
}

/// One of the two stages.
struct Stage<'a> {
    source: &'a Source<'a>,
    work: &'a Path,
    model: &'a Model,
    held_out: &'a HeldOut,
}

impl Stage<'_> {
    fn run(
        &mut self,
        optimizer: &mut Optimizer,
        from: Position,
        curve: &mut Curve,
    ) -> Result<()> {
        let plan = self.source.plan;
        let steps = plan.steps[from.stage];
        let mut stream = Stream::new(self.source.stories, plan.seed);
        let started = Instant::now();
        let mut losses = Vec::new();
        for step in from.step..steps {
            let batch = match from.stage {
                0 => stream.batch(step, plan.rows, plan.length),
                _ => self.source.tuning(step)?,
            };
            let loss =
                self.model.loss(&batch.ids, batch.targets, batch.counts, plan.length)?;
            let at = rates(step, steps, plan.rates[from.stage]);
            optimizer.step(self.model, &loss.backward()?, at)?;
            losses.push(loss.to_scalar::<f32>()?);

            let done = step + 1;
            let last = done == steps;
            if done % plan.report != 0 && done % plan.save != 0 && !last {
                continue;
            }
            let position = Position { stage: from.stage, step: done };
            let saves = done % plan.save == 0 || last;
            if saves {
                checkpoint::save(self.work, self.model, optimizer, position)?;
            }
            let bits = match saves {
                true => Some(self.held_out.bits_per_character(self.model)?),
                false => None,
            };
            let point = Point {
                position,
                tokens: done * plan.rows * plan.length,
                loss: losses.iter().sum::<f32>() / losses.len() as f32,
                bits_per_character: bits,
                seconds: started.elapsed().as_secs(),
            };
            losses.clear();
            let speed = (done - from.step) as f64 * (plan.rows * plan.length) as f64
                / started.elapsed().as_secs_f64();
            let bits = bits.map_or_else(String::new, |bits| {
                format!(", held out {bits:.4} bits per character")
            });
            let stage = from.stage + 1;
            eprintln!(
                "stage {stage}, step {done} of {steps}: loss {:.4}, {speed:.0} tokens/s{bits}",
                point.loss
            );
            curve.push(point)?;
        }
        Ok(())
    }
}
