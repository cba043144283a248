//! Tokenizers in GGUF files.

use model_files::gguf::Gguf;
use serde_json::Value;
use text::tokenizer::{Tokenizer, TokenizerError};

use super::{read, unmarked};
use test_support::GgufFile;

/// A small SentencePiece tokenizer.
pub(crate) fn sentence_piece() -> GgufFile {
    // Tokens, types, and scores; pieces of higher scores are merged first.
    let tokens = [
        ("<unk>", 2, 0.0),
        ("<s>", 3, 0.0),
        ("</s>", 3, 0.0),
        ("<0x41>", 6, 0.0),
        ("▁", 1, -1.0),
        ("a", 1, -2.0),
        ("b", 1, -3.0),
        ("ab", 1, -4.0),
        ("▁a", 1, -5.0),
        ("▁ab", 1, -6.0),
        ("<s", 1, -7.0),
        ("s", 1, -8.0),
        ("<", 1, -9.0),
        (">", 1, -10.0),
        ("<user>", 4, 0.0),
        ("[unused]", 5, 0.0),
        ("bs", 1, -11.0),
    ];
    GgufFile::default()
        .string("tokenizer.ggml.model", "llama")
        .strings("tokenizer.ggml.tokens", &tokens.map(|(text, ..)| text))
        .integers("tokenizer.ggml.token_type", &tokens.map(|(_, kind, _)| kind))
        .floats("tokenizer.ggml.scores", &tokens.map(|(.., score)| score))
        .u32("tokenizer.ggml.bos_token_id", 1)
        .u32("tokenizer.ggml.eos_token_id", 2)
}

pub(crate) fn from_gguf(file: GgufFile) -> Result<Tokenizer, TokenizerError> {
    Tokenizer::from_gguf(&Gguf::parse(&file.bytes()).unwrap())
}

#[test]
fn sentence_piece_scores_are_merges() {
    let tokenizer = from_gguf(sentence_piece()).unwrap();
    let encode = |text: &str| tokenizer.encode_prompt(text).unwrap();
    assert_eq!(encode("ab"), [1, 9]);
    assert_eq!(encode("aab"), [1, 8, 7]);
    assert_eq!(encode("abs"), [1, 9, 11]);
    assert_eq!(encode("bbs"), [1, 4, 6, 16]);
    assert_eq!(encode("ab  a"), [1, 9, 4, 8]);
    assert_eq!(encode("A"), [1, 4, 3]);
    assert_eq!(encode("é"), [1, 4, 0]);
    assert_eq!(encode("<s>"), [1, 4, 10, 13]);
    assert_eq!(encode("a<user>a"), [1, 8, 14, 8]);
    assert_eq!(encode("[unused]").iter().filter(|id| **id == 15).count(), 0);
    assert_eq!(tokenizer.encode_rendered(&unmarked("<s>a</s>")).unwrap(), [1, 8, 2]);
    assert_eq!(tokenizer.bytes(9), b" ab");
    assert_eq!(tokenizer.bytes(3), b"A");
    assert_eq!(tokenizer.bytes(15), b"[unused]");
    assert_eq!(tokenizer.special_tokens(), ["<unk>", "<s>", "</s>"]);
    assert_eq!(
        (tokenizer.bos_token(), tokenizer.eos_token()),
        (Some("<s>"), Some("</s>"))
    );
    assert!(tokenizer.adds_leading_space());
}

#[test]
fn bos_is_added_as_gguf_says() {
    let plain = sentence_piece().bool("tokenizer.ggml.add_bos_token", false);
    let plain = plain.bool("tokenizer.ggml.add_space_prefix", false);
    let tokenizer = from_gguf(plain).unwrap();
    assert_eq!(tokenizer.encode_prompt("ab").unwrap(), [7]);
    assert!(!tokenizer.adds_leading_space());
}

#[test]
fn byte_level_kinds_split_words_differently() {
    let tokens = ["1", "12", "123", "Ġ", "a", "Ġa", "A", "aA", "<|b|>"];
    let file = |pre: &str| {
        GgufFile::default()
            .string("tokenizer.ggml.model", "gpt2")
            .string("tokenizer.ggml.pre", pre)
            .strings("tokenizer.ggml.tokens", &[&tokens[..], &["2", "3"]].concat())
            .strings("tokenizer.ggml.merges", &["1 2", "12 3", "Ġ a", "a A"])
            .integers("tokenizer.ggml.token_type", &[1, 1, 1, 1, 1, 1, 1, 1, 3, 1, 1])
            .u32("tokenizer.ggml.bos_token_id", 8)
    };
    let encode =
        |pre: &str| from_gguf(file(pre)).unwrap().encode_prompt("123 aA").unwrap();
    assert_eq!(encode("gpt-2"), [2, 5, 6]);
    assert_eq!(encode("smollm"), [0, 9, 10, 5, 6]);
    assert_eq!(encode("qwen2"), [0, 9, 10, 5, 6]);
    assert_eq!(encode("llama-bpe"), [8, 2, 5, 6]);
    assert_eq!(encode("lfm2"), [8, 2, 5, 6]);
    assert_eq!(encode("falcon"), [2, 5, 6]);
    assert_eq!(encode("gpt-4o"), [2, 5, 6]);
    assert_eq!(encode("tekken"), [8, 0, 9, 10, 5, 6]);
    assert_eq!(encode("default"), [2, 5, 6]);
    match from_gguf(file("klingon")) {
        Err(TokenizerError::Unsupported { kind, .. }) => assert_eq!(kind, "klingon"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn incomplete_gguf_is_an_error_that_names_what_is_missing() {
    let error = |file| from_gguf(file).unwrap_err().to_string();
    let file = GgufFile::default;
    assert!(error(file()).contains("tokenizer.ggml.tokens is missing"));
    let tokens = || file().strings("tokenizer.ggml.tokens", &["a", "b"]);
    assert!(error(tokens()).contains("tokenizer.ggml.model is missing"));
    let kind = |kind| tokens().string("tokenizer.ggml.model", kind);
    assert!(error(kind("rwkv")).contains("no token for the byte 0x00"));
    assert!(error(kind("plamo2")).contains("plamo2"));
    assert!(error(kind("gpt2")).contains("tokenizer.ggml.merges is missing"));
    assert!(error(kind("llama")).contains("tokenizer.ggml.scores is missing"));
    assert!(
        error(kind("llama").floats("tokenizer.ggml.scores", &[1.0])).contains("scores")
    );
    let scores = [1.0, f32::NAN];
    assert!(
        error(kind("llama").floats("tokenizer.ggml.scores", &scores)).contains("scores")
    );
    let merges = |merge| kind("gpt2").strings("tokenizer.ggml.merges", &[merge]);
    assert!(error(merges("ab")).contains("not a pair"));
    assert!(error(merges("a c")).contains("not in its vocabulary"));
    let twice = file().strings("tokenizer.ggml.tokens", &["a", "a"]);
    let twice = twice.string("tokenizer.ggml.model", "llama");
    assert!(error(twice.floats("tokenizer.ggml.scores", &[1.0; 2])).contains("twice"));
}

/// A `tokenizer.json` as llama.cpp's converter would put it into a file.
fn converted(json: &Value) -> GgufFile {
    const BYTE: i32 = 6;
    const CONTROL: i32 = 3;
    let vocab = json["model"]["vocab"].as_object().unwrap();
    let mut tokens: Vec<&str> = vec![""; vocab.len()];
    for (token, id) in vocab {
        tokens[id.as_u64().unwrap() as usize] = token;
    }
    let mut types = vec![1; tokens.len()];
    for (kind, token) in types.iter_mut().zip(&tokens) {
        if token.len() == 6 && token.starts_with("<0x") {
            *kind = BYTE;
        }
    }
    for token in json["added_tokens"].as_array().unwrap() {
        types[token["id"].as_u64().unwrap() as usize] = CONTROL;
    }
    let merges =
        json["model"]["merges"].as_array().unwrap().iter().map(|merge| match merge {
            Value::String(merge) => merge.clone(),
            pair => {
                format!("{} {}", pair[0].as_str().unwrap(), pair[1].as_str().unwrap())
            }
        });
    // SentencePiece's trainer gives falling scores.
    let scores: Vec<f32> = (0..tokens.len()).map(|id| -(id as f32)).collect();
    GgufFile::default()
        .strings("tokenizer.ggml.tokens", &tokens)
        .strings("tokenizer.ggml.merges", &merges.collect::<Vec<_>>())
        .floats("tokenizer.ggml.scores", &scores)
        .integers("tokenizer.ggml.token_type", &types)
}

#[test]
fn a_tokenizer_is_the_same_from_both_files() {
    let files = [
        ("tokenizers/gpt-2/tokenizer.json", "gpt2", "gpt-2"),
        ("tokenizers/starcoder/tokenizer.json", "gpt2", "starcoder"),
        ("smollm2/tokenizer.reconstructed.json", "gpt2", "smollm"),
        ("models/stories260K/tokenizer.json", "llama", "default"),
    ];
    let Some(text) = read("text/tinyshakespeare.txt") else { return };
    let text = std::str::from_utf8(&text[..100_000]).unwrap();
    let special = "a <|im_start|>b</s>\u{3000}é <s> 12345\t\t x";
    for (file, model, pre) in files {
        let Some(bytes) = read(file) else { return };
        let json = Tokenizer::from_json(&bytes).unwrap();
        let gguf = converted(&serde_json::from_slice(&bytes).unwrap())
            .string("tokenizer.ggml.model", model)
            .string("tokenizer.ggml.pre", pre);
        let gguf = from_gguf(gguf).unwrap();
        for text in [text, special, ""] {
            assert_eq!(
                json.encode_prompt(text).unwrap(),
                gguf.encode_prompt(text).unwrap()
            );
            let rendered = unmarked(text);
            assert_eq!(
                json.encode_rendered(&rendered).unwrap(),
                gguf.encode_rendered(&rendered).unwrap(),
                "{file}"
            );
        }
        assert_eq!(json.vocab_size(), gguf.vocab_size());
        let differs =
            (0..json.vocab_size() as u32).find(|id| json.token(*id) != gguf.token(*id));
        assert_eq!(differs, None, "{file}");
    }
}
