//! Tokenizers against the ids that other programs print, against the `tokenizers` crate
//! on the same files, and against damage.

mod common;

use std::collections::BTreeMap;

use common::gguf_file::GgufFile;
use common::random::{Random, limited};
use engine::chat::{ChatTemplate, Rendered};
use engine::gguf::Gguf;
use engine::tokenizer::{Tokenizer, TokenizerError};
use protocol::{Message, Role};
use serde::Deserialize;
use serde_json::{Value, json};

fn read(path: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(common::data(path)?).unwrap())
}

fn tokenizer(path: &str) -> Option<Tokenizer> {
    Some(Tokenizer::from_json(&read(path)?).unwrap())
}

fn gpt_2_from_gguf() -> Option<Tokenizer> {
    let gguf = Gguf::parse(&read("tokenizers/gpt-2/vocab.gguf")?).unwrap();
    Some(Tokenizer::from_gguf(&gguf).unwrap())
}

fn joined(tokenizer: &Tokenizer, ids: &[u32]) -> Vec<u8> {
    ids.iter().flat_map(|id| tokenizer.bytes(*id).to_vec()).collect()
}

/// A text as a template renders it that marks nothing.
fn unmarked(text: &str) -> Rendered {
    let template = ChatTemplate::new("{{ messages[0].content }}", None, None).unwrap();
    let message = Message { role: Role::User, content: text.into() };
    template.render(&[message], &[], 0).unwrap()
}

// Ids that others print.

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
            // These look for control tokens in the text.
            let actual = tokenizer.encode_rendered(&unmarked(&text)).unwrap();
            assert_eq!(actual, ids, "{name}, {case}: {text:?}");
            checked += 1;
        }
    }
    assert_eq!(checked, 52);
}

#[test]
fn stories_begin_with_the_beginning_and_with_a_space() {
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

// The bytes of tokens.

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
fn both_files_of_gpt_2_say_the_same() {
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

// Control tokens.

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

/// A small tokenizer with some of everything.
fn small() -> Value {
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

fn of(json: &Value) -> Result<Tokenizer, TokenizerError> {
    Tokenizer::from_json(&serde_json::to_vec(json).unwrap())
}

#[test]
fn no_merge_makes_a_control_token_of_text() {
    let tokenizer = of(&small()).unwrap();
    let ids = tokenizer.encode_prompt("<s>").unwrap();
    assert_eq!(ids.iter().filter(|id| **id == 9).count(), 1, "{ids:?}");
    assert_eq!(joined(&tokenizer, &ids[1..]), b" <s>");

    // Nor does a word that is one in full.
    let mut json = small();
    json["model"]["ignore_merges"] = true.into();
    json["normalizer"] = Value::Null;
    let tokenizer = of(&json).unwrap();
    let ids = tokenizer.encode_prompt("</s>").unwrap();
    assert_eq!(joined(&tokenizer, &ids[1..]), b"</s>");
    assert!(!ids.contains(&10), "{ids:?}");
}

#[test]
fn a_prompt_gets_what_leads_and_not_what_ends() {
    let tokenizer = of(&small()).unwrap();
    assert_eq!(tokenizer.encode_prompt("").unwrap(), [9]);
    let ids = tokenizer.encode_prompt("abba").unwrap();
    assert_eq!(ids, [9, 271]);
    assert!(tokenizer.encode_rendered(&unmarked("")).unwrap().is_empty());
}

#[test]
fn what_the_vocabulary_lacks_is_spelled_in_bytes() {
    let tokenizer = of(&small()).unwrap();
    let ids = tokenizer.encode_prompt("☃é").unwrap();
    assert_eq!(joined(&tokenizer, &ids[1..]), " ☃é".as_bytes());
    assert_eq!(tokenizer.bytes(ids[2]), b"\xE2");
}

// The `tokenizers` crate on the same files.

/// That both encode the text alike, looking for control tokens in it or not.
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
            // The library tells where a text begins by the place that its first character
            // had before it was normalized. No tokenizer in use needs that.
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
                // Where no text may become a control token, ours differ on purpose.
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

// GGUF.

fn sentence_piece() -> GgufFile {
    // Tokens, types, scores: the higher, the earlier merged.
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
    ];
    GgufFile::default()
        .string("tokenizer.ggml.model", "llama")
        .strings("tokenizer.ggml.tokens", &tokens.map(|(text, ..)| text))
        .integers("tokenizer.ggml.token_type", &tokens.map(|(_, kind, _)| kind))
        .floats("tokenizer.ggml.scores", &tokens.map(|(.., score)| score))
        .u32("tokenizer.ggml.bos_token_id", 1)
        .u32("tokenizer.ggml.eos_token_id", 2)
}

fn from_gguf(file: GgufFile) -> Result<Tokenizer, TokenizerError> {
    Tokenizer::from_gguf(&Gguf::parse(&file.bytes()).unwrap())
}

#[test]
fn sentence_piece_scores_are_merges() {
    let tokenizer = from_gguf(sentence_piece()).unwrap();
    let encode = |text: &str| tokenizer.encode_prompt(text).unwrap();
    assert_eq!(encode("ab"), [1, 9]);
    assert_eq!(encode("aab"), [1, 8, 7]);
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
fn what_gguf_says_about_the_beginning_is_done() {
    let plain = sentence_piece().bool("tokenizer.ggml.add_bos_token", false);
    let plain = plain.bool("tokenizer.ggml.add_space_prefix", false);
    let tokenizer = from_gguf(plain).unwrap();
    assert_eq!(tokenizer.encode_prompt("ab").unwrap(), [7]);
    assert!(!tokenizer.adds_leading_space());
}

#[test]
fn byte_level_kinds_differ_in_how_they_cut() {
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
    assert!(error(kind("rwkv")).contains("rwkv"));
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

// Damage.

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

/// Loads it, and uses what was loaded.
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
    limited("damaged_json_is_an_error_or_a_tokenizer", || {
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
    limited("json_with_other_values_is_an_error_or_a_tokenizer", || {
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
        // Fewer of the lone bytes, so that the rest is hit more often.
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
    });
}

#[test]
fn damaged_gguf_is_an_error_or_a_tokenizer() {
    limited("damaged_gguf_is_an_error_or_a_tokenizer", || {
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
