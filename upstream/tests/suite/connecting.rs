//! What is found out when an engine is connected to, and what is refused.

use protocol::ErrorCode;
use stand_in_upstream::{Behaviour, Dialect};
use upstream::{Key, Kind, Settings};

use crate::support::Elsewhere;

const DIALECTS: [(Dialect, Kind, &str); 4] = [
    (Dialect::Vllm, Kind::Vllm, "vLLM 0.0.0"),
    (Dialect::Sglang, Kind::Sglang, "SGLang"),
    (Dialect::LlamaCpp, Kind::LlamaCpp, "llama.cpp"),
    (Dialect::OpenAi, Kind::OpenAi, "OpenAI"),
];

#[test]
fn kinds_are_found_and_the_model_is_described() {
    for (dialect, kind, name) in DIALECTS {
        let elsewhere = Elsewhere::start([Behaviour::of(dialect)]);
        for wanted in [None, Some(kind)] {
            let settings = Settings { kind: wanted, ..elsewhere.settings() };
            let seen = elsewhere.connect(&settings).unwrap();
            let model = seen.session().description();
            assert!(model.device.contains(name), "{}", model.device);
            assert_eq!((model.name.as_str(), model.vocab_size), ("tiny", 259));
            assert!(model.chat && model.elsewhere && model.parameters == 0);
            assert_eq!(model.end_of_generation, [0, 2]);
            let context = if dialect == Dialect::OpenAi { 4095 } else { 8191 };
            assert_eq!(model.context_length, context);
        }
    }
}

#[test]
fn another_tokenizer_is_refused_with_the_place_where_it_differs() {
    for (dialect, ..) in DIALECTS {
        let behaviour = Behaviour { other_tokenizer: true, ..Behaviour::of(dialect) };
        let elsewhere = Elsewhere::start([behaviour]);
        let failure = elsewhere.connect(&elsewhere.settings()).err().unwrap();
        assert_eq!(failure.code, ErrorCode::UnsupportedModel, "{dialect:?}: {failure:?}");
        assert!(failure.message.contains("another tokenizer"), "{failure:?}");
        assert!(failure.hint.unwrap().contains("--model"));
    }
}

#[test]
fn keys_are_sent_and_never_told() {
    let key = Some("s3cret".to_owned());
    let behaviour = Behaviour { key, ..Behaviour::of(Dialect::Vllm) };
    let elsewhere = Elsewhere::start([behaviour]);
    for wrong in [None, Key::new("wrong-key").unwrap()] {
        let settings = Settings { key: wrong, ..elsewhere.settings() };
        let failure = elsewhere.connect(&settings).err().unwrap();
        assert!(failure.message.contains("refuses the key"), "{failure:?}");
        assert!(!format!("{failure:?} {settings:?}").contains("wrong-key"));
    }
    let key = Key::new("s3cret").unwrap();
    let settings = Settings { key, ..elsewhere.settings() };
    assert!(elsewhere.connect(&settings).is_ok());
    assert!(Key::new("two\nlines").is_err());
}

#[test]
fn redirects_are_not_followed() {
    let other = Elsewhere::start([Behaviour::of(Dialect::Vllm)]);
    let redirects_to = Some(other.stand_ins[0].url());
    let elsewhere =
        Elsewhere::start([Behaviour { redirects_to, ..Behaviour::of(Dialect::Vllm) }]);
    let failure = elsewhere.connect(&elsewhere.settings()).err().unwrap();
    assert!(failure.message.contains("redirects"), "{failure:?}");
    assert_eq!(other.stand_ins[0].asked(), 0);
}

#[test]
fn what_is_not_there_or_is_another_model_is_said() {
    let elsewhere = Elsewhere::start([Behaviour::of(Dialect::Vllm)]);
    let nowhere = Settings::new(vec!["http://127.0.0.1:9".parse().unwrap()]);
    let failure = elsewhere.connect(&nowhere).err().unwrap();
    assert!(failure.message.contains("cannot be reached"), "{failure:?}");
    let other = Settings { model: Some("other".into()), ..elsewhere.settings() };
    let failure = elsewhere.connect(&other).err().unwrap();
    assert!(failure.message.contains("does not run other"), "{failure:?}");
    let kind = Settings { kind: Some(Kind::Sglang), ..elsewhere.settings() };
    let failure = elsewhere.connect(&kind).err().unwrap();
    assert!(failure.message.contains("not known"), "{failure:?}");
}
