//! The stories: where they come from, which are held out, and rows of their tokens.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::random::Random;

/// What separates stories in a file.
const SEPARATOR: &str = "<|endoftext|>";
/// The file whose first long stories are held out.
const HELD_OUT_FILE: &str = "tinystories-2.txt";
/// Stories that are held out at most.
const MAX_HELD_OUT: usize = 40;
/// Characters that a held-out story has at least.
const MIN_HELD_OUT_CHARACTERS: usize = 201;

/// All stories.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    /// Stories to learn from.
    pub stories: Vec<String>,
    /// Stories to be tested with.
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
        for story in text.split(SEPARATOR).map(str::trim).filter(|s| !s.is_empty()) {
            let long = story.chars().count() >= MIN_HELD_OUT_CHARACTERS;
            match hold_out && long && self.held_out.len() < MAX_HELD_OUT {
                true => self.held_out.push(story.to_owned()),
                false => self.stories.push(story.to_owned()),
            }
        }
    }
}

/// Sequences to learn from, one after another: the tokens that are read, the token that follows
/// each of them, and its weight in the loss.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Tokens that are read.
    pub ids: Vec<u32>,
    /// The token after each.
    pub targets: Vec<u32>,
    /// The weight of each target in the loss; 0 for those that are only read.
    pub loss_weights: Vec<f32>,
    /// Tokens of each sequence. None sees another.
    pub lengths: Vec<usize>,
}

/// Some sequences of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pack<'a> {
    pub(crate) ids: &'a [u32],
    pub(crate) targets: &'a [u32],
    pub(crate) loss_weights: &'a [f32],
    pub(crate) lengths: &'a [usize],
}

impl Batch {
    /// Adds a sequence of at least two tokens with their weights in the loss.
    pub fn push(&mut self, sequence: &[(u32, f32)]) {
        for pair in sequence.windows(2) {
            self.ids.push(pair[0].0);
            self.targets.push(pair[1].0);
            self.loss_weights.push(pair[1].1);
        }
        self.lengths.push(sequence.len() - 1);
    }

    /// Adds a sequence of at least two tokens, each of weight 1.
    pub fn push_text(&mut self, text: &[u32]) {
        let (read, targets) = (&text[..text.len() - 1], &text[1..]);
        self.ids.extend_from_slice(read);
        self.targets.extend_from_slice(targets);
        self.loss_weights.extend(targets.iter().map(|_| 1.0));
        self.lengths.push(read.len());
    }

    /// All sequences in packs of `most` tokens, more only where one alone has more.
    pub(crate) fn packs(&self, most: usize) -> Vec<Pack<'_>> {
        let mut packs = Vec::new();
        let (mut sequence, mut token) = (0, 0);
        while sequence < self.lengths.len() {
            let mut tokens = 0;
            let fitting = |length: &&usize| {
                tokens += **length;
                tokens <= most
            };
            let count = self.lengths[sequence..].iter().take_while(fitting).count();
            let lengths = &self.lengths[sequence..][..count.max(1)];
            let tokens = token..token + lengths.iter().sum::<usize>();
            (sequence, token) = (sequence + lengths.len(), tokens.end);
            packs.push(Pack {
                ids: &self.ids[tokens.clone()],
                targets: &self.targets[tokens.clone()],
                loss_weights: &self.loss_weights[tokens],
                lengths,
            });
        }
        packs
    }
}

/// All stories one after another, in another random order in each epoch.
#[derive(Debug)]
pub struct Stream<'a> {
    stories: &'a [Vec<u32>],
    seed: u64,
    epoch: u64,
    order: std::vec::IntoIter<usize>,
}

impl<'a> Stream<'a> {
    /// Of stories that are not empty.
    pub fn new(stories: &'a [Vec<u32>], seed: u64) -> Stream<'a> {
        Stream { stories, seed, epoch: 0, order: Vec::new().into_iter() }
    }

    /// The next story.
    pub fn story(&mut self) -> &'a [u32] {
        loop {
            if let Some(place) = self.order.next() {
                return &self.stories[place];
            }
            let mut random = Random::new(self.seed, self.epoch);
            self.order = random.order(self.stories.len()).into_iter();
            self.epoch += 1;
        }
    }

    /// Whole stories, until they have so many tokens.
    pub fn batch(&mut self, tokens: usize) -> Batch {
        let mut batch = Batch::default();
        while batch.ids.len() < tokens {
            batch.push_text(self.story());
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_hold_whole_sequences() {
        let mut batch = Batch::default();
        for length in [3, 4, 9, 1, 2] {
            batch.push_text(&(0..=length).collect::<Vec<u32>>());
        }
        let packs = batch.packs(8);
        let lengths: Vec<&[usize]> = packs.iter().map(|pack| pack.lengths).collect();
        assert_eq!(lengths, [&[3, 4][..], &[9], &[1, 2]]);
        assert_eq!(packs[2].ids, [0, 0, 1]);
        assert_eq!(packs[2].targets, [1, 1, 2]);
    }

    #[test]
    fn each_epoch_has_every_story_in_another_order() {
        let stories: Vec<Vec<u32>> = (0..9).map(|story| vec![story, 0]).collect();
        let mut stream = Stream::new(&stories, 5);
        let mut around = || -> Vec<u32> { (0..9).map(|_| stream.story()[0]).collect() };
        let (first, second) = (around(), around());
        assert_ne!(first, second);
        for mut stories in [first, second] {
            stories.sort_unstable();
            assert_eq!(stories, (0..9).collect::<Vec<u32>>());
        }
    }
}
