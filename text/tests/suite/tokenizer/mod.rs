//! Tokenizers against the ids of other programs, against the `tokenizers` crate on the
//! same files, and with damaged files.

/// The bytes of tokens, and which text may become a control token.
mod bytes;
/// Texts that continue others, and control tokens that are meant.
mod continuations;
/// Damaged and hostile files.
mod damage;
/// Tokenizers in GGUF files.
mod gguf;
/// The ids of other programs.
mod ids;
/// The `tokenizers` crate on the same files.
mod library;
/// The pre-tokenizers that GGUF files name.
mod pre_tokenizers;
/// A small tokenizer for cases that real ones do not have.
mod small;
/// RWKV's tokenizer.
mod world;

use model_files::gguf::Gguf;
use protocol::{Message, Role};
use text::Rendered;
use text::chat::ChatTemplate;
use text::tokenizer::Tokenizer;

fn read(path: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(test_support::data(path)?).unwrap())
}

fn tokenizer(path: &str) -> Option<Tokenizer> {
    Some(Tokenizer::from_json(&read(path)?).unwrap())
}

fn gpt_2_from_gguf() -> Option<Tokenizer> {
    let gguf = Gguf::parse(&read("tokenizers/gpt-2/vocab.gguf")?).unwrap();
    Some(Tokenizer::from_gguf(&gguf).unwrap())
}

fn joined(tokenizer: &Tokenizer, ids: &[u32]) -> Vec<u8> {
    ids.iter().flat_map(|id| tokenizer.bytes(*id).to_vec()).collect()
}

/// A rendered text without marks.
fn unmarked(text: &str) -> Rendered {
    let template = ChatTemplate::new("{{ messages[0].content }}", None, None).unwrap();
    let message = Message { role: Role::User, content: text.into() };
    template.render(&[message], &[], 0).unwrap()
}
