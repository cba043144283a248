//! Gemma 3n in a GGUF file, against transformers: what the engine says of it, in memory and as
//! it is stored, and what cannot be asked.

use engine::{Engine, Session};
use model_files::{ModelFiles, WeightFiles};
use protocol::{
    Command, ErrorCode, Event, Finding, Inspection, Precision, SamplerSettings,
};

use crate::common::tiny::{
    MemorySink, answer, ask, empty_engine, expected_next, gguf_files, on_cpu,
};

const FILE: &[u8] =
    include_bytes!("../../../inference/tests/fixtures/gemma3n/model.gguf");
const EXPECTED: &str =
    include_str!("../../../inference/tests/fixtures/gemma3n/expected.json");

fn engine_of(session: Session) -> Engine<u8> {
    let mut engine = empty_engine();
    engine.set_session(session, &mut |_, _| ());
    engine
}

fn check(session: Session, tolerance: f64, way: &str) {
    let (ids, p, id) = expected_next(EXPECTED);
    let description = session.description();
    assert_eq!(description.architecture, "gemma3n");
    // All but a table of which a token takes a row.
    let table = 60 * 5 * 6;
    assert_eq!(description.active_parameters, matrices() - table, "{way}");
    let settings = SamplerSettings::default();
    let command = Command::NextToken { ids, settings, candidates: 3, watch: vec![id] };
    let Event::Distribution(seen) = answer(&mut engine_of(session), command) else {
        panic!("{way}")
    };
    let difference = (f64::from(seen.watched[0].probability) - p).abs();
    assert!(difference < tolerance, "{way}: {difference}");
}

/// The weights of all matrices but the few that weigh streams.
fn matrices() -> u64 {
    let (hidden, layers, own, inner, inputs) = (32, 5, 3, 40, 6);
    let (queries, keys) = (4 * 10, 2 * 10);
    let attention = layers * 2 * hidden * queries + own * 2 * hidden * keys;
    let mlp = layers * 3 * hidden * inner;
    let streams = layers * 2 * hidden * (5 + inputs) + 6 * hidden * hidden;
    let of_layers = layers * inputs * hidden + 60 * layers * inputs;
    64 * hidden + attention + mlp + streams + of_layers
}

#[test]
fn a_text_has_the_distribution_of_transformers_in_every_form() {
    for (precision, tolerance) in
        [(Precision::F32, 1e-5), (Precision::Q8, 0.02), (Precision::Q4, 0.1)]
    {
        let files = gguf_files(FILE.to_vec());
        let session = Session::load(files, &on_cpu(precision), &mut |_| ());
        check(session.unwrap(), tolerance, &format!("{precision:?}"));
    }
    let (mut stored, options) = (MemorySink::default(), on_cpu(Precision::Q8));
    let files = gguf_files(FILE.to_vec());
    let packed = Session::load_and_pack(files, &options, &mut stored, &mut |_| ());
    check(packed.unwrap().0, 0.02, "while it is stored");
    let weights = WeightFiles::Packed(Box::new(stored.0));
    let again = ModelFiles { weights, ..gguf_files(Vec::new()) };
    check(Session::load(again, &options, &mut |_| ()).unwrap(), 0.02, "stored");
}

#[test]
fn layers_can_be_looked_into_and_sums_of_parts_are_refused() {
    let files = gguf_files(FILE.to_vec());
    let session = Session::load(files, &on_cpu(Precision::Q8), &mut |_| ()).unwrap();
    let mut engine = engine_of(session);
    let (ids, ..) = expected_next(EXPECTED);
    let inspect = |question| Command::Inspect { ids: ids.clone(), question };

    let lens = Inspection::Lens { positions: 1, candidates: 3, follow: vec![] };
    let found = ask(&mut engine, inspect(lens));
    let layers = found.iter().find_map(|event| match event {
        Event::Finding(Finding::Lens(lens)) => Some(lens.layers.len()),
        _ => None,
    });
    assert_eq!(layers, Some(6));
    let found = ask(&mut engine, inspect(Inspection::Attention { layer: None }));
    let heads = found.iter().find_map(|event| match event {
        Event::Finding(Finding::Attention(weights)) => Some(weights.layers.len()),
        _ => None,
    });
    assert_eq!(heads, Some(5));

    let parts = Inspection::Attribution { tokens: vec![] };
    match answer(&mut engine, inspect(parts)) {
        Event::Failed(failure) => {
            assert_eq!(failure.code, ErrorCode::Unsupported);
            assert!(failure.message.contains("several residual streams"), "{failure:?}");
        }
        other => panic!("{other:?}"),
    }
}
