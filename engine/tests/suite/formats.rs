//! GGUF files of every number format: their blocks stay as they are, whatever precision is
//! asked for, also in what is stored of them.

use engine::{ReadRequest, Session};
use inference::distribution::{SamplerContext, View};
use model_files::gguf::Gguf;
use model_files::weights::{PackedState, packed_state, verify_packed};
use model_files::{ModelFiles, WeightFiles};
use protocol::{Precision, SamplerSettings};
use random_model::{Quantisation, Shape};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

use crate::common::tiny::{MemorySink, gguf_files, on_cpu};

/// A shape whose rows are whole blocks of any format, and whose matrices are whole tiles.
fn shape() -> Shape {
    Shape {
        hidden_size: 256,
        intermediate_size: 512,
        num_hidden_layers: 1,
        vocab_size: 304,
        ..Shape::tiny()
    }
}

fn file(format: Quantisation) -> Vec<u8> {
    let mut bytes = Vec::new();
    random_model::write_gguf(&shape(), format, 5, &mut bytes).unwrap();
    bytes
}

fn load(files: ModelFiles, precision: Precision) -> Session {
    Session::load(files, &on_cpu(precision), &mut |_| ()).unwrap()
}

fn load_and_pack(bytes: Vec<u8>) -> (Session, Vec<u8>) {
    let (mut sink, options) = (MemorySink::default(), on_cpu(Precision::Auto));
    let files = gguf_files(bytes);
    let (session, written) =
        Session::load_and_pack(files, &options, &mut sink, &mut |_| ()).unwrap();
    assert_eq!(written, Ok(sink.0.len() as u64));
    (session, sink.0)
}

fn packed(bytes: Vec<u8>) -> ModelFiles {
    ModelFiles { weights: WeightFiles::Packed(Box::new(bytes)), ..gguf_files(Vec::new()) }
}

/// The probabilities of all tokens after a text, by their ids.
fn probabilities(session: &mut Session) -> Vec<f32> {
    let ids = [5, 9, 77, 30];
    session.read(&[ReadRequest::whole(0, &ids)]).unwrap();
    let settings = SamplerSettings::default();
    let position = ids.len() as u32;
    let view = View {
        settings: &settings,
        position,
        candidates: 304,
        watch: &[],
        context: SamplerContext::default(),
    };
    let all = session.distribution(0, &ids, view).unwrap().candidates;
    let mut found = vec![0.0; 304];
    for candidate in &all {
        found[candidate.token.id as usize] = candidate.probability;
    }
    found
}

#[test]
fn every_format_runs_from_the_blocks_of_its_file() {
    for format in Quantisation::ALL {
        let bytes = file(format);
        let gguf = Gguf::parse(&bytes).unwrap();
        let name = gguf.tensor("token_embd.weight").unwrap().format.name();
        let in_file: usize = gguf.tensors().iter().map(|tensor| tensor.bytes).sum();
        let mut session = load(gguf_files(bytes.clone()), Precision::Auto);
        let model = session.description().clone();
        assert_eq!(
            model.formats(),
            format!("{name} as in the file, computed in 16 bits")
        );
        let ratio = model.weight_bytes as f64 / in_file as f64;
        assert!(ratio <= 1.06, "{name}: {ratio}");

        // Candle computes with the file's values in f32.
        let mut exact = load(gguf_files(bytes), Precision::F32);
        let said = exact.description().formats();
        assert_eq!(said, format!("F32 from {name}, computed in 32 bits"));
        let (found, expected) = (probabilities(&mut session), probabilities(&mut exact));
        let pairs = found.iter().zip(&expected);
        let error = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!("{name}: largest difference of p {error:.1e}, {ratio:.3} of the file");
        // A block that is read wrongly makes another model.
        assert!(error < 5e-4, "{name}: {error}");
    }
}

#[test]
fn what_is_quantised_is_not_rounded_again_whatever_is_asked_for() {
    for (format, asked, said) in [
        (Quantisation::Q8_0, Precision::Q4, "Q8_0 as in the file instead of 4 bits"),
        (Quantisation::Q6K, Precision::Q4, "Q6_K as in the file instead of 4 bits"),
        (Quantisation::Q4K, Precision::Q4, "Q4_K as in the file"),
        (Quantisation::Iq4Nl, Precision::Q8, "IQ4_NL as in the file instead of 8 bits"),
    ] {
        let mut as_it_is = load(gguf_files(file(format)), Precision::Auto);
        let mut asked_for = load(gguf_files(file(format)), asked);
        let said = format!("{said}, computed in 16 bits");
        assert_eq!(asked_for.description().formats(), said);
        assert_eq!(probabilities(&mut as_it_is), probabilities(&mut asked_for));
    }
}

#[test]
fn packed_weights_of_every_format_give_the_same_model() {
    for format in Quantisation::ALL {
        let (mut first, bytes) = load_and_pack(file(format));
        assert_eq!(packed_state(&bytes), PackedState::Current);
        verify_packed(&bytes).unwrap();
        let mut again = load(packed(bytes), Precision::Auto);
        assert_eq!(first.description(), again.description());
        assert_eq!(probabilities(&mut first), probabilities(&mut again));
    }
}

/// Changes the index of packed weights.
fn with_index(
    mut packed: Vec<u8>,
    change: impl FnOnce(&mut Vec<u8>, &mut Value),
) -> Vec<u8> {
    let number =
        |at: usize| u64::from_le_bytes(packed[at..at + 8].try_into().unwrap()) as usize;
    let (at, length) = (number(16), number(24));
    let mut index: Value = serde_json::from_slice(&packed[at..at + length]).unwrap();
    change(&mut packed, &mut index);
    let json = serde_json::to_vec(&index).unwrap();
    let header = [packed.len() as u64, json.len() as u64, xxh3_64(&json)];
    packed[16..40].copy_from_slice(&header.map(u64::to_le_bytes).concat());
    packed.extend(json);
    packed
}

/// Packed weights as earlier versions wrote them, whose kernels had `Q8_0` and `Q4_0`.
fn of_earlier_version(packed: Vec<u8>) -> Vec<u8> {
    with_index(packed, |_, index| {
        index.as_object_mut().unwrap().remove("blocks_kept").unwrap();
        for tensor in index["tensors"].as_array_mut().unwrap() {
            tensor.as_object_mut().unwrap().remove("stored");
        }
    })
}

#[test]
fn weights_that_an_earlier_version_stored_as_they_are_stay_usable() {
    for format in [Quantisation::Q8_0, Quantisation::Q4_0] {
        let (mut first, bytes) = load_and_pack(file(format));
        let earlier = of_earlier_version(bytes);
        assert_eq!(packed_state(&earlier), PackedState::Current);
        let mut again = load(packed(earlier), Precision::Auto);
        assert_eq!(first.description().precision, again.description().precision);
        assert_eq!(probabilities(&mut first), probabilities(&mut again));
    }
}

#[test]
fn weights_that_an_earlier_version_rounded_a_second_time_are_told_apart() {
    let (_, bytes) = load_and_pack(file(Quantisation::Q8_0));
    for (format, state) in [
        (Quantisation::Q4K, PackedState::Rounded),
        (Quantisation::Iq4Nl, PackedState::Rounded),
        (Quantisation::Q4_0, PackedState::Rounded),
        (Quantisation::Q8_0, PackedState::Current),
    ] {
        let source = file(format);
        let gguf = Gguf::parse(&source).unwrap();
        let start = gguf.tensors().iter().map(|tensor| tensor.offset).min().unwrap();
        let earlier = with_index(of_earlier_version(bytes.clone()), |packed, index| {
            let (at, header) = (packed.len(), &source[..start]);
            let hash = xxh3_64(header);
            let bytes = json!({ "at": at, "length": start, "xxh3": hash });
            index["gguf"] = json!({ "bytes": bytes, "file_length": source.len() });
            packed.extend(header);
        });
        assert_eq!(packed_state(&earlier), state, "{format:?}");
        // It can still be used where the file itself cannot be had.
        let session = load(packed(earlier), Precision::Auto);
        let said = "8 bits (Q8_0), computed in 16 bits";
        assert_eq!(session.description().formats(), said);
    }
    assert_eq!(packed_state(&bytes[..100].to_vec()), PackedState::Unusable);
    // A later version's.
    let unknown = with_index(bytes, |_, index| index["tensors"][0]["kind"] = json!("q9"));
    assert_eq!(packed_state(&unknown), PackedState::Unusable);
}
