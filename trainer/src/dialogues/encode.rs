//! A dialogue in tokens, and how much each counts.

use anyhow::Result;
use tokenizers::Tokenizer;

use super::turn::Turn;
use crate::vocabulary::{TEXT, TURN, TURN_END, encode};

/// The weight of a token of a short answer in the loss. Such answers have one word that
/// matters, and would be lost among the many words of stories.
const SHORT_ANSWER_WEIGHT: f32 = 3.0;
/// Tokens that a short answer has at most.
const SHORT_ANSWER_TOKENS: usize = 24;

/// A dialogue's tokens in the chat template, each with its weight in the loss: 0 for all but
/// the answers and their ends.
pub fn encode_dialogue(tokenizer: &Tokenizer, turns: &[Turn]) -> Result<Vec<(u32, f32)>> {
    let mut out = vec![(TEXT, 0.0)];
    let mut add = |ids: &[u32], weight| out.extend(ids.iter().map(|id| (*id, weight)));
    let line = encode(tokenizer, "\n", false)?;
    for turn in turns {
        add(&[TURN], 0.0);
        add(&encode(tokenizer, &format!("user\n{}", turn.question), false)?, 0.0);
        add(&[TURN_END], 0.0);
        add(&line, 0.0);
        add(&[TURN], 0.0);
        add(&encode(tokenizer, "assistant\n", false)?, 0.0);
        let answer = encode(tokenizer, &turn.answer, false)?;
        let weight =
            if answer.len() > SHORT_ANSWER_TOKENS { 1.0 } else { SHORT_ANSWER_WEIGHT };
        add(&answer, weight);
        add(&[TURN_END], weight);
        add(&line, 0.0);
    }
    Ok(out)
}
