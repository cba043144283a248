//! A run: tokenizer, stories, dialogues, files. It can be stopped at any moment, also by
//! Ctrl-C, and goes on from its last checkpoint when it is started again.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use tokenizers::Tokenizer;

use crate::checkpoint::Position;
use crate::corpus::{Batch, Corpus, Stream};
use crate::curve::{Curve, Point};
use crate::dialogues::{Dialogues, encode_dialogue};
use crate::evaluate::HeldOut;
use crate::model::Model;
use crate::network::Network;
use crate::optimizer::{LearningRates, Optimizer};
use crate::random::Random;
use crate::schedule::rates;
use crate::shape::Shape;
use crate::vocabulary::{self, TEXT};
use crate::{checkpoint, export};

/// The share of tokens of stories in the second stage, so that they are not forgotten.
const STORIES_IN_TUNING: f64 = 0.45;

/// What a run does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The model's shape, its vocabulary included.
    pub shape: Shape,
    /// The seed of all that is random.
    pub seed: u64,
    /// Steps of both stages.
    pub steps: [usize; 2],
    /// Tokens of a step at least; stories are not cut.
    pub tokens: usize,
    /// Steps between lines of progress.
    pub report: usize,
    /// Steps between checkpoints, with each of which the held-out stories are read.
    pub save: usize,
    /// The full learning rates.
    pub rates: LearningRates,
    /// Steps of both stages after which the run stops, to be resumed later.
    pub stop: Option<usize>,
}

/// What a run made.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    /// How it learned.
    pub curve: Curve,
    /// False if it was stopped before its end.
    pub finished: bool,
}

/// Trains in the folder `work`, from its checkpoint if there is one.
pub fn train(corpus: &Corpus, work: &Path, plan: &Plan) -> Result<Trained> {
    std::fs::create_dir_all(work)?;
    let tokenizer = tokenizer(corpus, work, plan.shape.vocab)?;
    let stories = stories(&tokenizer, corpus, plan.shape.context)?;
    let held_out = HeldOut::new(&tokenizer, &corpus.held_out, plan.shape.context)?;
    let tokens: usize = stories.iter().map(Vec::len).sum();
    eprintln!("{} stories, {tokens} tokens", stories.len());

    let mut model = Model::random(plan.shape, plan.seed);
    let mut optimizer = Optimizer::new(plan.shape);
    let from = checkpoint::load(work, &mut model, &mut optimizer)?.unwrap_or_default();
    let mut run = Run {
        source: Source {
            dialogues: Dialogues::new(&corpus.stories)?,
            stories: &stories,
            tokenizer: &tokenizer,
            plan,
        },
        work,
        held_out,
        network: Network::new(plan.shape),
        model,
        optimizer,
        curve: Curve::open(work, from)?,
    };
    for stage in from.stage..plan.steps.len() {
        let step = if stage == from.stage { from.step } else { 0 };
        if !run.stage(Position { stage, step })? {
            let Run { model, curve, .. } = run;
            return Ok(Trained { model, tokenizer, curve, finished: false });
        }
    }
    let Run { model, curve, .. } = run;
    Ok(Trained { model, tokenizer, curve, finished: true })
}

/// The stories in tokens, each from its leading token to its end, cut at the context.
pub(crate) fn stories(
    tokenizer: &Tokenizer,
    corpus: &Corpus,
    context: usize,
) -> Result<Vec<Vec<u32>>> {
    let mut stories = vocabulary::encode_all(tokenizer, &corpus.stories)?;
    for story in &mut stories {
        story.push(TEXT);
        story.truncate(context + 1);
    }
    Ok(stories)
}

/// Trains and writes the files of the model, and the curve with them.
pub fn train_and_write(
    corpus: &Corpus,
    work: &Path,
    out: &Path,
    plan: &Plan,
) -> Result<()> {
    let Trained { model, tokenizer, finished, .. } = train(corpus, work, plan)?;
    if !finished {
        return Ok(());
    }
    export::write(out, &model, &tokenizer)?;
    let held_out = HeldOut::new(&tokenizer, &corpus.held_out, plan.shape.context)?;
    let mut network = Network::new(plan.shape);
    let shipped = export::as_shipped(&model)?;
    let [exact, shipped] =
        [&model, &shipped].map(|model| held_out.bits_per_character(&mut network, model));
    eprintln!(
        "held out: {exact:.4} bits per character, with the shipped 8-bit weights {shipped:.4}"
    );
    for name in ["loss.csv", "loss.svg"] {
        let from = work.join(name);
        std::fs::copy(&from, out.join(name))
            .with_context(|| format!("{} cannot be copied", from.display()))?;
    }
    Ok(())
}

/// The tokenizer of a work folder; it is trained if there is none.
pub(crate) fn tokenizer(corpus: &Corpus, work: &Path, size: usize) -> Result<Tokenizer> {
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
    dialogues: Dialogues,
    stories: &'a [Vec<u32>],
    tokenizer: &'a Tokenizer,
    plan: &'a Plan,
}

impl Source<'_> {
    /// A batch of the second stage: dialogues and stories in their shares.
    fn tuning(&self, step: usize) -> Result<Batch> {
        let Plan { seed, tokens, shape, .. } = self.plan;
        let mut random = Random::new(!*seed, step as u64);
        let mut batch = Batch::default();
        let mut of_stories = 0;
        while batch.ids.len() < *tokens {
            if (of_stories as f64) < STORIES_IN_TUNING * batch.ids.len() as f64 {
                let story = random.pick(self.stories);
                batch.push_text(story);
                of_stories += story.len();
            } else {
                let turns = self.dialogues.dialogue(&mut random);
                let mut tokens = encode_dialogue(self.tokenizer, &turns)?;
                tokens.truncate(shape.context + 1);
                batch.push(&tokens);
            }
        }
        Ok(batch)
    }
}

/// A run that is under way.
struct Run<'a> {
    source: Source<'a>,
    work: &'a Path,
    held_out: HeldOut,
    network: Network,
    model: Model,
    optimizer: Optimizer,
    curve: Curve,
}

impl Run<'_> {
    /// Trains the rest of a stage. False if the run has to stop before its end.
    fn stage(&mut self, from: Position) -> Result<bool> {
        let plan = self.source.plan;
        let steps = plan.steps[from.stage];
        let before: usize = plan.steps[..from.stage].iter().sum();
        let all: usize = plan.steps.iter().sum();
        let mut stream = Stream::new(self.source.stories, plan.seed);
        if from.stage == 0 {
            // Skip what was read before.
            (0..from.step).for_each(|_| drop(stream.batch(plan.tokens)));
        }
        let started = Instant::now();
        let (mut losses, mut tokens) = (Vec::new(), 0);
        for step in from.step..steps {
            let batch = match from.stage {
                0 => stream.batch(plan.tokens),
                _ => self.source.tuning(step)?,
            };
            tokens += batch.ids.len();
            let at = rates((before + step) as f64 / all as f64, plan.rates);
            let (loss, gradients) = self.network.gradients(&self.model, &batch);
            self.optimizer.step(&mut self.model, gradients, at)?;
            losses.push(loss as f32);

            let done = step + 1;
            let stops = plan.stop == Some(before + done);
            let last = done == steps || stops;
            let saves = done % plan.save == 0 || last;
            if done % plan.report != 0 && !saves {
                continue;
            }
            let position = Position { stage: from.stage, step: done };
            if saves {
                checkpoint::save(self.work, &self.model, &self.optimizer, position)?;
            }
            let loss = losses.iter().sum::<f32>() / losses.len() as f32;
            losses.clear();
            let bits = saves.then(|| {
                self.held_out.bits_per_character(&mut self.network, &self.model)
            });
            let seconds = started.elapsed().as_secs();
            let speed = tokens as f64 / started.elapsed().as_secs_f64();
            let held_out = bits.map_or_else(String::new, |bits| {
                format!(", held out {bits:.4} bits per character")
            });
            let stage = from.stage + 1;
            eprintln!(
                "stage {stage}, step {done} of {steps}: loss {loss:.4}, {speed:.0} tokens/s{held_out}"
            );
            let tokens = done * plan.tokens;
            let bits_per_character = bits;
            let point = Point { position, tokens, loss, bits_per_character, seconds };
            self.curve.push(point)?;
            if stops {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
