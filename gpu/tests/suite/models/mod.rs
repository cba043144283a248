//! Whole models by a plan, beside the decoder for processors.

mod comparison;
mod runner;

use std::path::{Path, PathBuf};

use candle_core::Device;
use gpu::decoder::missing_part;
use gpu::{CacheNumbers, Limits};
use inference::fused_decoder::{DecoderOptions, FusedDecoder};
use inference::{LanguageModel, Logits, Part};
use kernels::{CacheFormat, Kernels, PackedMatrix, Team};
use model_files::BoxedFile;
use model_files::config::Config;
use model_files::gguf::Gguf;
use model_files::weights::{
    DecoderWeights, GgufSource, Placement, SafetensorsSource, TensorSource,
};
use protocol::Precision;
use serde::Deserialize;

use crate::device::{Gpu, gpu};
use comparison::{compare, divergence, highest, variants};
use runner::Runner;

/// Both decoders of the same weights.
struct Both {
    config: Config,
    weights: DecoderWeights<PackedMatrix>,
    fused: FusedDecoder,
}

impl Both {
    /// Loads the weights twice, by two sources of the same.
    fn load(config: Config, mut sources: [&mut dyn TensorSource; 2]) -> Both {
        let options = DecoderOptions {
            team: Team::alone(),
            clock_ms: || 0.0,
            kernels: Kernels::detect(),
            cache: CacheFormat::F32,
        };
        let progress = &mut |_, _| ();
        let [first, second] = &mut sources;
        let mut of_weights = config.clone();
        let weights = DecoderWeights::load(&mut of_weights, *first, progress).unwrap();
        let fused = FusedDecoder::new(config, *second, options, progress).unwrap();
        Both { config: of_weights, weights, fused }
    }

    fn of_gguf(file: &Vec<u8>, precision: Precision) -> Both {
        let gguf = Gguf::parse(file).unwrap();
        let config = Config::from_gguf(&gguf).unwrap();
        let [mut first, mut second] = [(); 2].map(|()| {
            let placement = Placement { precision, device: Device::Cpu };
            GgufSource::new(&gguf, file, &config, placement)
        });
        Both::load(config.clone(), [&mut first, &mut second])
    }

    fn of_folder(folder: &Path, config: Config, precision: Precision) -> Both {
        let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
        let shards: Vec<BoxedFile> = vec![Box::new(bytes)];
        let [mut first, mut second] = [(); 2].map(|()| {
            let placement = Placement { precision, device: Device::Cpu };
            SafetensorsSource::new(&shards, &config, placement).unwrap()
        });
        Both::load(config.clone(), [&mut first, &mut second])
    }

    fn runner<'a>(
        &'a self,
        gpu: &'a Gpu,
        cache: CacheNumbers,
        room: (usize, usize),
        limits: Limits,
    ) -> Runner<'a> {
        Runner::new(gpu, &self.config, self.weights.view(), cache, room, limits)
    }
}

/// The logits after each id, by the decoder for processors.
fn fused_logits(model: &mut FusedDecoder, ids: &[u32]) -> Vec<Vec<f32>> {
    let states = model.read(&[Part { slot: 0, ids }]).unwrap();
    match model.logits(&states).unwrap() {
        Logits::Host { values, vocab_size } => {
            values.chunks(vocab_size).map(<[f32]>::to_vec).collect()
        }
        _ => panic!("logits are elsewhere"),
    }
}

#[test]
fn the_demo_model_says_what_it_says_on_processors() {
    let Some(gpu) = gpu() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let file = std::fs::read(root.join("demo-model/model.gguf")).unwrap();
    let mut both = Both::of_gguf(&file, Precision::Auto);
    assert_eq!(missing_part(&both.config), None);
    // A text of the model's own, by its favourite tokens.
    let mut ids = vec![0, 427, 438, 261, 396, 14, 401, 285, 261, 391];
    while ids.len() < 150 {
        both.fused.truncate(0, 0);
        let next = highest(fused_logits(&mut both.fused, &ids).last().unwrap());
        ids.extend([next as u32, 261, 391 + ids.len() as u32]);
    }
    both.fused.truncate(0, 0);
    let expected = fused_logits(&mut both.fused, &ids);
    for cache in [CacheNumbers::Full, CacheNumbers::Half] {
        // Passes of 64 tokens, the last of 12; then one by one.
        let room = (ids.len(), 64);
        let mut runner = both.runner(gpu, cache, room, Limits::DEFAULT);
        let worst = compare(&expected, &mut runner, &ids, 140);
        println!("demo model, {cache:?} cache, {} kernels: {worst}", runner.kernels());
    }
    for variant in variants(gpu) {
        let room = (ids.len(), 64);
        let mut runner = both.runner(gpu, CacheNumbers::Full, room, Limits::DEFAULT);
        runner.use_variant(variant);
        let worst = compare(&expected, &mut runner, &ids, 140);
        println!("demo model, {variant:?}: {worst}");
    }
    // Matrices in pieces, and few workgroups in a dimension.
    let limits = Limits { binding_bytes: 40_000, workgroups: 97, ..Limits::DEFAULT };
    let mut runner = both.runner(gpu, CacheNumbers::Full, (16, 7), limits);
    compare(&expected[..12], &mut runner, &ids[..12], 9);
}

#[test]
fn what_a_plan_has_read_goes_on_on_processors() {
    let Some(gpu) = gpu() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let file = std::fs::read(root.join("demo-model/model.gguf")).unwrap();
    let mut both = Both::of_gguf(&file, Precision::Auto);
    let ids: Vec<u32> = (0..60).map(|at| (at * at * 7 + 31 * at) % 4000).collect();
    let expected = fused_logits(&mut both.fused, &ids);
    for cache in [CacheNumbers::Full, CacheNumbers::Half] {
        let mut runner = both.runner(gpu, cache, (ids.len(), 32), Limits::DEFAULT);
        runner.read(&ids[..40]);
        let layers = runner.keys_and_values();
        both.fused.truncate(0, 0);
        both.fused.adopt(0, 40, &layers).unwrap();
        assert_eq!(both.fused.cached(0), 40);
        for (logits, expected) in
            fused_logits(&mut both.fused, &ids[40..]).iter().zip(&expected[40..])
        {
            let off = divergence(expected, logits);
            assert!(off <= 1e-3, "{cache:?}: {off} nats");
            assert_eq!(highest(logits), highest(expected));
        }
    }
}

/// A fixture's ids, of `inference`.
#[derive(Deserialize)]
struct Expected {
    ids: Vec<u32>,
}

fn fixtures() -> Vec<PathBuf> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../inference/tests/fixtures");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> =
        entries.filter(|path| path.join("config.json").exists()).collect();
    folders.sort();
    folders
}

#[test]
fn every_family_that_plans_have_says_what_it_says_on_processors() {
    let Some(gpu) = gpu() else { return };
    let mut seen = Vec::new();
    for folder in fixtures() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let config = std::fs::read(folder.join("config.json")).unwrap();
        let config = Config::from_json(&config).unwrap();
        // Some fixtures have widths that no published model has.
        let widths = [config.hidden_size, config.intermediate_size, config.q_size()];
        let fits = widths.iter().all(|width| width.is_multiple_of(4));
        if missing_part(&config).is_some() || !fits {
            continue;
        }
        let expected = std::fs::read(folder.join("expected.json")).unwrap();
        let Expected { ids } = serde_json::from_slice(&expected).unwrap();
        let longest = config.rope.switches_at().unwrap_or(usize::MAX);
        let ids = &ids[..ids.len().min(longest)];
        let mut both = Both::of_folder(&folder, config, Precision::Q8);
        let expected = fused_logits(&mut both.fused, ids);
        let room = (ids.len(), 16);
        let mut runner = both.runner(gpu, CacheNumbers::Full, room, Limits::DEFAULT);
        let worst = compare(&expected, &mut runner, ids, ids.len() / 2);
        println!("{name}: {worst}");
        if let Some(variant) = variants(gpu).pop() {
            let mut runner = both.runner(gpu, CacheNumbers::Full, room, Limits::DEFAULT);
            runner.use_variant(variant);
            let worst = compare(&expected, &mut runner, ids, ids.len() / 2);
            println!("{name}, {variant:?}: {worst}");
        }
        seen.push(name);
    }
    for family in [
        "llama",
        "llama-bias",
        "llama-rope-llama3",
        "mistral",
        "qwen2",
        "qwen2-window",
        "qwen3",
        "smollm3",
        "gemma",
        "gemma2",
        "gemma3",
        "phi3",
        "granite",
        "olmo2",
    ] {
        assert!(seen.iter().any(|name| name == family), "{family} is not among {seen:?}");
    }
}

#[test]
fn a_real_model_says_what_it_says_on_processors() {
    let Some(gpu) = gpu() else { return };
    let Some(file) = test_support::real_model() else { return };
    let file = std::fs::read(file).unwrap();
    let mut both = Both::of_gguf(&file, Precision::Auto);
    // "The capital of France is".
    let ids = [504, 3575, 282, 4649, 314];
    let expected = fused_logits(&mut both.fused, &ids);
    let mut runner = both.runner(gpu, CacheNumbers::Half, (64, 64), Limits::DEFAULT);
    let worst = compare(&expected, &mut runner, &ids, 4);
    println!("the real model: {worst}");
    for variant in variants(gpu) {
        let mut runner = both.runner(gpu, CacheNumbers::Full, (64, 64), Limits::DEFAULT);
        runner.use_variant(variant);
        let worst = compare(&expected, &mut runner, &ids, 4);
        println!("the real model, {variant:?}: {worst}");
    }
}
