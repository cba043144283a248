//! The ids of other programs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use text::tokenizer::Tokenizer;

use super::{gpt_2_from_gguf, joined, read, tokenizer, unmarked};

/// llama.cpp's cases of a vocabulary: texts and their ids.
fn cases(name: &str) -> Option<Vec<(String, Vec<u32>)>> {
    let texts =
        String::from_utf8(read(&format!("tokenizers/{name}/cases.inp"))?).unwrap();
    let ids = String::from_utf8(read(&format!("tokenizers/{name}/cases.out"))?).unwrap();
    let texts = texts.split("\n__ggml_vocab_test__\n").map(str::to_owned);
    let ids = ids.lines().map(|line| {
        line.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<u32>>()
    });
    let cases: Vec<_> = texts.zip(ids).collect();
    assert_eq!(cases.len(), 46);
    Some(cases)
}

fn check_cases(tokenizer: &Tokenizer, name: &str) {
    let Some(cases) = cases(name) else { return };
    for (text, ids) in cases {
        assert_eq!(tokenizer.encode_prompt(&text).unwrap(), ids, "{name}: {text:?}");
        assert_eq!(joined(tokenizer, &ids), text.as_bytes(), "{name}: {text:?}");
    }
}

#[test]
fn gpt_2_has_the_ids_of_llama_cpp() {
    let Some(tokenizer) = tokenizer("tokenizers/gpt-2/tokenizer.json") else { return };
    check_cases(&tokenizer, "gpt-2");
}

#[test]
fn gpt_2_from_gguf_has_the_ids_of_llama_cpp() {
    let Some(tokenizer) = gpt_2_from_gguf() else { return };
    check_cases(&tokenizer, "gpt-2");
}

#[test]
fn starcoder_has_the_ids_of_llama_cpp() {
    let Some(tokenizer) = tokenizer("tokenizers/starcoder/tokenizer.json") else {
        return;
    };
    check_cases(&tokenizer, "starcoder");
}

#[test]
fn gpt_2_has_the_ids_of_transformers() {
    #[derive(Deserialize)]
    struct Case {
        text: String,
        ids: Vec<u32>,
    }
    let Some(tokenizer) = tokenizer("tokenizers/gpt-2/tokenizer.json") else { return };
    let Some(vectors) = read("tokenizers/gpt-2/transformers-js-vectors.json") else {
        return;
    };
    let mut vectors: BTreeMap<String, Value> = serde_json::from_slice(&vectors).unwrap();
    let mut checked = 0;
    for name in ["Xenova/gpt2", "openai-community/gpt2"] {
        let cases = vectors.remove(name).unwrap();
        let cases: BTreeMap<String, Case> = serde_json::from_value(cases).unwrap();
        for (case, Case { text, ids }) in cases {
            // These programs search for control tokens in the text.
            let actual = tokenizer.encode_rendered(&unmarked(&text)).unwrap();
            assert_eq!(actual, ids, "{name}, {case}: {text:?}");
            checked += 1;
        }
    }
    assert_eq!(checked, 52);
}

#[test]
fn stories_begin_with_bos_and_a_space() {
    let Some(tokenizer) = tokenizer("models/stories260K/tokenizer.json") else { return };
    let Some(reference) = read("models/stories260K/reference.json") else { return };
    let reference: Value = serde_json::from_slice(&reference).unwrap();
    let encodings = reference["encodings_with_bos"].as_object().unwrap();
    assert_eq!(encodings.len(), 6);
    for (text, ids) in encodings {
        let ids: Vec<u32> = serde_json::from_value(ids.clone()).unwrap();
        assert_eq!(tokenizer.encode_prompt(text).unwrap(), ids, "{text:?}");
        let bytes = joined(&tokenizer, &ids[1..]);
        let space = if text.is_empty() { "" } else { " " };
        assert_eq!(String::from_utf8(bytes).unwrap(), format!("{space}{text}"));
    }
    assert!(tokenizer.adds_leading_space());
}
