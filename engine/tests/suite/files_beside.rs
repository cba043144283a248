//! The files beside a model's weights as Python writes them, broken ones included.

use engine::{EngineError, Session};
use model_files::ModelFileError;
use model_files::config::Config;
use protocol::{Command, ErrorCode, Event, Precision};
use random_model::{END_OF_TEXT, END_OF_TURN, Files, Kind, Shape, TOKENS};
use serde_json::{Value, json};

use crate::common::tiny::{answer, empty_engine, load};

fn files() -> Files {
    random_model::files(&Shape::tiny(), Kind::Instruct, 1)
}

/// A file with members added at the beginning of its object.
fn with(file: &[u8], members: &str) -> Vec<u8> {
    [b"{", members.as_bytes(), b", ", &file[1..]].concat()
}

/// The ids that end a text.
fn ends(session: engine::Result<Session>) -> Vec<u32> {
    let mut engine = empty_engine();
    engine.set_session(session.unwrap(), &mut |_, _| ());
    match answer(&mut engine, Command::Describe) {
        Event::Ready(model) => model.end_of_generation,
        other => panic!("{other:?}"),
    }
}

#[test]
fn members_that_nothing_uses_may_be_anything_that_python_writes() {
    let whole = files();
    for members in [
        r#""attention_bias_scale": NaN"#,
        r#""x": [-Infinity, {"y": Infinity}], "z": 1e999, "w": "\ud83d""#,
        r#""rope_theta": 3, "vocab_size": NaN, "eos_token_id": "x""#,
    ] {
        let config = with(&whole.config, members);
        assert_eq!(
            ends(load(Files { config, ..whole.clone() }, Precision::F32)),
            [END_OF_TEXT, END_OF_TURN],
            "{members}"
        );
    }
    let tokenizer_config =
        with(&whole.tokenizer_config, r#""model_max_length": Infinity"#);
    assert!(load(Files { tokenizer_config, ..whole }, Precision::F32).is_ok());
}

#[test]
fn a_number_that_is_used_must_be_finite() {
    let whole = files();
    for name in ["rope_theta", "rms_norm_eps", "hidden_size", "head_dim"] {
        let text = String::from_utf8(whole.config.clone()).unwrap();
        let config = format!("{}, \"{name}\": Infinity}}", &text[..text.len() - 1]);
        let files = Files { config: config.into_bytes(), ..whole.clone() };
        let error = load(files, Precision::F32).unwrap_err();
        assert!(
            matches!(&error, EngineError::ModelFile(ModelFileError::Config(_))),
            "{error:?}"
        );
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn an_architecture_is_named_whatever_else_its_file_says() {
    let config = br#"{"model_type": "rwkv6", "time_step_limit": [0.0, Infinity]}"#;
    let error = Config::from_json(config).unwrap_err();
    assert!(
        matches!(&error, ModelFileError::UnsupportedArchitecture { name } if name == "rwkv6"),
        "{error:?}"
    );
    assert_eq!(refusal(&error.into()).0, ErrorCode::UnsupportedModel);
}

#[test]
fn a_generation_config_is_taken_as_far_as_it_can_be_read() {
    let whole = files();
    let without = vec![END_OF_TEXT, END_OF_TURN];
    let with_another = vec![END_OF_TEXT, 1, END_OF_TURN];
    for (json, expected) in [
        (r#"{"eos_token_id": "<|im_start|>"}"#, &with_another),
        (r#"{"eos_token_id": 1.0}"#, &with_another),
        (r#"{"eos_token_id": [null, -1, 1, 9999, "no such token"]}"#, &with_another),
        (r#"{"eos_token_id": 2, "temperature": NaN, "eos_token_id": 1}"#, &with_another),
        (r#"{"eos_token_id": [null]}"#, &without),
        (r#"{"eos_token_id": -1}"#, &without),
        (r#"{"eos_token_id": {"id": 1}}"#, &without),
        (r#"{"eos_token_id": 1"#, &without),
        ("[1]", &without),
        ("", &without),
    ] {
        let generation_config = json.as_bytes().to_vec();
        let files = Files { generation_config, ..whole.clone() };
        assert_eq!(&ends(load(files, Precision::F32)), expected, "{json}");
    }
}

/// The code and the hint of an error, whose message must be a sentence.
fn refusal(error: &EngineError) -> (ErrorCode, String) {
    let failure = error.failure();
    assert!(failure.message.ends_with('.'), "{failure:?}");
    (failure.code, failure.hint.unwrap_or_default())
}

#[test]
fn quantised_safetensors_are_named_by_the_configuration_alone() {
    let whole = files().config;
    for (members, method) in [
        (r#""quantization_config": {"quant_method": "gptq", "bits": 4}"#, "gptq"),
        (
            r#""quantization_config": {"quant_method": "compressed-tensors"}"#,
            "compressed",
        ),
        (r#""quantization_config": {"quant_method": "mxfp4"}"#, "mxfp4"),
        (r#""quantization_config": {"load_in_4bit": true}"#, "bitsandbytes"),
        (r#""quantization_config": {"bits": 4}"#, "does not name"),
        (r#""quantization": {"group_size": 64, "bits": 4}"#, "MLX"),
        (r#""quantization": {"bits": 4}, "quantization_config": {"bits": 4}"#, "MLX"),
    ] {
        let error = Config::from_json(&with(&whole, members)).unwrap_err();
        assert!(matches!(error, ModelFileError::Quantised { .. }), "{error:?}");
        assert!(error.to_string().contains(method), "{error}");
        let (code, hint) = refusal(&error.into());
        assert_eq!(code, ErrorCode::UnsupportedModel);
        assert!(hint.contains("GGUF") && !hint.contains("again"), "{hint}");
    }
    for members in [
        r#""quantization_config": null"#,
        r#""quantization_config": {}"#,
        r#""quantization": null"#,
    ] {
        assert!(Config::from_json(&with(&whole, members)).is_ok(), "{members}");
    }
    // An unsupported architecture is reported first.
    let other =
        br#"{"model_type": "rwkv6", "quantization_config": {"quant_method": "mxfp4"}}"#;
    let error = Config::from_json(other).unwrap_err();
    assert!(matches!(error, ModelFileError::UnsupportedArchitecture { .. }), "{error:?}");
}

#[test]
fn a_tokenizer_may_have_tokens_that_the_model_has_no_embedding_for() {
    let whole = files();
    let mut tokenizer: Value = serde_json::from_slice(&whole.tokenizer).unwrap();
    let added = tokenizer["added_tokens"].as_array_mut().unwrap();
    for (id, content, special) in
        [(TOKENS, "<image>", true), (TOKENS + 1, "<picture>", false)]
    {
        added.push(json!({
            "id": id, "content": content, "special": special, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false,
        }));
    }
    let tokenizer = tokenizer.to_string().into_bytes();
    let session = load(Files { tokenizer, ..whole }, Precision::Q8).unwrap();
    assert_eq!(session.description().vocab_size as usize, TOKENS);
    // A control token's text is text.
    assert_eq!(session.tokenize("a<image>").unwrap().len(), 8);
    let error = session.tokenize("a<picture>").unwrap_err();
    assert!(error.to_string().contains("<picture>"), "{error}");
    assert_eq!(refusal(&error).0, ErrorCode::InvalidToken);
    let unknown = session.check(&[TOKENS as u32]).unwrap_err();
    assert_eq!(refusal(&unknown).0, ErrorCode::InvalidToken);
}

#[test]
fn only_damaged_files_are_to_be_downloaded_again() {
    let whole = files();
    let kind = |change: &dyn Fn(&mut Value)| {
        let mut tokenizer: Value = serde_json::from_slice(&whole.tokenizer).unwrap();
        change(&mut tokenizer);
        let tokenizer = tokenizer.to_string().into_bytes();
        refusal(&load(Files { tokenizer, ..whole.clone() }, Precision::Q8).unwrap_err())
    };
    let unigram = kind(&|tokenizer| tokenizer["model"] = json!({"type": "Unigram"}));
    assert_eq!(unigram.0, ErrorCode::UnsupportedModel);
    assert!(!unigram.1.contains("again"), "{}", unigram.1);
    let damaged = kind(&|tokenizer| tokenizer["model"]["vocab"] = json!(3));
    assert_eq!(damaged.0, ErrorCode::InvalidModelFile);
    assert!(damaged.1.contains("again"), "{}", damaged.1);
    let short = whole.safetensors[..whole.safetensors.len() - 9].to_vec();
    let short = load(Files { safetensors: short, ..whole.clone() }, Precision::Q8);
    assert!(refusal(&short.unwrap_err()).1.contains("again"));
    // The same bytes under the name of an unsupported number format.
    let mut integers = whole.safetensors.clone();
    let length = u64::from_le_bytes(integers[..8].try_into().unwrap()) as usize;
    for at in 8..8 + length {
        if integers[at..].starts_with(b"\"F32\"") {
            integers[at + 1] = b'I';
        }
    }
    let error = load(Files { safetensors: integers, ..whole.clone() }, Precision::Q8);
    assert_eq!(refusal(&error.unwrap_err()).0, ErrorCode::UnsupportedModel);
}
