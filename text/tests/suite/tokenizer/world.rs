//! RWKV's tokenizer, which takes the longest token at each place: against its author's own
//! (`tests/world/make_expected.py`).

use text::tokenizer::{Tokenizer, TokenizerError};

use super::gguf::from_gguf;
use super::{joined, unmarked};
use test_support::GgufFile;

const VOCABULARY: &str = include_str!("../../world/vocabulary.txt");

fn texts() -> Vec<String> {
    let file = include_str!("../../pre-tokenizers/expected.json");
    let file: serde_json::Value = serde_json::from_str(file).unwrap();
    serde_json::from_value(file["texts"].clone()).unwrap()
}

fn expected() -> Vec<Vec<u32>> {
    serde_json::from_str(include_str!("../../world/expected.json")).unwrap()
}

fn check(tokenizer: &Tokenizer) {
    let (texts, expected) = (texts(), expected());
    assert_eq!(texts.len(), expected.len());
    for (text, ids) in texts.iter().zip(expected) {
        assert_eq!(tokenizer.encode_prompt(text).unwrap(), ids, "{text:?}");
        assert_eq!(joined(tokenizer, &ids), text.as_bytes());
    }
}

/// The vocabulary as llama.cpp's converter puts it into a file.
fn converted(tokenizer: &Tokenizer) -> GgufFile {
    let escaped = |byte: &u8| match byte {
        b'\n' => r"\n".to_owned(),
        b'\t' => r"\t".to_owned(),
        b'\r' => r"\r".to_owned(),
        b'\\' => r"\\".to_owned(),
        b'\'' => r"\'".to_owned(),
        b' '..=b'~' => char::from(*byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    };
    let size = tokenizer.vocab_size() as u32;
    let spelled = |id| tokenizer.bytes(id).iter().map(escaped).collect::<String>();
    let tokens = ["<s>".to_owned()].into_iter().chain((1..size).map(spelled));
    let tokens: Vec<String> = tokens.chain(["[PAD]".to_owned()]).collect();
    let mut types = vec![1; tokens.len()];
    (types[0], types[size as usize]) = (3, 5);
    GgufFile::default()
        .string("tokenizer.ggml.model", "rwkv")
        .strings("tokenizer.ggml.tokens", &tokens)
        .integers("tokenizer.ggml.token_type", &types)
        .u32("tokenizer.ggml.bos_token_id", 0)
        .u32("tokenizer.ggml.eos_token_id", 0)
}

#[test]
fn texts_are_cut_as_by_the_authors_own_tokenizer_from_either_file() {
    let tokenizer = Tokenizer::from_file(VOCABULARY.as_bytes()).unwrap();
    check(&tokenizer);
    let gguf = from_gguf(converted(&tokenizer)).unwrap();
    check(&gguf);
    let windows = VOCABULARY.replace('\n', "\r\n");
    check(&Tokenizer::from_file(windows.as_bytes()).unwrap());
    assert_eq!(tokenizer.eos_token(), Some("<|rwkv_tokenizer_end_of_text|>"));
    assert_eq!(gguf.special_tokens(), ["<s>"]);
}

#[test]
#[ignore = "wants the list of tokens of the Python package rwkv (RWKV_VOCABULARY)"]
fn the_real_vocabulary_cuts_texts_as_its_author_does() {
    // Set to a folder with `rwkv_vocab_v20230424.txt` and what `make_expected.py` writes of it
    // (`ids.json`); the vocabulary is in the Python package `rwkv`.
    let folder = std::env::var_os("RWKV_VOCABULARY").expect("RWKV_VOCABULARY is set");
    let read =
        |name: &str| std::fs::read(std::path::Path::new(&folder).join(name)).unwrap();
    let tokenizer = Tokenizer::from_file(&read("rwkv_vocab_v20230424.txt")).unwrap();
    let expected: serde_json::Value = serde_json::from_slice(&read("ids.json")).unwrap();
    let ids: Vec<Vec<u32>> = serde_json::from_value(expected["ids"].clone()).unwrap();
    for (text, ids) in texts().iter().zip(ids) {
        assert_eq!(tokenizer.encode_prompt(text).unwrap(), ids, "{text:?}");
    }
    check_gguf_has_the_same(&tokenizer);
}

fn check_gguf_has_the_same(tokenizer: &Tokenizer) {
    let gguf = from_gguf(converted(tokenizer)).unwrap();
    for text in texts() {
        assert_eq!(
            tokenizer.encode_prompt(&text).unwrap(),
            gguf.encode_prompt(&text).unwrap()
        );
    }
}

#[test]
fn text_of_the_end_token_stays_text_unless_a_template_wrote_it() {
    let tokenizer = Tokenizer::from_file(VOCABULARY.as_bytes()).unwrap();
    let gguf = from_gguf(converted(&tokenizer)).unwrap();
    assert!(!gguf.encode_prompt("a<s>b[PAD]").unwrap().contains(&0));
    assert_eq!(joined(&gguf, &gguf.encode_prompt("a<s>b[PAD]").unwrap()), b"a<s>b[PAD]");
    let ids = gguf.encode_rendered(&unmarked("a<s>b")).unwrap();
    assert_eq!(ids.iter().filter(|id| **id == 0).count(), 1);
    assert_eq!(tokenizer.token_to_id("<|rwkv_tokenizer_end_of_text|>"), Some(0));
    assert_eq!(tokenizer.token_to_id("a"), Some(u32::from(b'a') + 1));
    assert_eq!(tokenizer.token_to_id("no such token"), None);
}

#[test]
fn a_damaged_vocabulary_is_an_error_that_names_the_line() {
    let error = |file: &str| Tokenizer::from_file(file.as_bytes()).unwrap_err();
    for line in [
        "1",
        "1 'a'",
        "1 'a' 2",
        "1 a 1",
        "x 'a' 1",
        "1 'a 1",
        "1 b'é' 1",
        r"1 '\q' 1",
        r"1 '\ud800' 3",
        r"1 '\x' 1",
        "4294967296 'a' 1",
    ] {
        let error = error(&format!("0 'b' 1\n{line}\n"));
        assert!(error.to_string().contains("line 2"), "{line}: {error}");
    }
    match error("1 'a' 1\n") {
        TokenizerError::Inconsistent(what) => assert!(what.contains("byte"), "{what}"),
        other => panic!("{other}"),
    }
}
