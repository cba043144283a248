//! Bits per character of held-out texts.

use anyhow::Result;
use tokenizers::Tokenizer;

use crate::corpus::Batch;
use crate::model::Model;
use crate::network::Network;
use crate::vocabulary::{CONTROL, encode};

/// Tokens of a text at most; the rest is cut off.
const MAX_TEXT_TOKENS: usize = 512;

/// Held-out texts in tokens, and their characters.
#[derive(Clone, Debug)]
pub struct HeldOut {
    texts: Batch,
    characters: usize,
}

impl HeldOut {
    /// Texts, each with its leading token and cut at the context.
    pub fn new(
        tokenizer: &Tokenizer,
        texts: &[String],
        context: usize,
    ) -> Result<HeldOut> {
        let mut held_out = HeldOut { texts: Batch::default(), characters: 0 };
        for text in texts {
            let mut ids = encode(tokenizer, text, true)?;
            ids.truncate(MAX_TEXT_TOKENS.min(context));
            let read = tokenizer
                .decode(&ids[1..], false)
                .map_err(|error| anyhow::anyhow!("{} {error}", CONTROL[0]))?;
            held_out.characters += read.chars().count();
            held_out.texts.push_text(&ids);
        }
        Ok(held_out)
    }

    /// The model's bits per character.
    pub fn bits_per_character(&self, network: &mut Network, model: &Model) -> f64 {
        let nats = network.loss(model, &self.texts) * self.texts.ids.len() as f64;
        nats / std::f64::consts::LN_2 / self.characters as f64
    }
}
