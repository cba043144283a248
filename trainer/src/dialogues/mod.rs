//! Dialogues for the second stage, made from the stories and from small templates.

mod facts;
mod library;
mod small_talk;
mod stories;
mod words;

use std::collections::HashSet;

use anyhow::{Context, Result};
use tokenizers::Tokenizer;

use self::library::Library;
use crate::random::Random;
use crate::vocabulary::{TEXT, TURN, TURN_END, encode};

/// What a person says, and the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What is asked.
    pub question: String,
    /// What is to be learned.
    pub answer: String,
}

impl Turn {
    fn new(question: impl Into<String>, answer: impl Into<String>) -> Turn {
        Turn { question: question.into(), answer: answer.into() }
    }
}

/// The fixed chats that the model is judged by, each the turns of a person.
const FIXED: &str = include_str!("../../../demo-model/prompts.json");

/// Makes dialogues that have none of the fixed chats' questions, word by word.
#[derive(Clone, Debug)]
pub struct Dialogues {
    library: Library,
    left_out: HashSet<String>,
}

impl Dialogues {
    /// From stories and templates.
    pub fn new(stories: &[String]) -> Result<Dialogues> {
        let fixed: Vec<Vec<String>> =
            serde_json::from_str(FIXED).context("the fixed chats cannot be read")?;
        let left_out = fixed.into_iter().flatten().collect();
        Ok(Dialogues { library: Library::new(stories), left_out })
    }

    /// One to six turns. The same generator gives the same dialogue.
    pub fn dialogue(&self, random: &mut Random) -> Vec<Turn> {
        loop {
            let turns = self.any(random);
            if turns.iter().all(|turn| !self.left_out.contains(&turn.question)) {
                return turns;
            }
        }
    }

    fn any(&self, random: &mut Random) -> Vec<Turn> {
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

/// How much a token of a short answer counts. Such answers have one word that matters,
/// and would be lost beside the many words of stories.
const SHORT: f32 = 3.0;
/// Tokens that a short answer has at most.
const SHORTEST: usize = 24;

/// A dialogue's tokens in the chat template, and how much each is to be learned: the
/// answers and their ends are.
pub fn encode_dialogue(tokenizer: &Tokenizer, turns: &[Turn]) -> Result<Vec<(u32, f32)>> {
    let mut out = vec![(TEXT, 0.0)];
    let mut add = |ids: &[u32], counts| out.extend(ids.iter().map(|id| (*id, counts)));
    let line = encode(tokenizer, "\n", false)?;
    for turn in turns {
        add(&[TURN], 0.0);
        add(&encode(tokenizer, &format!("user\n{}", turn.question), false)?, 0.0);
        add(&[TURN_END], 0.0);
        add(&line, 0.0);
        add(&[TURN], 0.0);
        add(&encode(tokenizer, "assistant\n", false)?, 0.0);
        let answer = encode(tokenizer, &turn.answer, false)?;
        let counts = if answer.len() > SHORTEST { 1.0 } else { SHORT };
        add(&answer, counts);
        add(&[TURN_END], counts);
        add(&line, 0.0);
    }
    Ok(out)
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
