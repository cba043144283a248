//! Weights that were stored as they are in memory.

use engine::{ReadRequest, Session};
use half::{bf16, f16};
use inference::distribution::{SamplerContext, View};
use model_files::weights::PackedSink;
use model_files::{ModelFile, ModelFiles, WeightFiles};
use protocol::{Distribution, Precision, SamplerSettings};
use random_model::{Kind, Quantisation, Shape};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::common::tiny::{MemorySink, gguf_files, model_files, on_cpu};
use test_support::Random;

/// A sink with room for this many bytes.
struct LimitedSink(u64);

impl PackedSink for LimitedSink {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), String> {
        match offset + bytes.len() as u64 <= self.0 {
            true => Ok(()),
            false => Err("there is no room".into()),
        }
    }
}

fn shape() -> Shape {
    Shape { hidden_size: 64, intermediate_size: 200, ..Shape::tiny() }
}

fn safetensors() -> ModelFiles {
    model_files(random_model::files(&shape(), Kind::Instruct, 4))
}

/// Name, dimensions, bytes.
type Tensor = (String, Vec<usize>, Vec<u8>);

/// The same model in another number format, its tensors distributed over `shards` files.
/// Values are multiples of 1/256 below 1, which bf16, f16 and f32 all hold.
fn stored_as(dtype: Dtype, shards: usize) -> ModelFiles {
    let files = random_model::files(&shape(), Kind::Instruct, 4);
    let all = SafeTensors::deserialize(&files.safetensors).unwrap();
    let mut tensors: Vec<Vec<Tensor>> = vec![Vec::new(); shards];
    for (index, (name, tensor)) in all.tensors().into_iter().enumerate() {
        let numbers = tensor.data().chunks_exact(4).map(|bytes| {
            let number = f32::from_le_bytes(bytes.try_into().unwrap());
            ((number * 256.0).round() / 256.0).clamp(-0.75, 0.75)
        });
        let data = match dtype {
            Dtype::F32 => numbers.flat_map(f32::to_le_bytes).collect(),
            Dtype::F16 => numbers.flat_map(|n| f16::from_f32(n).to_le_bytes()).collect(),
            _ => numbers.flat_map(|n| bf16::from_f32(n).to_le_bytes()).collect(),
        };
        tensors[index % shards].push((name, tensor.shape().to_vec(), data));
    }
    let shards = tensors.iter().map(|tensors| -> Box<dyn ModelFile + Send + Sync> {
        let views = tensors.iter().map(|(name, dims, data)| {
            (name.as_str(), TensorView::new(dtype, dims.clone(), data).unwrap())
        });
        Box::new(safetensors::serialize(views, None).unwrap())
    });
    ModelFiles { weights: WeightFiles::Safetensors(shards.collect()), ..safetensors() }
}

fn gguf() -> ModelFiles {
    // Rows in a GGUF file are whole blocks.
    let shape = Shape { intermediate_size: 192, vocab_size: 300, ..shape() };
    let mut bytes = Vec::new();
    random_model::write_gguf(&shape, Quantisation::Q4_0, 4, &mut bytes).unwrap();
    gguf_files(bytes)
}

fn load_and_pack(files: ModelFiles, precision: Precision) -> (Session, Vec<u8>) {
    let mut kept = MemorySink::default();
    let options = on_cpu(precision);
    let (session, written) =
        Session::load_and_pack(files, &options, &mut kept, &mut |_| ()).unwrap();
    assert_eq!(written, Ok(kept.0.len() as u64));
    (session, kept.0)
}

fn packed(files: ModelFiles, bytes: Vec<u8>) -> ModelFiles {
    ModelFiles { weights: WeightFiles::Packed(Box::new(bytes)), ..files }
}

fn load(files: ModelFiles, precision: Precision) -> engine::Result<Session> {
    Session::load(files, &on_cpu(precision), &mut |_| ())
}

fn distribution(session: &mut Session) -> Distribution {
    let ids = [5, 9, 77, 30];
    session.read(&[ReadRequest::whole(0, &ids)]).unwrap();
    let settings = SamplerSettings::default();
    let position = ids.len() as u32;
    let view = View {
        settings: &settings,
        position,
        candidates: 50,
        watch: &[],
        context: SamplerContext::default(),
    };
    session.distribution(0, &ids, view).unwrap()
}

#[test]
fn packed_weights_give_the_same_model_to_the_last_bit() {
    for make in [safetensors, gguf] {
        for precision in [Precision::Auto, Precision::Q4] {
            let (mut first, bytes) = load_and_pack(make(), precision);
            let mut again = load(packed(make(), bytes), precision).unwrap();
            assert_eq!(first.description(), again.description());
            assert_eq!(distribution(&mut first), distribution(&mut again));
        }
    }
}

/// The data of packed weights, and their index without the formats that they come from.
fn without_sources(packed: Vec<u8>) -> (Vec<u8>, serde_json::Value) {
    let number = |at: usize| u64::from_le_bytes(packed[at..at + 8].try_into().unwrap());
    let (at, length) = (number(16) as usize, number(24) as usize);
    let mut index: serde_json::Value =
        serde_json::from_slice(&packed[at..at + length]).unwrap();
    for tensor in index["tensors"].as_array_mut().unwrap() {
        tensor.as_object_mut().unwrap().remove("stored");
    }
    (packed[64..at].to_vec(), index)
}

#[test]
fn number_formats_and_shards_of_the_same_values_give_the_same_bytes() {
    for precision in [Precision::Q8, Precision::Q4] {
        let of = |dtype, shards| {
            without_sources(load_and_pack(stored_as(dtype, shards), precision).1)
        };
        let one = of(Dtype::F32, 1);
        for (dtype, shards) in
            [(Dtype::F16, 1), (Dtype::BF16, 1), (Dtype::BF16, 3), (Dtype::F32, 2)]
        {
            assert!(
                one == of(dtype, shards),
                "{precision:?}, {dtype:?} in {shards} files"
            );
        }
    }
}

#[test]
fn packed_weights_can_be_loaded_in_another_precision() {
    let (_, bytes) = load_and_pack(safetensors(), Precision::Auto);
    // Eight bits are not rounded again.
    for (precision, formats) in [
        (Precision::Q4, "Q8_0 from F32, computed in 16 bits"),
        (Precision::F32, "F32 from Q8_0, computed in 32 bits"),
    ] {
        let session = load(packed(safetensors(), bytes.clone()), precision).unwrap();
        assert_eq!(session.description().formats(), formats);
    }
}

#[test]
fn a_model_works_although_its_weights_could_not_be_stored() {
    let options = on_cpu(Precision::Auto);
    for room in [0, 1000, 60_000] {
        let mut small = LimitedSink(room);
        let (mut session, written) =
            Session::load_and_pack(safetensors(), &options, &mut small, &mut |_| ())
                .unwrap();
        assert_eq!(written, Err("there is no room".into()));
        distribution(&mut session);
    }
    let options = on_cpu(Precision::F32);
    let mut kept = MemorySink::default();
    let (_, written) =
        Session::load_and_pack(safetensors(), &options, &mut kept, &mut |_| ()).unwrap();
    assert_eq!(written, Err("its matrices are not packed".into()));
}

#[test]
fn no_damage_to_packed_weights_goes_unnoticed() {
    let (_, whole) = load_and_pack(gguf(), Precision::Auto);
    let mut random = Random::new(3);
    let refused = |bytes: Vec<u8>| match load(packed(gguf(), bytes), Precision::Auto) {
        Err(error) => error.failure().message,
        Ok(_) => String::new(),
    };
    for round in 0..300 {
        let mut bytes = whole.clone();
        let at = random.below(whole.len());
        match round % 3 {
            0 => bytes.truncate(at),
            // These go to the header or the index.
            1 => bytes[at] ^= 1 << random.below(8),
            _ => {
                let near =
                    if round % 2 == 0 { at % 40 } else { whole.len() - 1 - at % 500 };
                bytes[near] ^= 1 << random.below(8);
            }
        }
        let unused = bytes.len() == whole.len() && {
            let at = (0..whole.len()).find(|i| bytes[*i] != whole[*i]).unwrap();
            is_padding(&whole, at)
        };
        assert!(unused || !refused(bytes).is_empty(), "round {round}");
    }
    // Everything was written but the header, as when the browser is closed.
    let mut headless = whole.clone();
    headless[..64].fill(0);
    assert!(refused(headless).contains("stored weights"));
}

/// Whether a byte is unused: the rest of the header, or the padding to a multiple of 64
/// after a part.
fn is_padding(whole: &[u8], at: usize) -> bool {
    let number =
        |at: usize| u64::from_le_bytes(whole[at..at + 8].try_into().unwrap()) as usize;
    let (index, length) = (number(16), number(24));
    if at < 64 {
        return at >= 40;
    }
    if at >= index {
        return at >= index + length;
    }
    let index: serde_json::Value =
        serde_json::from_slice(&whole[index..index + length]).unwrap();
    let within = |blob: &serde_json::Value| {
        let number = |key: &str| blob[key].as_u64().unwrap() as usize;
        (number("at")..number("at") + number("length")).contains(&at)
    };
    let tensors = index["tensors"].as_array().unwrap();
    !tensors.iter().any(|tensor| within(&tensor["values"]) || within(&tensor["scales"]))
        && !within(&index["gguf"]["bytes"])
}
