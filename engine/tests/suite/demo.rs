//! The model that ships with the site.

use std::path::{Path, PathBuf};

use engine::{ReadRequest, Session};
use inference::distribution::{SamplerContext, View};
use model_files::gguf::Gguf;
use model_files::{ModelFiles, WeightFiles};
use protocol::{Message, Precision, Role, SamplerSettings};
use serde::Deserialize;
use text::tokenizer::Tokenizer;

use crate::common::tiny::on_cpu;

#[derive(Deserialize)]
struct Reference {
    prompts: Vec<Prompt>,
}

#[derive(Deserialize)]
struct Prompt {
    ids: Vec<u32>,
    top10: Vec<(u32, f32)>,
}

fn file(name: &str) -> Vec<u8> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo-model");
    std::fs::read(folder.join(name)).unwrap()
}

fn session(precision: Precision) -> Session {
    let files = ModelFiles {
        name: "Demo model".into(),
        weights: WeightFiles::Gguf(Box::new(file("model.gguf"))),
        config: None,
        tokenizer: None,
        tokenizer_config: None,
        generation_config: Some(file("generation_config.json")),
        chat_template: None,
    };
    let options = on_cpu(precision);
    Session::load(files, &options, &mut |_| ()).unwrap()
}

#[test]
fn it_is_small_can_chat_and_has_both_end_tokens() {
    assert!(file("model.gguf").len() < 8_000_000);
    let session = session(Precision::Auto);
    let description = session.description();
    assert!(description.chat);
    assert_eq!(description.precision, "Q8_0");
    assert_eq!(description.end_of_generation, [0, 2]);
}

#[test]
fn both_of_its_tokenizers_give_the_same_ids() {
    let json = Tokenizer::from_json(&file("tokenizer.json")).unwrap();
    let gguf = Tokenizer::from_gguf(&Gguf::parse(&file("model.gguf")).unwrap()).unwrap();
    let texts = [
        "Once upon a time, there was a little girl named Lily.",
        "  two spaces\n\nand 1234 digits, café ☃ 👩‍👩‍👧 שלום",
        "<|im_end|> is text here",
        "",
    ];
    for text in texts {
        let ids = json.encode_prompt(text).unwrap();
        assert_eq!(ids, gguf.encode_prompt(text).unwrap(), "{text}");
        let bytes: Vec<u8> =
            ids[1..].iter().flat_map(|id| gguf.bytes(*id).to_vec()).collect();
        assert_eq!(bytes, text.as_bytes());
    }
}

#[test]
fn a_chat_prompt_begins_once() {
    let session = session(Precision::Auto);
    let messages = [Message { role: Role::User, content: "Hello".into() }];
    let tokens = session.chat_prompt(&messages, &Default::default(), false, 0).unwrap();
    let text: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    assert_eq!(
        text.concat(),
        "<|endoftext|><|im_start|>user↵Hello<|im_end|>↵<|im_start|>assistant↵"
    );
    assert_eq!(tokens.iter().filter(|token| token.id == 0).count(), 1);
}

#[test]
fn its_logits_are_those_of_transformers_with_the_same_weights() {
    let reference: Reference = serde_json::from_slice(&file("reference.json")).unwrap();
    let mut session = session(Precision::F32);
    let settings = SamplerSettings { temperature: 0.0, ..Default::default() };
    for prompt in reference.prompts {
        let position = prompt.ids.len() as u32;
        session.read(&[ReadRequest::whole(0, &prompt.ids)]).unwrap();
        let view = View {
            settings: &settings,
            position,
            candidates: 10,
            watch: &[],
            context: SamplerContext::default(),
        };
        let actual = session.distribution(0, &prompt.ids, view).unwrap();
        for (candidate, (id, logit)) in actual.candidates.iter().zip(&prompt.top10) {
            assert_eq!(candidate.token.id, *id);
            assert!(
                (candidate.logit - logit).abs() < 1e-3,
                "{} {logit}",
                candidate.logit
            );
        }
    }
}
