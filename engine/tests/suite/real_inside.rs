//! What is found inside of a real model, SmolLM2-135M-Instruct in Q4_1, against what
//! transformers says in f32: as a person meets it, and in f32.

use std::collections::BTreeMap;

use engine::{Clock, Engine, Session};
use model_files::{ModelFiles, WeightFiles};
use protocol::{Command, Event, Finding, Inspection, OcclusionUnit, Precision};
use serde::Deserialize;

use crate::common::tiny::{ask, on_cpu};

#[derive(Deserialize)]
struct Reference {
    prompts: Vec<Prompt>,
}

#[derive(Deserialize)]
struct Prompt {
    text: String,
    ids: Vec<u32>,
    logit_lens_last_position: Vec<Layer>,
    attention_last_query: BTreeMap<String, Vec<Vec<f64>>>,
    occlusion: Occlusion,
}

#[derive(Deserialize)]
struct Layer {
    top: Vec<(u32, f64)>,
    rank_of_final: u32,
}

#[derive(Deserialize)]
struct Occlusion {
    target: u32,
    full_logprob: f64,
    logprob_without_token: Vec<f64>,
}

/// How far numbers may be from those of transformers.
struct Tolerances {
    probability: f64,
    weight: f64,
    log_probability: f64,
}

/// As the page runs it: activations are rounded to 16 bits, keys to integers.
const AS_SHOWN: Tolerances =
    Tolerances { probability: 0.002, weight: 0.001, log_probability: 0.01 };
const IN_F32: Tolerances =
    Tolerances { probability: 1e-4, weight: 1e-4, log_probability: 1e-4 };

fn loaded(precision: Precision) -> Option<(Engine<u8>, Reference)> {
    let reference = test_support::data("smollm2/real-model-reference.json")?;
    let file = std::fs::read(test_support::real_model()?).unwrap();
    let files = ModelFiles {
        name: "SmolLM2-135M-Instruct".into(),
        weights: WeightFiles::Gguf(Box::new(file)),
        config: None,
        tokenizer: None,
        tokenizer_config: None,
        generation_config: None,
        chat_template: None,
    };
    let session = Session::load(files, &on_cpu(precision), &mut |_| ()).unwrap();
    let clock = Clock { monotonic_ms: || 0.0, unix_seconds: || 0 };
    let mut engine = Engine::with_limits(clock, engine::Limits::default());
    engine.set_session(session, &mut |_, _| ());
    let reference = std::fs::read(reference).unwrap();
    Some((engine, serde_json::from_slice(&reference).unwrap()))
}

fn findings(engine: &mut Engine<u8>, ids: &[u32], question: Inspection) -> Vec<Finding> {
    let events = ask(engine, Command::Inspect { ids: ids.to_vec(), question });
    let (last, findings) = events.split_last().unwrap();
    assert!(matches!(last, Event::Inspected { .. }), "{last:?}");
    let finding = |event: &Event| match event {
        Event::Finding(finding) => Some(finding.clone()),
        Event::Progress(_) => None,
        other => panic!("{other:?}"),
    };
    findings.iter().filter_map(finding).collect()
}

fn check(precision: Precision, most: &Tolerances) {
    let Some((mut engine, reference)) = loaded(precision) else { return };
    for prompt in &reference.prompts {
        check_lens(&mut engine, prompt, most);
        check_attention(&mut engine, prompt, most);
        check_occlusion(&mut engine, prompt, most);
        check_attribution(&mut engine, prompt);
    }
}

fn check_lens(engine: &mut Engine<u8>, prompt: &Prompt, most: &Tolerances) {
    let question = Inspection::Lens { positions: 1, candidates: 20, follow: vec![] };
    let found = findings(engine, &prompt.ids, question);
    let [Finding::Lens(lens)] = &found[..] else { panic!("{found:?}") };
    assert_eq!(lens.position as usize, prompt.ids.len());
    assert_eq!(lens.layers.len(), prompt.logit_lens_last_position.len());
    let mut worst = 0f64;
    for (layer, expected) in lens.layers.iter().zip(&prompt.logit_lens_last_position) {
        for (id, p) in &expected.top {
            let found = layer.top.iter().find(|top| top.token.id == *id);
            let found = found.map_or(0.0, |top| f64::from(top.probability));
            worst = worst.max((found - p).abs());
        }
        let (rank, expected) = (layer.followed[0].rank, expected.rank_of_final);
        assert!(rank.abs_diff(expected) <= 1 + expected / 10, "{rank}, not {expected}");
    }
    println!("{:?}: lens {worst:.1e}", prompt.text);
    assert!(worst <= most.probability, "{:?}: {worst}", prompt.text);
}

fn check_attention(engine: &mut Engine<u8>, prompt: &Prompt, most: &Tolerances) {
    let found = findings(engine, &prompt.ids, Inspection::Attention { layer: None });
    let [Finding::Attention(attention)] = &found[..] else { panic!("{found:?}") };
    assert_eq!(attention.layers.len(), 30);
    let mut worst = 0f64;
    for (layer, heads) in &prompt.attention_last_query {
        let layer: usize = layer.parse().unwrap();
        let found = attention.layers[layer].heads.iter().flatten();
        for (a, e) in found.zip(heads.iter().flatten()) {
            worst = worst.max((f64::from(*a) - e).abs());
        }
    }
    println!("{:?}: attention {worst:.1e}", prompt.text);
    assert!(worst <= most.weight, "{:?}: {worst}", prompt.text);
}

fn check_occlusion(engine: &mut Engine<u8>, prompt: &Prompt, most: &Tolerances) {
    let target = Some(prompt.occlusion.target);
    let question = Inspection::Occlusion { target, unit: OcclusionUnit::Token, from: 0 };
    let found = findings(engine, &prompt.ids, question);
    let Some((Finding::Occlusion(start), rest)) = found.split_first() else {
        panic!("{found:?}")
    };
    let mut worst = (start.log_probability - prompt.occlusion.full_logprob).abs();
    assert_eq!(start.units as usize, prompt.ids.len());
    assert_eq!(rest.len(), prompt.ids.len());
    for finding in rest {
        let Finding::Occluded(occluded) = finding else { panic!("{finding:?}") };
        assert_eq!(occluded.end, occluded.start + 1);
        let expected = prompt.occlusion.logprob_without_token[occluded.start as usize];
        worst = worst.max((occluded.log_probability - expected).abs());
    }
    println!("{:?}: occlusion {worst:.1e}", prompt.text);
    assert!(worst <= most.log_probability, "{:?}: {worst}", prompt.text);
}

fn check_attribution(engine: &mut Engine<u8>, prompt: &Prompt) {
    let tokens = vec![prompt.occlusion.target, 260];
    let found = findings(engine, &prompt.ids, Inspection::Attribution { tokens });
    let [Finding::Attribution(attribution)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((attribution.parts.len(), attribution.cap), (62, None));
    for token in &attribution.tokens {
        assert_eq!(token.contributions.len(), attribution.parts.len());
        // Activations of the output head are rounded to 16 bits.
        assert!((token.sum - token.logit).abs() < 0.01, "{token:?}");
    }
    let p = f64::from(attribution.tokens[0].probability);
    assert!((p.ln() - prompt.occlusion.full_logprob).abs() < 0.05, "{p}");
}

#[test]
fn as_a_person_meets_it_a_real_model_shows_what_transformers_shows() {
    check(Precision::Auto, &AS_SHOWN);
}

#[test]
fn in_f32_a_real_model_shows_the_numbers_of_transformers() {
    check(Precision::F32, &IN_F32);
}
