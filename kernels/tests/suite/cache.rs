//! What a cache keeps, forgets, copies and has room for.

use kernels::{CHUNK_POSITIONS, CacheFormat, HeadCache};
#[cfg(target_pointer_width = "64")]
use kernels::{PackedFormat, PackedMatrix, QuantisedActivations};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_cache_forgets_what_is_cut_off_and_copies_what_is_asked_for() {
    let vector = |number: usize| vec![number as f32; 8];
    let (keys, values) = (HeadCache::for_keys, HeadCache::for_values);
    for empty in [
        keys(CacheFormat::F32, 8),
        keys(CacheFormat::I16, 8),
        values(CacheFormat::I16, 8),
    ] {
        for length in [
            0,
            1,
            CHUNK_POSITIONS - 1,
            CHUNK_POSITIONS,
            CHUNK_POSITIONS + 1,
            2 * CHUNK_POSITIONS,
            3 * CHUNK_POSITIONS - 5,
            500,
        ] {
            let mut cache = empty.copy_prefix(0).unwrap();
            (0..3 * CHUNK_POSITIONS).for_each(|number| cache.push(&vector(number)));
            let mut copy = cache.copy_prefix(length).unwrap();
            cache.truncate(length);
            for cache in [&mut cache, &mut copy] {
                let kept = length.min(3 * CHUNK_POSITIONS);
                assert_eq!(cache.length(), kept);
                (0..CHUNK_POSITIONS)
                    .for_each(|number| cache.push(&vector(1000 + number)));
                assert_eq!(cache.length(), kept + CHUNK_POSITIONS);
                for position in 0..kept + CHUNK_POSITIONS {
                    let expected =
                        if position < kept { position } else { 1000 + position - kept };
                    let mut out = [0.0; 8];
                    cache.read(position, &mut out);
                    let error = (out[3] - expected as f32).abs();
                    assert!(error < 0.1, "{position}: {} {expected}", out[3]);
                }
            }
        }
    }
}

// Sizes that do not exist on machines of 32 bits.
#[cfg(target_pointer_width = "64")]
#[test]
fn a_cache_takes_what_it_has_set_aside_and_refuses_what_no_memory_has() {
    for format in [CacheFormat::F32, CacheFormat::I16] {
        let mut cache = HeadCache::for_keys(format, 8);
        assert!(cache.reserve(1 << 60).is_err());
        cache.push(&[1.0; 8]);
        assert!(cache.reserve(usize::MAX).is_err());
        cache.truncate(0);
        cache.reserve(CHUNK_POSITIONS + 1).unwrap();
        assert_eq!(cache.length(), 0);
        (0..2 * CHUNK_POSITIONS + 1).for_each(|_| cache.push(&[1.0; 8]));
        assert_eq!(cache.length(), 2 * CHUNK_POSITIONS + 1);
        cache.reserve(CHUNK_POSITIONS).unwrap();
        cache.truncate(3);
        assert_eq!(cache.length(), 3);
    }
    for (rows, columns) in [(usize::MAX, 33), (1 << 40, 1 << 40), (1 << 31, 1 << 31)] {
        assert!(PackedMatrix::zeros(PackedFormat::Q8_0, rows, columns).is_err());
        assert!(QuantisedActivations::new(rows, columns).is_err());
    }
}
