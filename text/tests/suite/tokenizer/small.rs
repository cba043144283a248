//! A small tokenizer for cases that real ones do not have.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use text::tokenizer::{Tokenizer, TokenizerError};

/// A small tokenizer with some of everything.
pub(crate) fn small() -> Value {
    let words = ["▁", "a", "b", "c", "<", "s", ">", "é", "<unk>", "<s>", "</s>"];
    let merged = ["ab", "▁a", "abc", "s>"];
    let mut vocab: Vec<String> =
        words.iter().chain(&merged).map(|s| (*s).into()).collect();
    vocab.extend((0..=255).map(|byte| format!("<0x{byte:02X}>")));
    let vocab: BTreeMap<String, usize> = vocab.into_iter().zip(0..).collect();
    let added = |id: usize, content: &str, special: bool| {
        json!({
            "id": id, "content": content, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": special,
        })
    };
    json!({
        "version": "1.0",
        "added_tokens": [
            added(8, "<unk>", true), added(9, "<s>", true), added(10, "</s>", true),
            added(271, "abba", false),
        ],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        ]},
        "pre_tokenizer": null,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "<s>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "</s>", "type_id": 0}},
            ],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}],
            "special_tokens": {
                "<s>": {"id": "<s>", "ids": [9], "tokens": ["<s>"]},
                "</s>": {"id": "</s>", "ids": [10], "tokens": ["</s>"]},
            },
        },
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"},
        ]},
        "model": {
            "type": "BPE", "dropout": null, "unk_token": "<unk>",
            "continuing_subword_prefix": null, "end_of_word_suffix": null,
            "fuse_unk": true, "byte_fallback": true, "ignore_merges": false,
            "vocab": vocab,
            "merges": [["a", "b"], ["ab", "c"], ["▁", "a"], ["s", ">"], ["<", "s>"]],
        },
    })
}

pub(crate) fn of(json: &Value) -> Result<Tokenizer, TokenizerError> {
    Tokenizer::from_json(&serde_json::to_vec(json).unwrap())
}
