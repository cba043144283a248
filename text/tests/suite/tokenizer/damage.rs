//! Damaged and hostile files.

use model_files::gguf::Gguf;
use serde_json::{Value, json};
use text::tokenizer::{Tokenizer, TokenizerError};

use super::gguf::sentence_piece;
use super::small::{of, small};
use super::unmarked;
use test_support::{Random, limited};

#[test]
fn other_kinds_are_named() {
    for (pointer, value, named) in [
        ("/model/type", json!("Unigram"), "Unigram"),
        ("/model/type", json!("WordPiece"), "WordPiece"),
        (
            "/normalizer",
            json!({"type": "Precompiled", "precompiled_charsmap": "AA=="}),
            "Precompiled",
        ),
        ("/pre_tokenizer", json!({"type": "FixedLength", "length": 0}), "FixedLength"),
        (
            "/pre_tokenizer",
            json!({"type": "Sequence", "pretokenizers": [{"type": "X"}]}),
            "X",
        ),
        ("/post_processor", json!({"type": "Y"}), "Y"),
        ("/model/end_of_word_suffix", json!("</w>"), "</w>"),
    ] {
        let mut json = small();
        *json.pointer_mut(pointer).unwrap() = value;
        match of(&json) {
            Err(TokenizerError::Unsupported { kind, .. }) => assert_eq!(kind, named),
            other => panic!("{named}: {other:?}"),
        }
    }
}

#[test]
fn contradictions_are_errors() {
    for (pointer, value) in [
        ("/added_tokens/3/id", json!(u32::MAX)),
        ("/added_tokens/3/id", json!(u64::MAX)),
        ("/added_tokens/3/id", json!(-1)),
        ("/added_tokens/3/id", json!(1)),
        ("/model/vocab/ab", json!(1)),
        ("/model/vocab/ab", json!(u32::MAX)),
        ("/model/merges/0", json!(["a", "abcabcabcabcabcabcabc"])),
        ("/model/merges/0", json!(["abc", "abc"])),
        ("/model/merges/0", json!(["a"])),
        ("/model/merges/0", json!("a b c")),
        ("/model/merges/0", json!(7)),
        ("/model/merges", Value::Null),
        ("/model", json!([])),
        ("/post_processor/special_tokens/<s>/ids", json!([272])),
        ("/normalizer/normalizers/1/pattern", json!({"Regex": "("})),
    ] {
        let mut json = small();
        *json.pointer_mut(pointer).unwrap() = value.clone();
        let error = of(&json).expect_err(&format!("{pointer}: {value}"));
        assert!(!error.to_string().is_empty());
    }
}

/// All values in a tree, as pointers.
fn pointers(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate().take(20) {
                pointers(item, &format!("{here}/{index}"), all);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields.iter().take(40) {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(field, &format!("{here}/{name}"), all);
            }
        }
        _ => (),
    }
}

/// Loads a tokenizer and uses it; returns whether it loaded.
fn try_out(json: &[u8], random: &mut Random) -> bool {
    const PARTS: [&str; 10] =
        ["a", "b", "ab c", " ", "▁", "é\u{301}", "☃", "<s>", "abba", ""];
    match Tokenizer::from_json(json) {
        Ok(tokenizer) => {
            for _ in 0..4 {
                let text = random.text(&PARTS, 10);
                let encodings = [
                    tokenizer.encode_prompt(&text),
                    tokenizer.encode_rendered(&unmarked(&text)),
                ];
                for id in encodings.into_iter().flatten().flatten() {
                    assert!((id as usize) < tokenizer.vocab_size());
                    tokenizer.token(id);
                }
            }
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

#[test]
fn damaged_json_is_an_error_or_a_tokenizer() {
    limited("tokenizer::damage::damaged_json_is_an_error_or_a_tokenizer", || {
        let whole = small().to_string();
        let mut random = Random::new(5);
        assert!(try_out(whole.as_bytes(), &mut random));
        let loaded = (0..2000)
            .filter(|_| {
                let damaged = random.damage(whole.as_bytes());
                try_out(&damaged, &mut random)
            })
            .count();
        assert!((1..2000).contains(&loaded));
    });
}

#[test]
fn json_with_other_values_is_an_error_or_a_tokenizer() {
    limited(
        "tokenizer::damage::json_with_other_values_is_an_error_or_a_tokenizer",
        || {
            let values = [
                json!(null),
                json!(0),
                json!(-1),
                json!(u32::MAX),
                json!(u64::MAX),
                json!(1e300),
                json!(""),
                json!("a"),
                json!("▁"),
                json!("<s>"),
                json!("\u{0}"),
                json!("(a*)*$"),
                json!("a".repeat(5000)),
                json!([]),
                json!({}),
                json!(true),
                json!(false),
                json!(["a", "b"]),
                json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}),
                json!({"type": "Metaspace", "replacement": "▁"}),
                json!({"Regex": "^|\\b|(?<=a)"}),
                json!({"type": "NFC"}),
                json!({"type": "Sequence"}),
            ];
            let mut random = Random::new(6);
            let mut whole = small();
            // Fewer of the single bytes, so that the rest is damaged more often.
            let vocab = whole["model"]["vocab"].as_object_mut().unwrap();
            vocab.retain(|token, _| !token.starts_with("<0x") || token.ends_with("1>"));
            let mut loaded = 0;
            for _ in 0..4000 {
                let mut json = whole.clone();
                for _ in 0..1 + random.below(3) {
                    let mut all = Vec::new();
                    pointers(&json, "", &mut all);
                    let other = match random.below(3) {
                        0 => json
                            .pointer(random.of::<String>(&all))
                            .cloned()
                            .unwrap_or_default(),
                        _ => random.of(&values).clone(),
                    };
                    if let Some(place) = json.pointer_mut(random.of::<String>(&all)) {
                        *place = other;
                    }
                }
                loaded += usize::from(try_out(json.to_string().as_bytes(), &mut random));
            }
            assert!((1..4000).contains(&loaded));
        },
    );
}

#[test]
fn damaged_gguf_is_an_error_or_a_tokenizer() {
    limited("tokenizer::damage::damaged_gguf_is_an_error_or_a_tokenizer", || {
        let whole = sentence_piece().bytes();
        let mut random = Random::new(7);
        let mut loaded = 0;
        for _ in 0..5000 {
            let Ok(gguf) = Gguf::parse(&random.damage(&whole)) else { continue };
            if let Ok(tokenizer) = Tokenizer::from_gguf(&gguf) {
                loaded += 1;
                let ids = tokenizer.encode_prompt("ab <s>é A").unwrap();
                assert!(ids.iter().all(|id| (*id as usize) < tokenizer.vocab_size()));
            }
        }
        assert!(loaded > 100);
    });
}
