//! The stories: where they come from, which are held out, and rows of their tokens.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::random::Random;

/// What separates stories in a file.
const SEPARATOR: &str = "<|endoftext|>";
/// The file whose first long stories are held out.
const HELD_OUT_FILE: &str = "tinystories-2.txt";
/// How many are held out at most, and how many characters each has at least.
const HELD_OUT: (usize, usize) = (40, 201);

/// Stories to learn from, and others to be tested with.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    /// What is learned from.
    pub stories: Vec<String>,
    /// What is never learned from.
    pub held_out: Vec<String>,
}

impl Corpus {
    /// The stories of all `tinystories-*.txt` of a folder, in the order of their names.
    pub fn read(folder: &Path) -> Result<Corpus> {
        let mut paths = Vec::new();
        let entries = std::fs::read_dir(folder)
            .with_context(|| format!("the folder {} cannot be read", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("tinystories") && name.ends_with(".txt") {
                paths.push(path.clone());
            }
        }
        paths.sort();
        let mut corpus = Corpus::default();
        for path in paths {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            corpus.add(&text, path.ends_with(HELD_OUT_FILE));
        }
        ensure!(
            !corpus.stories.is_empty(),
            "no tinystories-*.txt in {}",
            folder.display()
        );
        Ok(corpus)
    }

    fn add(&mut self, text: &str, hold_out: bool) {
        let (most, least) = HELD_OUT;
        for story in text.split(SEPARATOR).map(str::trim).filter(|s| !s.is_empty()) {
            let long = story.chars().count() >= least;
            match hold_out && long && self.held_out.len() < most {
                true => self.held_out.push(story.to_owned()),
                false => self.stories.push(story.to_owned()),
            }
        }
    }
}

/// Tokens to learn from, N = rows × length: what is read, what follows each token, and
/// how much that counts.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Tokens that are read.
    pub ids: Vec<u32>,
    /// The token after each.
    pub targets: Vec<u32>,
    /// How much each is to be learned, 0 for what is only read.
    pub counts: Vec<f32>,
}

impl Batch {
    /// Adds a row of pairs of token and how much it counts, one more than its length.
    pub fn push(&mut self, row: &[(u32, f32)]) {
        for pair in row.windows(2) {
            self.ids.push(pair[0].0);
            self.targets.push(pair[1].0);
            self.counts.push(pair[1].1);
        }
    }
}

/// All stories one after another in an order of their own each time around.
#[derive(Debug)]
pub struct Stream<'a> {
    stories: &'a [Vec<u32>],
    seed: u64,
    total: usize,
    epoch: Option<(usize, Vec<u32>)>,
}

impl<'a> Stream<'a> {
    /// `stories` are tokens, each story from its leading token.
    pub fn new(stories: &'a [Vec<u32>], seed: u64) -> Stream<'a> {
        let total = stories.iter().map(Vec::len).sum();
        Stream { stories, seed, total, epoch: None }
    }

    /// The token at a place of the endless stream.
    fn at(&mut self, place: usize) -> u32 {
        let wanted = place / self.total;
        let tokens = match self.epoch.take() {
            Some((epoch, tokens)) if epoch == wanted => tokens,
            _ => Random::new(self.seed, wanted as u64)
                .order(self.stories.len())
                .into_iter()
                .flat_map(|story| self.stories[story].iter().copied())
                .collect(),
        };
        let token = tokens[place % self.total];
        self.epoch = Some((wanted, tokens));
        token
    }

    /// The batch of a step.
    pub fn batch(&mut self, step: usize, rows: usize, length: usize) -> Batch {
        let mut batch = Batch::default();
        for row in 0..rows {
            let start = (step * rows + row) * length;
            let row: Vec<(u32, f32)> =
                (start..=start + length).map(|place| (self.at(place), 1.0)).collect();
            batch.push(&row);
        }
        batch
    }
}
