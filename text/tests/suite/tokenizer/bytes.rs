//! The bytes of tokens, and which text may become a control token.

use super::small::{of, small};
use super::{gpt_2_from_gguf, joined, read, tokenizer, unmarked};

#[test]
fn the_bytes_of_a_text_come_back() {
    let Some(tokenizer) = tokenizer("tokenizers/gpt-2/tokenizer.json") else { return };
    let Some(text) = read("text/tinyshakespeare.txt") else { return };
    let ids = tokenizer.encode_prompt(std::str::from_utf8(&text).unwrap()).unwrap();
    assert!(ids.len() > 300_000);
    assert_eq!(joined(&tokenizer, &ids), text);
    assert!(!tokenizer.adds_leading_space());
}

#[test]
fn both_files_of_gpt_2_have_the_same_tokens() {
    let Some(json) = tokenizer("tokenizers/gpt-2/tokenizer.json") else { return };
    let Some(gguf) = gpt_2_from_gguf() else { return };
    assert_eq!(json.vocab_size(), 50_257);
    assert_eq!(gguf.vocab_size(), 50_257);
    for id in 0..50_258 {
        assert_eq!(json.token(id), gguf.token(id));
    }
    assert_eq!(json.special_tokens(), ["<|endoftext|>"]);
    assert_eq!(gguf.bos_token(), Some("<|endoftext|>"));
    assert_eq!((json.bos_token(), json.eos_token()), (None, None));
}

#[test]
fn tokens_are_bytes_and_control_tokens_are_names() {
    let Some(tokenizer) = tokenizer("tokenizers/gpt-2/tokenizer.json") else { return };
    let token = tokenizer.token(262).unwrap();
    assert_eq!(
        (&token.bytes[..], &token.text[..], token.special),
        (&b" the"[..], "␣the", false)
    );
    let token = tokenizer.token(447).unwrap();
    assert_eq!((&token.bytes[..], &token.text[..]), (&b"\xE2\x80"[..], "<0xE2><0x80>"));
    let token = tokenizer.token(50_256).unwrap();
    assert_eq!((&token.text[..], token.special), ("<|endoftext|>", true));
    assert_eq!(tokenizer.token(50_257), None);
    assert_eq!(tokenizer.token(u32::MAX), None);
    assert_eq!(tokenizer.token_to_id("Ġthe"), Some(262));
    assert_eq!(tokenizer.token_to_id("<|endoftext|>"), Some(50_256));
    assert_eq!(tokenizer.token_to_id(" the"), None);
}

#[test]
fn control_tokens_in_a_prompt_stay_text() {
    let Some(tokenizer) = tokenizer("smollm2/tokenizer.reconstructed.json") else {
        return;
    };
    for special in tokenizer.special_tokens() {
        let text = format!("a{special}b");
        let ids = tokenizer.encode_prompt(&text).unwrap();
        let id = tokenizer.token_to_id(special).unwrap();
        assert!(!ids.contains(&id), "{special}");
        assert_eq!(joined(&tokenizer, &ids), text.as_bytes());
        assert!(tokenizer.encode_rendered(&unmarked(&text)).unwrap().contains(&id));
    }
}

#[test]
fn no_merge_makes_a_control_token_of_text() {
    let tokenizer = of(&small()).unwrap();
    let ids = tokenizer.encode_prompt("<s>").unwrap();
    assert_eq!(ids.iter().filter(|id| **id == 9).count(), 1, "{ids:?}");
    assert_eq!(joined(&tokenizer, &ids[1..]), b" <s>");

    // Nor does a whole word that is the text of one.
    let mut json = small();
    json["model"]["ignore_merges"] = true.into();
    json["normalizer"] = serde_json::Value::Null;
    let tokenizer = of(&json).unwrap();
    let ids = tokenizer.encode_prompt("</s>").unwrap();
    assert_eq!(joined(&tokenizer, &ids[1..]), b"</s>");
    assert!(!ids.contains(&10), "{ids:?}");
}

#[test]
fn a_prompt_gets_leading_and_no_trailing_tokens() {
    let tokenizer = of(&small()).unwrap();
    assert_eq!(tokenizer.encode_prompt("").unwrap(), [9]);
    let ids = tokenizer.encode_prompt("abba").unwrap();
    assert_eq!(ids, [9, 271]);
    assert!(tokenizer.encode_rendered(&unmarked("")).unwrap().is_empty());
}

#[test]
fn characters_that_the_vocabulary_lacks_are_encoded_as_bytes() {
    let tokenizer = of(&small()).unwrap();
    let ids = tokenizer.encode_prompt("☃é").unwrap();
    assert_eq!(joined(&tokenizer, &ids[1..]), " ☃é".as_bytes());
    assert_eq!(tokenizer.bytes(ids[2]), b"\xE2");
}
