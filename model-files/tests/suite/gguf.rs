//! GGUF headers: their values, and that damage is an error.

use kernels::PackedFormat;
use model_files::gguf::{Gguf, GgufError, TensorType, Value};
use test_support::GgufFile;
use test_support::{Random, limited};

fn file() -> GgufFile {
    GgufFile::default()
        .string("general.architecture", "llama")
        .u32("llama.block_count", 30)
        .entry("signed", 1, &(-5i8).to_le_bytes())
        .entry("wide", 11, &i64::MIN.to_le_bytes())
        .entry("huge", 10, &u64::MAX.to_le_bytes())
        .entry("epsilon", 6, &1e-5f32.to_le_bytes())
        .entry("double", 12, &0.1f64.to_le_bytes())
        .bool("switch", true)
        .integers("types", &[1, -1, i32::MIN])
        .strings("tokens", &[b"a" as &[u8], b"", b"\xFF\xFE", "é".as_bytes()])
        .tensor("matrix", &[32, 3], 8, &[7; 3 * 34])
        .tensor("vector", &[5], 0, &[1; 20])
}

#[test]
fn values_keep_their_kind_and_their_bytes() {
    let gguf = Gguf::parse(&file().bytes()).unwrap();
    assert_eq!(gguf.string("general.architecture").unwrap(), "llama");
    assert_eq!(gguf.usize("llama.block_count").unwrap(), 30);
    assert_eq!(gguf.get("signed"), Some(&Value::Signed(-5)));
    assert_eq!(gguf.get("wide"), Some(&Value::Signed(i64::MIN)));
    assert_eq!(gguf.get("huge"), Some(&Value::Unsigned(u64::MAX)));
    assert_eq!(gguf.f64("epsilon").unwrap() as f32, 1e-5);
    assert_eq!(gguf.f64("double").unwrap(), 0.1);
    assert_eq!(gguf.f64("llama.block_count").unwrap(), 30.0);
    assert!(gguf.bool("switch").unwrap());
    let types: Vec<_> = gguf.numbers("types").unwrap().integers().collect();
    assert_eq!(types, [Some(1), Some(-1), Some(i32::MIN.into())]);
    let tokens = gguf.strings("tokens").unwrap();
    assert_eq!(tokens.len(), 4);
    assert_eq!(tokens.get(2), Some(b"\xFF\xFE" as &[u8]));
    assert_eq!(tokens.get(4), None);
    assert_eq!(tokens.iter().last(), Some("é".as_bytes()));
    assert_eq!(gguf.metadata().count(), 10);
}

#[test]
fn tensors_have_their_shape_outermost_first_and_their_range() {
    let bytes = file().bytes();
    let gguf = Gguf::parse(&bytes).unwrap();
    let matrix = gguf.tensor("matrix").unwrap();
    let eight = TensorType::Blocks(PackedFormat::Q8_0);
    assert_eq!((&matrix.shape[..], matrix.format), (&[3, 32][..], eight));
    assert_eq!(bytes[matrix.range()], [7; 3 * 34]);
    let vector = gguf.tensor("vector").unwrap();
    assert_eq!((&vector.shape[..], vector.format), (&[5][..], TensorType::F32));
    assert_eq!(bytes[vector.range()], [1; 20]);
    assert_eq!(gguf.tensors().len(), 2);
    assert!(gguf.tensor("none").is_none());
}

#[test]
fn missing_keys_and_keys_of_another_type_are_named() {
    let gguf = Gguf::parse(&file().bytes()).unwrap();
    let error = gguf.usize("llama.embedding_length").unwrap_err().to_string();
    assert!(error.contains("metadata key llama.embedding_length is missing"), "{error}");
    let error = gguf.usize("signed").unwrap_err();
    assert!(matches!(error, GgufError::WrongType { key, .. } if key == "signed"));
    assert!(gguf.string("tokens").is_err());
    assert!(gguf.strings("types").is_err());
    assert!(gguf.bool("llama.block_count").is_err());
}

fn error(bytes: &[u8]) -> GgufError {
    Gguf::parse(bytes).unwrap_err()
}

#[test]
fn other_files_versions_and_byte_orders_have_errors_of_their_own() {
    assert_eq!(error(b""), GgufError::NotGguf);
    assert_eq!(error(b"PK\x03\x04 and so on"), GgufError::NotGguf);
    assert_eq!(error(b"GGUF\x01\0\0\0"), GgufError::Version(1));
    assert_eq!(error(b"GGUF\0\0\0\x03"), GgufError::BigEndian);
    assert!(matches!(error(b"GGUF\x03\0\0\0"), GgufError::CutShort { .. }));
}

#[test]
fn contradictions_are_errors() {
    let damaged = |file: GgufFile| error(&file.bytes());
    assert!(matches!(damaged(file().u32("huge", 1)), GgufError::Duplicate { .. }));
    let twice = file().tensor("vector", &[1], 0, &[0; 4]);
    assert!(matches!(damaged(twice), GgufError::Duplicate { name } if name == "vector"));
    let unknown = file().entry("odd", 13, &[]);
    assert_eq!(damaged(unknown), GgufError::ValueType { key: "odd".into(), code: 13 });
    let nested = file().array("odd", 9, 1, vec![0; 32]);
    assert_eq!(damaged(nested), GgufError::ValueType { key: "odd".into(), code: 9 });
    let aligned = |alignment| file().u32("general.alignment", alignment);
    assert_eq!(damaged(aligned(0)), GgufError::Alignment { alignment: 0 });
    assert_eq!(damaged(aligned(48)), GgufError::Alignment { alignment: 48 });
    assert!(Gguf::parse(&aligned(16).bytes()).is_ok());

    let ternary = file().tensor("t", &[256], 34, &[0; 54]);
    let name = "t".into();
    assert_eq!(
        damaged(ternary),
        GgufError::TensorType { name, format: "TQ1_0", code: 34 }
    );
    for (shape, kind) in [
        (&[33u64][..], 8),
        (&[32], 23),
        (&[64], 12),
        (&[u64::MAX, 2], 0),
        (&[1 << 62], 0),
        (&[1, 1, 1, 1, 1], 0),
        (&[100], 0),
    ] {
        let tensor = file().tensor("t", shape, kind, &[0; 64]);
        assert!(
            matches!(damaged(tensor), GgufError::Tensor { name, .. } if name == "t"),
            "{shape:?}"
        );
    }
}

#[test]
fn tensors_may_not_overlap_nor_leave_the_file() {
    let offset = |offset| file().bytes_with_offsets(|index, old| [old, offset][index]);
    assert!(Gguf::parse(&offset(128)).is_ok());
    for wrong in [0, 96, 4, 160, u64::MAX, u64::MAX - 31, 1 << 40] {
        assert!(
            matches!(error(&offset(wrong)), GgufError::Tensor { name, .. } if name == "vector"),
            "{wrong}"
        );
    }
}

#[test]
fn a_file_cut_short_anywhere_is_an_error() {
    let bytes = file().bytes();
    let end = Gguf::parse(&bytes).unwrap().tensor("vector").unwrap().range().end;
    for length in 0..end {
        assert!(Gguf::parse(&bytes[..length]).is_err(), "{length} of {end}");
    }
}

#[test]
fn counts_and_lengths_beyond_the_file_allocate_nothing() {
    limited("gguf::counts_and_lengths_beyond_the_file_allocate_nothing", || {
        let bytes = file().bytes();
        for at in 8..bytes.len() - 8 {
            for value in [u64::MAX, 1 << 60, 1 << 40, 1 << 32, u64::from(u32::MAX)] {
                let mut bytes = bytes.clone();
                bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
                if let Err(error) = Gguf::parse(&bytes) {
                    assert!(!error.to_string().is_empty());
                }
            }
        }
    });
}

#[test]
fn damaged_files_are_errors_or_files() {
    limited("gguf::damaged_files_are_errors_or_files", || {
        let bytes = file().bytes();
        let mut random = Random::new(2);
        for _ in 0..20_000 {
            let damaged = random.damage(&bytes);
            if let Ok(gguf) = Gguf::parse(&damaged) {
                let inside =
                    |t: &model_files::gguf::TensorInfo| t.range().end <= damaged.len();
                assert!(gguf.tensors().iter().all(inside));
            }
        }
    });
}

#[test]
fn a_vocabulary_of_50_000_tokens_is_read() {
    let Some(path) = test_support::data("tokenizers/gpt-2/vocab.gguf") else { return };
    let gguf = Gguf::parse(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(gguf.string("tokenizer.ggml.pre").unwrap(), "gpt-2");
    assert_eq!(gguf.strings("tokenizer.ggml.tokens").unwrap().len(), 50_257);
    assert_eq!(gguf.numbers("tokenizer.ggml.token_type").unwrap().len(), 50_257);
    assert!(gguf.tensors().is_empty());
}
