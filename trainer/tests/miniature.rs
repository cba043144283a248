//! A miniature of the whole: tokenizer, both stages, stop and go on, files, engine.
#![allow(clippy::unwrap_used, reason = "a test ends where anything fails")]

use std::path::Path;

use trainer::answers::Example;
use trainer::corpus::Corpus;
use trainer::optimizer::LearningRates;
use trainer::run::{Plan, train, train_and_write};
use trainer::shape::Shape;

fn corpus() -> Corpus {
    let story = |name: &str, animal: &str| {
        format!(
            "Once upon a time, {name} saw a {animal} in the park. {name} was happy. \
             \"Hello,\" said {name}. The {animal} ran to the big tree. {name} ran too. \
             They played all day. Then {name} went home. The end."
        )
    };
    let names = ["Lily", "Tom", "Sara", "Ben", "Mia", "Max"];
    let animals = ["dog", "cat", "bird", "frog", "fox", "duck"];
    let all: Vec<String> = names
        .iter()
        .flat_map(|name| animals.iter().map(|animal| story(name, animal)))
        .collect();
    Corpus { stories: all[2..].to_vec(), held_out: all[..2].to_vec() }
}

fn plan() -> Plan {
    let shape = Shape {
        vocab: 320,
        hidden: 64,
        layers: 2,
        heads: 2,
        kv_heads: 1,
        inner: 96,
        context: 128,
    };
    Plan {
        shape,
        seed: 7,
        steps: [30, 10],
        tokens: 256,
        report: 5,
        save: 10,
        rates: LearningRates { matrices: 0.02, others: 1e-2 },
        stop: None,
    }
}

#[test]
fn a_miniature_learns_and_loads_in_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let (work, out) = (folder.path().join("work"), folder.path().join("out"));
    train_and_write(&corpus(), &work, &out, &plan()).unwrap();

    let csv = std::fs::read_to_string(out.join("loss.csv")).unwrap();
    let losses: Vec<f32> = csv
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(3).unwrap().parse().unwrap())
        .collect();
    assert!(losses[0] > 4.0, "{csv}");
    assert!(losses[5] < 0.7 * losses[0], "{csv}");
    let svg = std::fs::read_to_string(out.join("loss.svg")).unwrap();
    assert!(svg.contains("<polyline"));

    let session = trainer::answers::load(&out).unwrap();
    assert!(session.description().chat);
}

/// The bytes of a run's tokenizer, and its losses.
fn made(work: &Path, plan: &Plan) -> (Vec<u8>, Vec<f32>) {
    let curve = train(&corpus(), work, plan).unwrap().curve;
    let losses = curve.points().iter().map(|point| point.loss).collect();
    (std::fs::read(work.join("tokenizer.json")).unwrap(), losses)
}

#[test]
fn the_same_seed_gives_the_same_tokenizer_and_the_same_losses() {
    let folder = tempfile::tempdir().unwrap();
    let first = made(&folder.path().join("first"), &plan());
    let second = made(&folder.path().join("second"), &plan());
    assert_eq!(first.0, second.0);
    close(&first.1, &second.1);
    let other = Plan { seed: 8, ..plan() };
    let other = made(&folder.path().join("other"), &other);
    assert_eq!(first.0, other.0);
    assert_ne!(first.1, other.1);
}

#[test]
fn a_run_that_was_stopped_goes_on_as_if_nothing_had_been() {
    let folder = tempfile::tempdir().unwrap();
    let once = made(&folder.path().join("once"), &plan());
    let work = folder.path().join("pieces");
    for stop in [Some(15), Some(35), None] {
        let pieces = made(&work, &Plan { stop, ..plan() });
        assert_eq!(pieces.0, once.0);
        close(&pieces.1, &once.1[..pieces.1.len()]);
        assert_eq!(pieces.1.len(), stop.unwrap_or(40) / 5);
    }
}

fn close(first: &[f32], second: &[f32]) {
    assert_eq!(first.len(), second.len());
    for (a, b) in first.iter().zip(second) {
        assert!((a - b).abs() < 1e-3, "{first:?} {second:?}");
    }
}

#[test]
fn the_page_offers_the_examples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("page/examples.html")).unwrap();
    let examples = std::fs::read(root.join("demo-model/examples.json")).unwrap();
    let examples: Vec<Example> = serde_json::from_slice(&examples).unwrap();
    assert_eq!(examples.len(), 12);
    for Example { prompt, .. } in examples {
        let prompt = prompt.replace('"', "&quot;");
        let item = format!("data-prompt=\"{prompt}\"><strong>");
        assert!(page.contains(&item), "the page has no {item}");
    }
}
