//! What is found of a hub's model with what was asked for and how much room there is.

use futures_util::FutureExt;
use serde_json::json;

use super::*;
use crate::in_memory::{HostedFile, MemoryNetwork};

const GB: u64 = 1_000_000_000;

/// A hub with models, each with the names of its files and their sizes.
fn hub(models: &[(&str, &[(&str, u64)])]) -> (MemoryNetwork, Access) {
    let (network, access) = (MemoryNetwork::default(), Access::default());
    for (id, files) in models {
        let id = ModelId::new(id).unwrap();
        let sibling = |(name, size): &(&str, u64)| json!({ "rfilename": name, "lfs": { "sha256": "a".repeat(64), "size": size } });
        let siblings: Vec<_> = files.iter().map(sibling).collect();
        let listing = json!({ "sha": "0123456", "siblings": siblings }).to_string();
        let file = HostedFile { bytes: listing.into_bytes(), ..HostedFile::default() };
        network.put(&access.endpoint.listing(&id, "main"), file);
    }
    (network, access)
}

/// The weights that are found of o/n; `twin` names another model.
fn found(
    (network, access): &(MemoryNetwork, Access),
    name: &str,
    twin: Option<&str>,
    preference: Preference,
    room: Option<u64>,
) -> String {
    let reference = Reference::parse(name, &access.endpoint).unwrap();
    let twin = twin.map(|id| GgufTwin { id: ModelId::new(id).unwrap(), file: None });
    let found = find(network, access, &reference, twin.as_ref(), preference, room);
    let found = found.now_or_never().unwrap().unwrap();
    found.choice.weights[0].path.clone()
}

#[test]
fn the_best_file_that_has_room_is_taken() {
    let files = [("m-Q8_0.gguf", 5 * GB), ("m-Q4_K_M.gguf", 3 * GB), ("m-Q2_K.gguf", GB)];
    let hub = hub(&[("o/n", &files)]);
    let of = |name, room| found(&hub, name, None, Preference::Compact, room);
    assert_eq!(of("o/n", None), "m-Q8_0.gguf");
    assert_eq!(of("o/n", Some(6 * GB)), "m-Q8_0.gguf");
    assert_eq!(of("o/n", Some(4 * GB)), "m-Q4_K_M.gguf");
    // Two bits lose much: they are not taken without being named.
    assert_eq!(of("o/n", Some(2 * GB)), "m-Q8_0.gguf");
    assert_eq!(of("o/n:Q8_0", Some(4 * GB)), "m-Q8_0.gguf");
}

#[test]
fn published_weights_are_not_taken_for_want_of_room() {
    let files = [
        ("config.json", 10),
        ("tokenizer.json", 10),
        ("model.safetensors", 9 * GB),
        ("m-Q8_0.gguf", 5 * GB),
    ];
    let hub = hub(&[("o/n", &files)]);
    let taken = found(&hub, "o/n", None, Preference::Compact, Some(4 * GB));
    assert_eq!(taken, "m-Q8_0.gguf");
}

#[test]
fn four_bits_are_of_the_twin_if_it_has_them() {
    let own = [("config.json", 1), ("tokenizer.json", 1), ("model.safetensors", 9)];
    let eight: &[(&str, u64)] = &[("m-Q8_0.gguf", 5)];
    let four: &[(&str, u64)] = &[("m-Q8_0.gguf", 5), ("m-Q4_K_M.gguf", 3)];
    let hub = hub(&[("o/n", &own), ("t/eight", eight), ("t/four", four)]);
    let of = |twin, preference| found(&hub, "o/n", Some(twin), preference, None);
    assert_eq!(of("t/four", Preference::Small), "m-Q4_K_M.gguf");
    assert_eq!(of("t/eight", Preference::Small), "model.safetensors");
    assert_eq!(of("t/eight", Preference::Compact), "m-Q8_0.gguf");
    assert_eq!(of("t/four", Preference::Exact), "model.safetensors");
}
