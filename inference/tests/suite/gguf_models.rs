//! Models in GGUF files, written by llama.cpp's Python package with the changes that its
//! converter makes (`fixtures/make_gguf.py`), against transformers' logits.

use std::cell::{Cell, RefCell};
use std::path::Path;

use candle_core::Device;
use inference::candle_decoder::CandleDecoder;
use inference::fused_decoder::{DecoderOptions, FusedDecoder};
use kernels::{CacheFormat, Kernels, Team};
use model_files::config::Config;
use model_files::gguf::Gguf;
use model_files::weights::{GgufSource, Placement};
use protocol::Precision;

use crate::architectures::{Expected, check, for_each_fixture, read};

fn candle_decoder(file: &Vec<u8>, precision: Precision) -> CandleDecoder {
    let gguf = Gguf::parse(file).unwrap();
    let config = Config::from_gguf(&gguf).unwrap();
    let placement = Placement { precision, device: Device::Cpu };
    let mut source = GgufSource::new(&gguf, file, &config, placement);
    CandleDecoder::new(config, &mut source, &Device::Cpu, &mut |_, _| ()).unwrap()
}

fn fused(file: &Vec<u8>, precision: Precision) -> FusedDecoder {
    let gguf = Gguf::parse(file).unwrap();
    let config = Config::from_gguf(&gguf).unwrap();
    let placement = Placement { precision, device: Device::Cpu };
    let mut source = GgufSource::new(&gguf, file, &config, placement);
    let options = DecoderOptions {
        team: Team::alone(),
        clock_ms: || 0.0,
        kernels: Kernels::detect(),
        cache: CacheFormat::F32,
    };
    FusedDecoder::new(config, &mut source, options, &mut |_, _| ()).unwrap()
}

/// The GGUF files of a fixture; the second is in the form of older ones, if there is such.
fn files(folder: &Path) -> impl Iterator<Item = Vec<u8>> {
    let names = ["model.gguf", "model-joined.gguf"];
    let folder = folder.to_owned();
    names.into_iter().filter_map(move |name| std::fs::read(folder.join(name)).ok())
}

/// The root mean square error of all logits, relative to the expected ones.
fn relative_error(actual: &[Vec<f32>], expected: &[Vec<f32>]) -> f32 {
    let (mut error, mut power) = (0.0, 0.0);
    for (a, e) in actual.iter().flatten().zip(expected.iter().flatten()) {
        error += (a - e).powi(2);
        power += e.powi(2);
    }
    (error / power).sqrt()
}

#[test]
fn every_architecture_has_the_logits_of_transformers() {
    let seen = RefCell::new(Vec::new());
    for_each_fixture(|name, folder, expected| {
        for file in files(folder) {
            let gguf = Gguf::parse(&file).unwrap();
            let architecture = gguf.string("general.architecture").unwrap();
            seen.borrow_mut().push(architecture.to_owned());
            let logits = read(&mut candle_decoder(&file, Precision::F32), &expected.ids);
            check(name, "GGUF", &logits, &expected.logits);
        }
    });
    let seen = seen.into_inner();
    // Both have a second file, with one tensor where newer ones have two.
    for joined in ["deepseek2", "qwen3next"] {
        assert!(seen.iter().filter(|name| *name == joined).count() > 1, "{joined}");
    }
    for architecture in [
        "llama",
        "qwen2",
        "qwen3",
        "smollm3",
        "gemma2",
        "gemma3",
        "gemma3n",
        "phi3",
        "gpt2",
        "granite",
        "olmo2",
        "stablelm",
        "lfm2",
        "gptneox",
        "phi2",
        "falcon",
        "starcoder",
        "starcoder2",
        "command-r",
        "cohere2",
        "chatglm",
        "glm4",
        "ernie4_5",
        "exaone4",
        "bloom",
        "mpt",
        "olmo",
        "qwen2moe",
        "qwen3moe",
        "granitemoe",
        "olmoe",
        "gpt-oss",
        "deepseek2",
        "qwen35",
        "qwen35moe",
        "qwen3next",
        "ernie4_5-moe",
        "lfm2moe",
        "hunyuan-dense",
        "arcee",
        "nemotron",
        "glm4moe",
    ] {
        assert!(seen.iter().any(|name| name == architecture), "{architecture}");
    }
}

#[test]
fn both_files_of_a_model_give_the_same_packed_logits() {
    let compared = Cell::new(0);
    for_each_fixture(|name, folder, expected| {
        if !crate::models::runs_fused(folder) {
            return;
        }
        let files = files(folder).flat_map(|file| {
            compared.set(compared.get() + 1);
            [(file.clone(), Precision::Q8), (file, Precision::Q4)]
        });
        for (file, precision) in files {
            let of_gguf = read(&mut fused(&file, precision), &expected.ids);
            let mut other = crate::models::fused_alone(folder, precision);
            let of_safetensors = read(&mut other, &expected.ids);
            let error = relative_error(&of_gguf, &of_safetensors);
            // The order of the rows of q and k does not change their quantisation, but it
            // changes the order of sums over a head, and then some activations round the
            // other way. Wrongly ordered rows would give an error of about 1.
            assert!(error < 0.05, "{name}, {precision:?}: {error}");
        }
    });
    assert!(compared.get() >= 57, "{}", compared.get());
}

#[test]
fn blocks_of_every_format_have_the_values_that_llama_cpp_reads_from_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats");
    let file = std::fs::read(folder.join("model.gguf")).unwrap();
    let expected = std::fs::read(folder.join("logits.json")).unwrap();
    let expected: Expected = serde_json::from_slice(&expected).unwrap();

    let gguf = Gguf::parse(&file).unwrap();
    let formats: std::collections::BTreeSet<String> =
        gguf.tensors().iter().map(|tensor| tensor.format.name().to_owned()).collect();
    assert_eq!(
        formats.into_iter().collect::<Vec<_>>().join(" "),
        "BF16 F16 F32 Q2_K Q3_K Q4_0 Q4_1 Q4_K Q5_0 Q5_1 Q5_K Q6_K Q8_0"
    );

    let logits = read(&mut candle_decoder(&file, Precision::F32), &expected.ids);
    check("formats", "f32", &logits, &expected.logits);
    // In the file's formats. Candle multiplies activations of 8 bits.
    for (way, logits, most) in [
        ("candle", read(&mut candle_decoder(&file, Precision::Auto), &expected.ids), 0.1),
        ("fused", read(&mut fused(&file, Precision::Auto), &expected.ids), 0.01),
    ] {
        let error = relative_error(&logits, &expected.logits);
        println!("formats, {way}: relative error of the logits {error:.4}");
        assert!(error < most, "{way}: {error}");
    }
}
