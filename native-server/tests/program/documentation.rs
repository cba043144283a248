//! The examples in the documentation of the API, as a person would type them.

use serde_json::Value;

use crate::running::Program;

/// The examples of a page: the path and the body of each `curl` line.
fn examples(page: &str) -> Vec<(String, Value)> {
    let lines = page.lines().filter_map(|line| line.trim().strip_prefix("curl "));
    let parsed = lines.map(|line| {
        let (before, body) = line.split_once(" -d '").expect(line);
        let address = before.rsplit(' ').next().unwrap();
        let path = address.strip_prefix("localhost:5005").expect(line);
        let body = serde_json::from_str(body.strip_suffix('\'').expect(line));
        (path.to_owned(), body.expect(line))
    });
    parsed.collect()
}

#[test]
fn every_example_of_the_api_s_page_is_answered_by_the_demo_model() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");
    let examples = examples(&std::fs::read_to_string(page).unwrap());
    assert!(examples.len() >= 11, "{} examples", examples.len());
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo-model");
    let program = Program::ready(demo.as_ref(), &[]);
    for (path, body) in examples {
        let answer = program.post(&path, &body);
        assert_eq!(answer.status, 200, "{path} {body}: {}", answer.body);
        assert!(!answer.body.contains("\"error\""), "{path} {body}: {}", answer.body);
    }
}
