//! RWKV-7 with its own list of tokens: from a text to the distribution after it, with weights
//! from safetensors and as they are stored in memory, against the paper's formulas.

use engine::Session;
use model_files::{ModelFiles, WeightFiles};
use protocol::{Command, Event, Precision, SamplerSettings, TokenizeOptions};

use crate::common::tiny::{MemorySink, answer, empty_engine, expected_next, on_cpu};

const CONFIG: &[u8] =
    include_bytes!("../../../inference/tests/fixtures/rwkv7/config.json");
const WEIGHTS: &[u8] =
    include_bytes!("../../../inference/tests/fixtures/rwkv7/model.safetensors");
const EXPECTED: &str =
    include_str!("../../../inference/tests/fixtures/rwkv7/expected.json");
const VOCABULARY: &[u8] = include_bytes!("../../../text/tests/world/vocabulary.txt");

fn files(weights: WeightFiles) -> ModelFiles {
    ModelFiles {
        name: "rwkv".into(),
        weights,
        config: Some(CONFIG.to_vec()),
        tokenizer: Some(VOCABULARY.to_vec()),
        tokenizer_config: None,
        generation_config: None,
        chat_template: None,
    }
}

fn safetensors() -> ModelFiles {
    files(WeightFiles::Safetensors(vec![Box::new(WEIGHTS)]))
}

fn check(session: Session, tolerance: f64, way: &str) {
    let (ids, p, id) = expected_next(EXPECTED);
    let description = session.description();
    assert_eq!(description.architecture, "rwkv7");
    let mut engine = empty_engine();
    engine.set_session(session, &mut |_, _| ());
    let command = Command::NextToken {
        ids: ids.clone(),
        settings: SamplerSettings::default(),
        candidates: 3,
        watch: vec![],
    };
    let Event::Distribution(seen) = answer(&mut engine, command) else { panic!("{way}") };
    let first = &seen.candidates[0];
    assert_eq!(first.token.id, id, "{way}");
    let difference = (f64::from(first.probability) - p).abs();
    assert!(difference < tolerance, "{way}: {difference}");

    let options = TokenizeOptions::default();
    let command = Command::Tokenize { text: "7".into(), options };
    let Event::Tokenized { tokens, .. } = answer(&mut engine, command) else {
        panic!("{way}")
    };
    // Each byte is a token, after that which ends a text.
    assert_eq!(tokens.len(), 1, "{way}");
    assert_eq!(tokens[0].id, u32::from(b'7') + 1, "{way}");
}

#[test]
fn a_text_has_the_distribution_of_the_papers_formulas_in_every_form() {
    for (precision, tolerance) in
        [(Precision::F32, 1e-5), (Precision::Q8, 0.02), (Precision::Q4, 0.1)]
    {
        let session = Session::load(safetensors(), &on_cpu(precision), &mut |_| ());
        check(session.unwrap(), tolerance, &format!("{precision:?}"));
    }
    let (mut stored, options) = (MemorySink::default(), on_cpu(Precision::Q8));
    let packed =
        Session::load_and_pack(safetensors(), &options, &mut stored, &mut |_| ());
    check(packed.unwrap().0, 0.02, "while it is stored");
    let again = files(WeightFiles::Packed(Box::new(stored.0)));
    check(Session::load(again, &options, &mut |_| ()).unwrap(), 0.02, "stored");
}
