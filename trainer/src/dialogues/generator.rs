//! Whole dialogues of several turns.

use std::collections::HashSet;

use anyhow::{Context, Result};

use super::library::Library;
use super::turn::Turn;
use super::{facts, small_talk, stories};
use crate::random::Random;

/// The fixed chats that the model is judged by, each the turns of a person.
const FIXED: &str = include_str!("../../../demo-model/prompts.json");

/// Makes dialogues, none of which has a question of the fixed chats word by word.
#[derive(Clone, Debug)]
pub struct Dialogues {
    library: Library,
    excluded: HashSet<String>,
}

impl Dialogues {
    /// From stories and templates.
    pub fn new(stories: &[String]) -> Result<Dialogues> {
        let fixed: Vec<Vec<String>> =
            serde_json::from_str(FIXED).context("the fixed chats cannot be read")?;
        let excluded = fixed.into_iter().flatten().collect();
        Ok(Dialogues { library: Library::new(stories), excluded })
    }

    /// One to six turns. The same generator gives the same dialogue.
    pub fn dialogue(&self, random: &mut Random) -> Vec<Turn> {
        loop {
            let turns = self.draw(random);
            if turns.iter().all(|turn| !self.excluded.contains(&turn.question)) {
                return turns;
            }
        }
    }

    fn draw(&self, random: &mut Random) -> Vec<Turn> {
        let library = &self.library;
        if random.chance(0.06) {
            return vec![small_talk::greeting(random)];
        }
        let mut turns = Vec::new();
        if random.chance(0.2) {
            turns.push(small_talk::greeting(random));
        }
        for _ in 0..random.between(1, 2) {
            let made = match random.unit() {
                x if x < 0.26 => vec![stories::about(random, library)],
                x if x < 0.36 => vec![stories::go_on(random, library)],
                x if x < 0.58 => stories::questions(random),
                x if x < 0.65 => small_talk::introduction(random),
                x if x < 0.72 => vec![small_talk::about_itself(random)],
                x if x < 0.77 => vec![small_talk::unknown(random)],
                _ => (0..random.between(1, 4)).map(|_| facts::fact(random)).collect(),
            };
            turns.extend(made);
        }
        turns.truncate(5);
        if random.chance(0.15) {
            turns.push(small_talk::farewell(random));
        }
        turns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_fixed_chat_is_learned_word_by_word() {
        let story = "There was a dog. The dog ran to the park. The park was big. The dog saw \
            a red ball. The ball was wet. The dog took it home. All were happy.";
        let dialogues = Dialogues::new(&[story.to_owned()]).unwrap();
        let mut asked = HashSet::new();
        for place in 0..5000 {
            let turns = dialogues.dialogue(&mut Random::new(3, place));
            assert!((1..=6).contains(&turns.len()));
            asked.extend(turns.into_iter().map(|turn| turn.question));
        }
        assert!(asked.contains("What color is the grass?"));
        assert!(asked.contains("Tell me a story about the park."));
        for fixed in ["What color is the sky?", "Write a story about the park.", "Hello!"]
        {
            assert!(!asked.contains(fixed), "{fixed}");
        }
    }
}
