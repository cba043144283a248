//! Chat templates against transformers' renderings, byte for byte
//! (`tests/chat-templates/make_expected.py`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use protocol::Message;
use serde::Deserialize;
use text::chat::{ChatError, ChatTemplate};

#[derive(Deserialize)]
struct Expected {
    now: i64,
    conversations: Vec<Vec<Message>>,
    /// Conversations whose last message is continued.
    begun: Vec<Vec<Message>>,
    /// The templates beside the file: what each renders of all conversations in turn.
    own: BTreeMap<String, Vec<Rendering>>,
    /// Published templates, which are not part of the project.
    published: BTreeMap<String, Vec<Rendering>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Rendering {
    Text {
        text: String,
    },
    Digest {
        bytes: usize,
        fnv: String,
    },
    /// With this sentence.
    Refused {
        refused: String,
    },
    /// With an error of Python.
    #[serde(rename_all = "lowercase")]
    Fails {
        fails: bool,
    },
}

impl Rendering {
    fn check(&self, found: &Result<String, ChatError>) -> bool {
        match (self, found) {
            (Rendering::Text { text }, Ok(found)) => text == found,
            (Rendering::Digest { bytes, fnv }, Ok(found)) => {
                *bytes == found.len() && *fnv == format!("{:016x}", super::fnv(found))
            }
            (Rendering::Refused { refused }, Err(ChatError::Refused { message })) => {
                refused == message
            }
            (Rendering::Fails { fails }, Err(error)) => {
                *fails && !matches!(error, ChatError::Refused { .. })
            }
            _ => false,
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chat-templates")
}

fn expected() -> Expected {
    let json = std::fs::read(folder().join("expected.json")).unwrap();
    serde_json::from_slice(&json).unwrap()
}

/// Checks the templates in a folder; returns how many renderings were the same.
fn check(
    folder: &Path,
    templates: &BTreeMap<String, Vec<Rendering>>,
    all: &Expected,
) -> usize {
    let (mut same, mut differing) = (0, Vec::new());
    for (name, renderings) in templates {
        let path = folder.join(name).with_added_extension("jinja");
        let source = std::fs::read_to_string(path).unwrap();
        let template = ChatTemplate::new(&source, Some("<BOS>"), Some("<EOS>")).unwrap();
        let fresh = all.conversations.iter().map(|messages| (messages, false));
        let begun = all.begun.iter().map(|messages| (messages, true));
        let conversations: Vec<_> = fresh.chain(begun).collect();
        assert!(renderings.len() >= all.conversations.len(), "{name}");
        for (expected, (messages, is_begun)) in renderings.iter().zip(conversations) {
            let rendered = match is_begun {
                true => template.render_begun(messages, &[], all.now),
                false => template.render(messages, &[], all.now),
            };
            let found = rendered.map(|rendered| rendered.text().into_owned());
            match expected.check(&found) {
                true => same += 1,
                false => differing
                    .push(format!("{name} {messages:?}\n {expected:?}\n {found:?}")),
            }
        }
    }
    assert!(differing.is_empty(), "{same} same\n{}", differing.join("\n"));
    same
}

#[test]
fn every_kind_of_template_renders_as_with_transformers() {
    let expected = expected();
    assert!(check(&folder(), &expected.own, &expected) >= 200);
}

#[test]
fn published_templates_render_as_with_transformers() {
    let Some(folder) = test_support::data("chat-templates") else { return };
    let expected = expected();
    assert!(check(&folder, &expected.published, &expected) >= 100);
}
