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
            x if x < 0.42 => vec![stories::go_on(random, stories)],
            x if x < 0.60 => stories::questions(random),
            x if x < 0.66 => small_talk::introduction(random),
            x if x < 0.74 => vec![small_talk::about_itself(random)],
            x if x < 0.80 => vec![small_talk::unknown(random)],
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

/// A dialogue's tokens in the chat template, and whether each is to be learned: the
/// answers and their ends are.
pub fn encode_dialogue(
    tokenizer: &Tokenizer,
    turns: &[Turn],
) -> Result<Vec<(u32, bool)>> {
    let mut out = vec![(TEXT, false)];
    let mut add = |ids: &[u32], learned| out.extend(ids.iter().map(|id| (*id, learned)));
    let line = encode(tokenizer, "\n", false)?;
    for turn in turns {
        add(&[TURN], false);
        add(&encode(tokenizer, &format!("user\n{}", turn.question), false)?, false);
        add(&[TURN_END], false);
        add(&line, false);
        add(&[TURN], false);
        add(&encode(tokenizer, "assistant\n", false)?, false);
        add(&encode(tokenizer, &turn.answer, false)?, true);
        add(&[TURN_END], true);
        add(&line, false);
    }
    Ok(out)
}
