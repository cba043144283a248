//! Bits per character of texts that were not learned from.

use anyhow::Result;
use tokenizers::Tokenizer;

use crate::model::Model;
use crate::vocabulary::{CONTROL, encode};

/// Tokens that a text is cut at.
const LONGEST: usize = 512;

/// Texts in tokens, and how many characters those stand for.
#[derive(Clone, Debug)]
pub struct HeldOut {
    texts: Vec<Vec<u32>>,
    characters: usize,
}

impl HeldOut {
    /// Texts, each from its leading token and cut where the context ends.
    pub fn new(
        tokenizer: &Tokenizer,
        texts: &[String],
        context: usize,
    ) -> Result<HeldOut> {
        let mut held_out = HeldOut { texts: Vec::new(), characters: 0 };
        for text in texts {
            let mut ids = encode(tokenizer, text, true)?;
            ids.truncate(LONGEST.min(context));
            let read = tokenizer
                .decode(&ids[1..], false)
                .map_err(|error| anyhow::anyhow!("{} {error}", CONTROL[0]))?;
            held_out.characters += read.chars().count();
            held_out.texts.push(ids);
        }
        Ok(held_out)
    }

    /// The model's bits per character.
    pub fn bits_per_character(&self, model: &Model) -> Result<f64> {
        let mut nats = 0.0;
        for ids in &self.texts {
            let (read, targets) = (&ids[..ids.len() - 1], ids[1..].to_vec());
            let count = targets.len();
            let loss = model.loss(read, targets, vec![1.0; count], count)?;
            nats += f64::from(loss.to_scalar::<f32>()?) * count as f64;
        }
        Ok(nats / std::f64::consts::LN_2 / self.characters as f64)
    }
}
