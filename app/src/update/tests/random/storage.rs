//! A page whose storage holds drafts of earlier versions, damaged drafts, and texts of other
//! programs.

use super::rules;
use super::steps::{random, sequence};
use super::world::World;
use crate::drafts::tests::Memory;
use crate::drafts::{self, TextStorage};
use crate::state::{Draft, State};

/// The draft of a page after many random steps.
fn draft(seed: u64) -> String {
    let mut world = World::new();
    sequence(seed, 60).into_iter().for_each(|step| world.take(step));
    serde_json::to_string(&Draft::of(&world.state)).unwrap()
}

/// A draft with random damage.
fn mutated(text: &str, state: &mut u64) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random(state) % 4 {
        let at = random(state) as usize % bytes.len().max(1);
        let parts: [&[u8]; 8] = [
            b"99999999999999999999",
            b"-1",
            b"null",
            b"[]",
            b"{}",
            b"\"x\"",
            b"1e400",
            b"",
        ];
        let part = parts[random(state) as usize % parts.len()];
        // With whole numbers replaced, more of the drafts can still be read.
        let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = (at + digits.max(random(state) as usize % 3)).min(bytes.len());
        bytes.splice(at..end, part.iter().copied());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn lives_with(draft: Draft) {
    let mut state = State::default();
    draft.restore(&mut state);
    assert!(state.sampler().check().is_ok());
    let mut world = World::with(state);
    sequence(1, 8).into_iter().for_each(|step| world.take(step));
    assert!(world.settle(), "something never ends");
    rules::check_settled(&world).unwrap();
}

#[test]
fn a_storage_that_holds_anything_is_no_danger() {
    let mut state = 5;
    let mut read = 0;
    for seed in 0..40 {
        let good = draft(seed);
        for _ in 0..50 {
            let text = mutated(&good, &mut state);
            if let Ok(draft) = serde_json::from_str::<Draft>(&text) {
                read += 1;
                lives_with(draft);
            }
            let (tab, browser) = (Memory::of(1 << 20), Memory::of(1 << 20));
            tab.set("next-token-visualizer.draft", &text);
            browser.set(
                "next-token-visualizer.drafts.1",
                &mutated(
                    &format!(r#"{{"open":false,"saved":1,"draft":{good}}}"#),
                    &mut state,
                ),
            );
            if let Some(draft) = drafts::begin(&tab, &browser, "new", 2.0) {
                lives_with(draft);
            }
        }
    }
    assert!(read > 100, "only {read} of the damaged drafts could be read at all");
}

#[test]
fn a_part_that_cannot_be_read_takes_nothing_else_with_it() {
    let text = r#"{"prompt":"kept","knobs":{"rows":"many"},"conversation":7,"path":{},
        "tab":"Elsewhere","chat_input":"kept, too","unknown":[1]}"#;
    let mut state = State::default();
    serde_json::from_str::<Draft>(text).unwrap().restore(&mut state);
    assert_eq!(state.explorer.prompt, "kept");
    assert_eq!(state.chat.input, "kept, too");
}
