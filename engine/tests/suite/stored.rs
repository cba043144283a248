//! A model whose blocks stay in their file of packed weights, from which every pass reads them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::{ReadRequest, Session};
use inference::distribution::{SamplerContext, View};
use model_files::{ModelFile, ModelFiles, WeightFiles};
use protocol::{Distribution, ErrorCode, Precision, PromptDevice, SamplerSettings};
use random_model::{Kind, Quantisation, Shape};

use crate::common::tiny::{MemorySink, gguf_files, model_files, on_cpu};

/// A file that is not in memory, and how many of its bytes were read.
#[derive(Default)]
struct OnDisk {
    bytes: Vec<u8>,
    read: AtomicU64,
}

impl ModelFile for OnDisk {
    fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        self.read.fetch_add(into.len() as u64, Ordering::Relaxed);
        self.bytes.read(offset, into)
    }
}

fn safetensors() -> ModelFiles {
    let shape = Shape { hidden_size: 64, intermediate_size: 200, ..Shape::tiny() };
    model_files(random_model::files(&shape, Kind::Instruct, 4))
}

fn gguf() -> ModelFiles {
    let shape = Shape {
        hidden_size: 64,
        intermediate_size: 192,
        vocab_size: 300,
        ..Shape::tiny()
    };
    let mut bytes = Vec::new();
    random_model::write_gguf(&shape, Quantisation::Q4_0, 4, &mut bytes).unwrap();
    gguf_files(bytes)
}

fn packed(files: &ModelFiles) -> Vec<u8> {
    let mut sink = MemorySink::default();
    let written = Session::pack(files, Precision::Auto, &mut sink, &mut |_| ()).unwrap();
    assert_eq!(written, Ok(sink.0.len() as u64));
    sink.0
}

fn stored(files: ModelFiles, bytes: Vec<u8>) -> (engine::Result<Session>, Arc<OnDisk>) {
    let file = Arc::new(OnDisk { bytes, read: AtomicU64::new(0) });
    let weights = WeightFiles::Stored(file.clone());
    let options = on_cpu(Precision::Auto);
    (Session::load(ModelFiles { weights, ..files }, &options, &mut |_| ()), file)
}

fn distribution(session: &mut Session, ids: &[u32]) -> Distribution {
    session.read(&[ReadRequest::whole(0, ids)]).unwrap();
    let settings = SamplerSettings::default();
    let view = View {
        settings: &settings,
        position: ids.len() as u32,
        candidates: 50,
        watch: &[],
        context: SamplerContext::default(),
    };
    session.distribution(0, ids, view).unwrap()
}

#[test]
fn a_model_that_stays_in_its_file_computes_the_same_to_the_last_bit() {
    for make in [safetensors, gguf] {
        let options = on_cpu(Precision::Auto);
        let mut sink = MemorySink::default();
        let (mut here, _) =
            Session::load_and_pack(make(), &options, &mut sink, &mut |_| ()).unwrap();
        // Packed without having been in memory as a whole, it is the same file.
        let bytes = packed(&make());
        assert!(bytes == sink.0);
        let (there, file) = stored(make(), bytes);
        let mut there = there.unwrap();
        assert!(there.is_stored() && !here.is_stored());
        assert_eq!(here.description(), there.description());
        // More than a pass has, and one token more.
        let ids: Vec<u32> =
            (0..140).map(|at| 3 + (at * at * 7 + 31 * at) % 250).collect();
        for ids in [&ids[..], &[&ids[..], &[5]].concat()] {
            assert_eq!(distribution(&mut here, ids), distribution(&mut there, ids));
        }
        // The last token was a pass of its own over all blocks, not over the embedding.
        let before = file.read.load(Ordering::Relaxed);
        distribution(&mut there, &[&ids[..], &[5, 6]].concat());
        let read = file.read.load(Ordering::Relaxed) - before;
        assert!(read > 0 && read < file.bytes.len() as u64, "{read} bytes");
    }
}

#[test]
fn damage_in_a_block_is_noticed_when_it_is_first_read() {
    let whole = packed(&safetensors());
    let number = |at: usize| u64::from_le_bytes(whole[at..at + 8].try_into().unwrap());
    let (at, length) = (number(16) as usize, number(24) as usize);
    let index: serde_json::Value =
        serde_json::from_slice(&whole[at..at + length]).unwrap();
    let of_layer = |entry: &&serde_json::Value| entry["name"] == "layer 1's Down";
    let entry = index["tensors"].as_array().unwrap().iter().find(of_layer).unwrap();
    let mut bytes = whole.clone();
    bytes[entry["values"]["at"].as_u64().unwrap() as usize + 5] ^= 4;
    let (session, _) = stored(safetensors(), bytes);
    let mut session = session.unwrap();
    let error = session.read(&[ReadRequest::whole(0, &[5, 9])]).unwrap_err();
    assert_eq!(error.failure().code, ErrorCode::InvalidModelFile, "{error}");
    // A text that could not be read leaves nothing behind.
    assert_eq!(session.cached_tokens(0, &[5, 9]), 0);
}

#[test]
fn what_is_no_file_of_packed_weights_is_refused() {
    let (session, _) = stored(safetensors(), vec![0; 1000]);
    assert!(session.is_err());
    let bytes = packed(&safetensors());
    let (session, _) = stored(safetensors(), bytes[..bytes.len() / 2].to_vec());
    assert!(session.is_err());
    assert!(matches!(stored(safetensors(), bytes).0, Ok(session)
        if session.description().prompts == PromptDevice::Same));
}
