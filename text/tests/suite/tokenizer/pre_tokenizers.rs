//! The pre-tokenizers that GGUF files name, against the ids of the `tokenizers` library in
//! Python and of llama.cpp (`tests/pre-tokenizers/make_expected.py`).

use serde_json::Value;

use super::gguf::from_gguf;
use test_support::GgufFile;

fn expected() -> Value {
    serde_json::from_str(include_str!("../../pre-tokenizers/expected.json")).unwrap()
}

fn strings(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn every_name_splits_texts_as_the_models_own_tokenizer() {
    let expected = expected();
    let (tokens, merges) = (strings(&expected["tokens"]), strings(&expected["merges"]));
    let texts = strings(&expected["texts"]);
    let mut names_seen = 0;
    for rule in expected["rules"].as_array().unwrap() {
        let ids: Vec<Vec<u32>> = serde_json::from_value(rule["ids"].clone()).unwrap();
        assert_eq!(ids.len(), texts.len());
        for name in strings(&rule["names"]) {
            let file = GgufFile::default()
                .string("tokenizer.ggml.model", "gpt2")
                .string("tokenizer.ggml.pre", &name)
                .bool("tokenizer.ggml.add_bos_token", false)
                .strings("tokenizer.ggml.tokens", &tokens)
                .strings("tokenizer.ggml.merges", &merges);
            let tokenizer = from_gguf(file).unwrap();
            for (text, ids) in texts.iter().zip(&ids) {
                let ours = tokenizer.encode_prompt(text).unwrap();
                assert_eq!(&ours, ids, "{name}: {text:?}");
            }
            names_seen += 1;
        }
    }
    assert!(names_seen > 60, "{names_seen}");
}

#[test]
fn names_whose_rule_is_not_known_are_refused_by_a_sentence_with_the_name() {
    for name in ["kimi-k2", "superbpe", "afmoe", "bailingmoe", "chameleon", "QWEN2", ""] {
        let file = GgufFile::default()
            .string("tokenizer.ggml.model", "gpt2")
            .string("tokenizer.ggml.pre", name)
            .strings("tokenizer.ggml.tokens", &["a", "b"])
            .strings("tokenizer.ggml.merges", &["a b"]);
        let error = from_gguf(file).unwrap_err().to_string();
        assert!(error.contains(&format!("{name:?}")), "{error}");
        assert!(error.contains("is not supported"), "{error}");
    }
}
