//! Dialogues for the second stage, made from the stories and from small templates.

mod facts;
mod small_talk;
mod stories;
mod words;

use anyhow::Result;
use tokenizers::Tokenizer;

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

/// One to three turns. The same generator gives the same dialogue.
pub fn dialogue(random: &mut Random, stories: &[String]) -> Vec<Turn> {
    if random.chance(0.06) {
        return vec![small_talk::greeting(random)];
    }
    let mut turns = Vec::new();
    if random.chance(0.2) {
        turns.push(small_talk::greeting(random));
    }
    for _ in 0..random.between(1, 2) {
        let made = match random.unit() {
            x if x < 0.30 => vec![stories::about(random, stories)],
            x if x < 0.38 => vec![stories::go_on(random, stories)],
            x if x < 0.58 => stories::questions(random),
            x if x < 0.66 => small_talk::introduction(random),
            x if x < 0.73 => vec![small_talk::about_itself(random)],
            x if x < 0.78 => vec![small_talk::unknown(random)],
            _ => vec![facts::fact(random)],
        };
        turns.extend(made);
    }
    if random.chance(0.15) {
        turns.push(small_talk::farewell(random));
    }
    turns.truncate(4);
    turns
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
