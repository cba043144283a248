//! A real model, SmolLM2-135M-Instruct in Q4_1, against what transformers says of the same
//! weights in f32: the candle decoder, and the fused decoder with every implementation of the
//! kernels that this machine supports.

use std::path::{Path, PathBuf};

use accuracy::{Differences, Limits, PRECISE, Reference, Score};
use candle_core::Device;
use inference::candle_decoder::CandleDecoder;
use inference::fused_decoder::{DecoderOptions, FusedDecoder};
use inference::{LanguageModel, Logits, Part};
use kernels::{CacheFormat, Kernels, Team};
use model_files::config::Config;
use model_files::gguf::Gguf;
use model_files::weights::{GgufSource, Placement};
use protocol::Precision;

use crate::on_a_thread;

/// The largest difference of a probability in f32, also where the reference has seven digits.
const F32_TOLERANCE: f64 = 1e-4;

/// Tokens of the text that the reference implementation reads, which takes a minute for all.
const FEW_TOKENS: usize = 96;

/// Their limits: where a text begins, much is possible, and ranks lie closer.
const OF_FEW_TOKENS: Limits = Limits { same_rank: 0.9, ..PRECISE };

/// The model's file and its reference.
fn files() -> Option<(PathBuf, Reference)> {
    let reference = test_support::data("smollm2/real-model-reference.json")?;
    let model = test_support::real_model()?;
    Some((model, Reference::read(&reference).unwrap()))
}

/// A decoder of the file: on candle if no kernels are given.
fn decoder(
    file: &Path,
    precision: Precision,
    fused: Option<(Kernels, CacheFormat)>,
) -> Box<dyn LanguageModel> {
    let file = std::fs::read(file).unwrap();
    let gguf = Gguf::parse(&file).unwrap();
    let config = Config::from_gguf(&gguf).unwrap();
    let placement = Placement { precision, device: Device::Cpu };
    let mut source = GgufSource::new(&gguf, &file, &config, placement);
    let progress = &mut |_, _| ();
    match fused {
        Some((kernels, cache)) => {
            let team = Team::new(2, on_a_thread);
            let options = DecoderOptions { team, clock_ms: || 0.0, kernels, cache };
            Box::new(FusedDecoder::new(config, &mut source, options, progress).unwrap())
        }
        None => Box::new(
            CandleDecoder::new(config, &mut source, &Device::Cpu, progress).unwrap(),
        ),
    }
}

/// The logits after each of some ids, row by row.
fn logits(model: &mut dyn LanguageModel, ids: &[u32]) -> Vec<Vec<f32>> {
    model.truncate(0, 0);
    let states = model.read(&[Part { slot: 0, ids }]).unwrap();
    // All at once would be 100 MB for 512 tokens.
    let rows = states.chunks(64 * model.state_size()).map(<[f32]>::to_vec);
    let rows: Vec<Vec<f32>> = rows.collect();
    rows.iter()
        .flat_map(|states| match model.logits(states).unwrap() {
            Logits::Host { values, vocab_size } => {
                values.chunks(vocab_size).map(<[f32]>::to_vec).collect()
            }
            Logits::Device(logits) => logits.to_vec2().unwrap(),
            Logits::Listed(listed) => vec![listed.whole().unwrap()],
        })
        .collect()
}

/// The scores of the ids from the second on, and the logits after the last.
fn scores(model: &mut dyn LanguageModel, ids: &[u32]) -> (Vec<Score>, Vec<f32>) {
    let mut rows = logits(model, ids);
    let scores = rows.iter().zip(&ids[1..]).map(|(row, id)| Score::of(row, *id));
    (scores.collect(), rows.pop().unwrap())
}

#[test]
fn in_f32_every_number_is_that_of_transformers() {
    let Some((file, reference)) = files() else { return };
    let mut model = decoder(&file, Precision::F32, None);
    for prompt in &reference.prompts {
        let (score, next) = scores(&mut *model, &prompt.ids);
        let found = Differences::between(&score, &prompt.score);
        println!("{:?}: {found}", prompt.text);
        assert!(found.worst_probability <= F32_TOLERANCE, "{found}");
        assert!(found.worst_entropy_bits <= 1e-3, "{found}");
        assert_eq!(prompt.next.top.len(), 20);
        for (index, top) in prompt.next.top.iter().enumerate() {
            let actual = Score::of(&next, top.id);
            assert!((actual.probability - top.probability).abs() <= F32_TOLERANCE);
            assert!((f64::from(next[top.id as usize]) - top.logit).abs() <= 1e-3);
            // Ranks are those of the reference where neighbours are not as good as equal.
            let near = |other: usize| {
                let other = prompt.next.top.get(other);
                other.is_none_or(|other| (other.logit - top.logit).abs() < 1e-3)
            };
            let is_clear = index > 0 && !near(index - 1) && !near(index + 1);
            assert!(!is_clear || actual.rank as usize == index + 1, "{top:?}");
            let entropy = actual.entropy_bits - prompt.next.entropy_bits;
            assert!(entropy.abs() <= 1e-3, "{entropy}");
        }
    }
    let (score, _) = scores(&mut *model, &reference.text.ids);
    let found = Differences::between(&score, &reference.text.score);
    println!("text: {found}");
    assert!(found.worst_probability <= F32_TOLERANCE, "{found}");
    assert!(found.mean_entropy_bits <= 1e-4, "{found}");
    assert!(found.same_rank >= 0.99, "{found}");
}

#[test]
fn every_form_of_the_kernels_is_as_precise_as_the_page_says() {
    let Some((file, reference)) = files() else { return };
    let mut failures = Vec::new();
    let plain = Kernels::plain().name();
    for kernels in Kernels::all() {
        let name = kernels.name();
        let fused = Some((kernels, CacheFormat::I16));
        let mut model = decoder(&file, Precision::Auto, fused);
        let (count, limits) = match name == plain {
            true => (FEW_TOKENS, OF_FEW_TOKENS),
            false => (reference.text.ids.len(), PRECISE),
        };
        let (score, _) = scores(&mut *model, &reference.text.ids[..count]);
        let found = Differences::between(&score, &reference.text.score[..count - 1]);
        println!("{name}: {found}");
        failures.extend(limits.check(&found).err().map(|far| format!("{name}: {far}")));
        let france = &reference.prompts[0];
        let (_, next) = scores(&mut *model, &france.ids);
        let paris = Score::of(&next, france.next.top[0].id).probability;
        println!("{name}: \" Paris\" {paris:.5}");
        let wrong = PRECISE.check_paris(paris).err();
        failures.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
