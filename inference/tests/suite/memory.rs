//! Texts that do not fit in memory.

use inference::{InferenceError, LanguageModel, Part};
use protocol::Precision;
use test_support::limited;

use crate::architectures::{decoder, for_each_fixture};

#[test]
fn the_candle_decoder_refuses_a_text_without_room_and_reads_the_next() {
    limited(
        "memory::the_candle_decoder_refuses_a_text_without_room_and_reads_the_next",
        || {
            for_each_fixture(|name, folder, _| {
                if name != "llama" {
                    return;
                }
                let mut model = decoder(folder, Precision::F32);
                // Too much for the scores of 30,000 tokens, and for the cache of ten
                // million.
                for length in [30_000, 10_000_000] {
                    let ids: Vec<u32> = (0..length).map(|index| index % 90).collect();
                    let refused = model.read(&[Part { slot: 0, ids: &ids }]).unwrap_err();
                    assert!(
                        matches!(refused, InferenceError::OutOfMemory(_)),
                        "{refused:?}"
                    );
                    model.truncate(0, 0);
                }
                let states = model.read(&[Part { slot: 0, ids: &[5, 6, 7] }]).unwrap();
                assert_eq!(states.len(), 3 * model.state_size());
            });
        },
    );
}
