//! The tokenizer: byte-level BPE with each digit a token of its own. It encodes any text.

use std::collections::HashSet;

use anyhow::{Result, anyhow};
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{AddedToken, Tokenizer};

/// The token before every text and after it, by its id.
pub const TEXT: u32 = 0;
/// The token that begins a turn.
pub const TURN: u32 = 1;
/// The token that ends a turn.
pub const TURN_END: u32 = 2;
/// The control tokens, at the place of their ids.
pub const CONTROL: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

/// Trains a tokenizer on texts.
pub fn train(texts: &[String], size: usize) -> Result<Tokenizer> {
    let mut tokenizer = Tokenizer::new(BPE::default());
    let byte_level = ByteLevel::new(false, true, true);
    tokenizer.with_pre_tokenizer(Some(Sequence::new(vec![
        PreTokenizerWrapper::Digits(Digits::new(true)),
        PreTokenizerWrapper::ByteLevel(byte_level),
    ])));
    tokenizer.with_decoder(Some(byte_level));
    let control = CONTROL.map(|token| AddedToken::from(token, true)).to_vec();
    let alphabet: HashSet<char> = ByteLevel::alphabet().into_iter().collect();
    let trainer = BpeTrainer::builder()
        .vocab_size(size)
        .special_tokens(control)
        .initial_alphabet(alphabet)
        .show_progress(false)
        .build();
    let mut trainer = TrainerWrapper::BpeTrainer(trainer);
    tokenizer.train(&mut trainer, texts.iter()).map_err(readable)?;
    let leading = TemplateProcessing::builder()
        .try_single(format!("{} $A", CONTROL[0]))
        .and_then(|builder| builder.try_pair(format!("{} $A $B", CONTROL[0])))
        .map_err(|error| anyhow!("{error}"))?
        .special_tokens(vec![(CONTROL[0], TEXT)])
        .build()?;
    tokenizer.with_post_processor(Some(leading));
    Ok(tokenizer)
}

/// The tokens of a text. A control token's name in it becomes that token.
pub fn encode(tokenizer: &Tokenizer, text: &str, leading: bool) -> Result<Vec<u32>> {
    Ok(tokenizer.encode_fast(text, leading).map_err(readable)?.get_ids().to_vec())
}

/// The tokens of many texts, each from its leading token.
pub fn encode_all(tokenizer: &Tokenizer, texts: &[String]) -> Result<Vec<Vec<u32>>> {
    let texts = texts.iter().map(String::as_str).collect();
    let encodings = tokenizer.encode_batch_fast(texts, true).map_err(readable)?;
    Ok(encodings.iter().map(|encoding| encoding.get_ids().to_vec()).collect())
}

fn readable(error: tokenizers::Error) -> anyhow::Error {
    anyhow!("the tokenizer failed: {error}")
}
