//! A byte-level tokenizer without merges: every byte is a token.

use serde_json::{Value, json};

/// Tokens of the tokenizer: three control tokens, then the 256 bytes.
pub const TOKENS: usize = 259;

/// The control token that ends a text, by its id.
pub const END_OF_TEXT: u32 = 0;
/// The control token that ends a turn, by its id.
pub const END_OF_TURN: u32 = 2;

/// Whether a model can chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It has no chat template.
    Base,
    /// It has one.
    Instruct,
}

const CONTROL: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

/// `tokenizer.json`.
pub(crate) fn tokenizer() -> Value {
    let names = CONTROL.iter().map(|name| (*name).to_owned());
    let bytes = (0..=255).map(|byte| byte_character(byte).to_string());
    let vocab: serde_json::Map<String, Value> =
        names.chain(bytes).zip(0..).map(|(name, id)| (name, json!(id))).collect();
    let added: Vec<Value> = CONTROL
        .iter()
        .zip(0..)
        .map(|(content, id): (_, u32)| {
            json!({
                "id": id, "content": content, "special": true,
                "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
            })
        })
        .collect();
    let byte_level = json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true });
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": null,
        "pre_tokenizer": byte_level,
        "post_processor": null,
        "decoder": byte_level,
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
            "ignore_merges": false, "vocab": vocab, "merges": [],
        },
    })
}

/// `tokenizer_config.json`.
pub(crate) fn tokenizer_config(kind: Kind) -> Value {
    let template = "{% for message in messages %}<|im_start|>{{ message.role }}\n\
        {{ message.content }}<|im_end|>\n{% endfor %}\
        {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
    let mut config = json!({ "eos_token": "<|endoftext|>" });
    if kind == Kind::Instruct {
        config["chat_template"] = json!(template);
    }
    config
}

/// The character that stands for a byte in byte-level vocabularies: itself if it can be
/// seen, else one from U+0100 on (GPT-2's `bytes_to_unicode`).
pub(crate) fn byte_character(byte: u8) -> char {
    let visible = |b: u8| matches!(b, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    match visible(byte) {
        true => char::from(byte),
        false => {
            let place = (0..byte).filter(|b| !visible(*b)).count() as u32;
            char::from_u32(0x100 + place).unwrap_or('\u{FFFD}')
        }
    }
}
