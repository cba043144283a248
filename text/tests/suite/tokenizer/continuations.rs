//! Texts that continue others, and control tokens that are meant.

use protocol::TokenizeOptions;
use serde_json::{Value, json};

use super::small::{of, small};

const CONTINUATION: TokenizeOptions =
    TokenizeOptions { special_tokens: false, continuation: true };

/// A small tokenizer that begins prompts with `<s>`, and its bytes of the continuation.
fn bytes(json: &Value, text: &str) -> Vec<Vec<u8>> {
    let tokenizer = of(json).unwrap();
    let ids = tokenizer.encode_text(text, CONTINUATION).unwrap();
    ids.iter().map(|id| tokenizer.bytes(*id).to_vec()).collect()
}

#[test]
fn a_continuation_has_no_leading_tokens_and_no_space_that_was_not_typed() {
    let metaspace = |scheme: &str| json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": true});
    let mut prepending = small();
    let mut always = small();
    always["normalizer"] = Value::Null;
    let mut first = always.clone();
    always["pre_tokenizer"] = metaspace("always");
    first["pre_tokenizer"] = metaspace("first");
    prepending["pre_tokenizer"] = Value::Null;
    for json in [prepending, always, first] {
        let tokenizer = of(&json).unwrap();
        let prompt = tokenizer.encode_prompt("ab").unwrap();
        assert_eq!(prompt[0], 9, "a prompt begins with <s>");
        assert_eq!(tokenizer.bytes(prompt[1])[0], b' ');
        assert_eq!(bytes(&json, "ab"), [b"ab".to_vec()]);
        assert_eq!(bytes(&json, "abba")[0], b"abba".to_vec());
        // The space that was typed stays, and stays one.
        assert_eq!(bytes(&json, " ab").concat(), b" ab");
        assert_eq!(bytes(&json, "ab ab").concat(), b"ab ab");
        assert_eq!(bytes(&json, "abbaab").concat(), b"abbaab");
    }
}

#[test]
fn names_of_control_tokens_become_tokens_only_on_purpose() {
    let tokenizer = of(&small()).unwrap();
    let encode = |special_tokens, continuation| {
        let options = TokenizeOptions { special_tokens, continuation };
        tokenizer.encode_text("a</s>b", options).unwrap()
    };
    assert_eq!(encode(false, false), tokenizer.encode_prompt("a</s>b").unwrap());
    assert!(!encode(false, true).contains(&10));
    let on_purpose = encode(true, true);
    assert_eq!(on_purpose.iter().filter(|id| **id == 10).count(), 1);
    let joined: Vec<u8> =
        on_purpose.iter().flat_map(|id| tokenizer.bytes(*id).to_vec()).collect();
    assert_eq!(joined, b"a</s>b");
    assert_eq!(encode(true, false)[0], 9);
}
