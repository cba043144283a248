//! The notebook in `docs/`, cell by cell, as Python runs it.

use std::process::Command;

use serde_json::{Value, json};
use sharing::{Expected, Knobs, ModelRef, Origin, Session, Source, Texts, VERSION, link};

use crate::running::Program;

const NOTEBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/next-token.ipynb");

/// The code of all cells.
fn code() -> String {
    let notebook = std::fs::read_to_string(NOTEBOOK).unwrap();
    let notebook: Value = serde_json::from_str(&notebook).unwrap();
    assert_eq!(notebook["nbformat"], 4);
    let cells = notebook["cells"].as_array().unwrap().iter();
    let code = cells.filter(|cell| cell["cell_type"] == "code");
    let lines = code.flat_map(|cell| {
        assert_eq!(cell["outputs"], json!([]), "a notebook is kept without its answers");
        let lines = cell["source"].as_array().unwrap().iter();
        lines.map(|line| line.as_str().unwrap()).chain(["\n"])
    });
    lines.collect()
}

#[test]
fn the_notebook_runs_and_computes_what_a_link_leads_to() {
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo-model");
    let program = Program::ready(demo.as_ref(), &[]);
    let ids: Vec<u32> = (300..320).collect();
    let body = json!({"ids": ids, "candidates": 1});
    let seen: Value =
        serde_json::from_str(&program.post("/api/distribution", &body).body).unwrap();
    let first = &seen["candidates"][0];
    let p = first["probability"].as_f64().unwrap() as f32;
    let model = ModelRef {
        name: "demo".into(),
        source: Source::Server,
        precision: Default::default(),
        format: String::new(),
        computed_in: String::new(),
        vocab_size: seen["vocab_size"].as_u64().unwrap() as u32,
    };
    // The text ends with the list's last token, after a branch that it does not have.
    let mut listed = ids.clone();
    listed.insert(10, 7);
    let texts = Texts {
        branches: vec![sharing::Branch(11, Some(9))],
        origins: vec![(Origin::Prompt, listed.len() as u32)],
        end: Some(listed.len() as u32 - 1),
        checksum: 0,
        ids: listed,
    };
    let session = Session {
        version: VERSION,
        model,
        prompt: None,
        texts,
        knobs: Knobs::default(),
        view: Default::default(),
        expected: Some(Expected { id: first["token"]["id"].as_u64().unwrap() as u32, p }),
        recorded: None,
    };
    let link = format!("http://localhost/#{}", link::encode(&session).unwrap());
    let output = Command::new("python3")
        .arg("-c")
        .arg(code())
        .env("NEXTTOKEN_SERVER", format!("http://localhost:{}", program.port))
        .env("NEXTTOKEN_LINK", link)
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let faults = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{faults}");
    let last = said.lines().last().unwrap();
    let found = last.rsplit(' ').next().unwrap().parse::<f64>().unwrap();
    assert_eq!(found as f32, p, "{last}");
    for seen in ["entropy", "nothing comes before it", "bits"] {
        assert!(said.contains(seen), "{seen}: {said}");
    }
}
