//! The files beside a model's weights as Python writes them, and as people leave them.

use engine::{EngineError, Session};
use protocol::{Command, Event, Precision};
use random_model::{END_OF_TEXT, END_OF_TURN, Files, Kind, Shape};

use crate::common::tiny::{answer, empty_engine, load};

fn files() -> Files {
    random_model::files(&Shape::tiny(), Kind::Instruct, 1)
}

/// A file with members added to its object, before those that are there.
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
        assert!(matches!(&error, EngineError::Config(_)), "{error:?}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn an_architecture_is_named_whatever_else_its_file_says() {
    let config = br#"{"model_type": "mamba2", "time_step_limit": [0.0, Infinity]}"#;
    let error = engine::config::Config::from_json(config).unwrap_err();
    assert!(
        matches!(&error, EngineError::UnsupportedArchitecture { name } if name == "mamba2"),
        "{error:?}"
    );
}

#[test]
fn a_generation_config_is_taken_as_far_as_it_can_be_read() {
    let whole = files();
    let both = vec![END_OF_TEXT, END_OF_TURN];
    for (json, expected) in [
        (r#"{"eos_token_id": "<|im_end|>"}"#, both.clone()),
        (r#"{"eos_token_id": 2.0}"#, both.clone()),
        (r#"{"eos_token_id": [null, -1, 2, 9999, "no such token"]}"#, both.clone()),
        (r#"{"eos_token_id": 1, "temperature": NaN, "eos_token_id": 2}"#, both),
        (r#"{"eos_token_id": [null]}"#, vec![END_OF_TEXT]),
        (r#"{"eos_token_id": -1}"#, vec![END_OF_TEXT]),
        (r#"{"eos_token_id": {"id": 2}}"#, vec![END_OF_TEXT]),
        (r#"{"eos_token_id": 2"#, vec![END_OF_TEXT]),
        ("[2]", vec![END_OF_TEXT]),
        ("", vec![END_OF_TEXT]),
    ] {
        let generation_config = json.as_bytes().to_vec();
        let files = Files { generation_config, ..whole.clone() };
        assert_eq!(ends(load(files, Precision::F32)), expected, "{json}");
    }
}
