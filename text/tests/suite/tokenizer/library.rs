//! The `tokenizers` crate on the same files.

use serde_json::{Value, json};
use text::tokenizer::Tokenizer;

use super::small::{of, small};
use super::{read, unmarked};
use test_support::Random;

/// Checks that both encode a text alike, with and without searching it for control
/// tokens.
fn check_alike(
    ours: &Tokenizer,
    theirs: &mut tokenizers::Tokenizer,
    text: &str,
    name: &str,
) {
    let mut encode = |as_text| {
        theirs.set_encode_special_tokens(as_text);
        theirs.encode_fast(text, false).unwrap().get_ids().to_vec()
    };
    let leading = ours.encode_prompt("").unwrap().len();
    let prompt = ours.encode_prompt(text).unwrap();
    assert_eq!(prompt[leading..], encode(true), "{name}, as text: {text:?}");
    let rendered = ours.encode_rendered(&unmarked(text)).unwrap();
    assert_eq!(rendered, encode(false), "{name}, parsed: {text:?}");
}

#[test]
fn real_tokenizers_encode_as_with_the_library() {
    const PARTS: [&str; 20] = [
        "the",
        " ",
        "  ",
        "\n",
        "\t",
        "Hello",
        "'ll",
        "123",
        "é",
        "e\u{301}",
        "☃",
        "👩‍🚀",
        "中文",
        "<|endoftext|>",
        "<|im_start|>",
        "<s>",
        "<fim_prefix>",
        "\u{FDD0}",
        "\r\n",
        "—x",
    ];
    let files = [
        "tokenizers/gpt-2/tokenizer.json",
        "tokenizers/starcoder/tokenizer.json",
        "smollm2/tokenizer.reconstructed.json",
        "models/stories260K/tokenizer.json",
    ];
    for file in files {
        let Some(json) = read(file) else { return };
        let ours = Tokenizer::from_json(&json).unwrap();
        let mut theirs = tokenizers::Tokenizer::from_bytes(&json).unwrap();
        assert_eq!(ours.vocab_size(), theirs.get_vocab_size(true));
        let mut random = Random::new(3);
        for _ in 0..500 {
            check_alike(&ours, &mut theirs, &random.text(&PARTS, 12), file);
        }
        let Some(text) = read("text/tinyshakespeare.txt") else { return };
        let text = std::str::from_utf8(&text).unwrap();
        for part in text.split("\n\n").take(500) {
            check_alike(&ours, &mut theirs, part, file);
        }
    }
}

#[test]
fn every_kind_of_part_works_as_in_the_library() {
    const PARTS: [&str; 16] = [
        "a", "b", "c", "ab", "abc", " ", "  ", "▁", "é", "☃", "<s>", "</s>", "abba",
        "\n", "A", "2.",
    ];
    let metaspace = |scheme: &str, split: bool| json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split});
    let byte_level = |space: bool| json!({"type": "ByteLevel", "add_prefix_space": space, "trim_offsets": true, "use_regex": true});
    let pre_tokenizers = [
        Value::Null,
        metaspace("always", true),
        metaspace("first", true),
        metaspace("first", false),
        metaspace("never", true),
        byte_level(true),
        json!({"type": "Sequence", "pretokenizers": [
            {"type": "Digits", "individual_digits": true},
            {"type": "Punctuation", "behavior": "Isolated"},
            metaspace("first", true),
        ]}),
        json!({"type": "Split", "pattern": {"Regex": "a+(?!b)|"}, "behavior": "Removed", "invert": false}),
        json!({"type": "Split", "pattern": {"String": ""}, "behavior": "Isolated", "invert": true}),
        json!({"type": "WhitespaceSplit"}),
        json!({"type": "UnicodeScripts"}),
    ];
    let normalizers = [
        Value::Null,
        small()["normalizer"].clone(),
        json!({"type": "Sequence", "normalizers": [
            {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"},
            {"type": "Strip", "strip_left": true, "strip_right": true},
        ]}),
        json!({"type": "Replace", "pattern": {"Regex": "b+"}, "content": "é"}),
        json!({"type": "Nmt"}),
    ];
    let flags = ["single_word", "lstrip", "rstrip", "normalized"];
    let mut random = Random::new(4);
    for pre_tokenizer in &pre_tokenizers {
        for normalizer in &normalizers {
            // The library finds the beginning of a text by the offset of its first
            // character before normalization. No tokenizer in use needs that.
            let normalizer_text = normalizer.to_string();
            let moves = ["Prepend", "Replace", "Strip\""]
                .iter()
                .any(|kind| normalizer_text.contains(kind));
            if moves && pre_tokenizer.to_string().contains("first") {
                continue;
            }
            for round in 0..8 {
                let mut json = small();
                json["pre_tokenizer"] = pre_tokenizer.clone();
                json["normalizer"] = normalizer.clone();
                // If no text may become a control token, ours differs on purpose.
                json["model"]["merges"].as_array_mut().unwrap().truncate(4);
                for token in [1, 3] {
                    for flag in flags {
                        json["added_tokens"][token][flag] = (random.below(3) == 0).into();
                    }
                }
                let ours = of(&json).unwrap();
                let theirs = tokenizers::Tokenizer::from_bytes(json.to_string());
                let mut theirs = theirs.unwrap();
                let name = format!(
                    "{pre_tokenizer} {normalizer} {round} {}",
                    json["added_tokens"]
                );
                for _ in 0..40 {
                    check_alike(&ours, &mut theirs, &random.text(&PARTS, 8), &name);
                }
            }
        }
    }
}
