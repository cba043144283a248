//! The fused decoder against the candle decoder with the same 8-bit or 4-bit weights:
//! with every implementation of the kernels that this machine supports, with one thread
//! and a team, in one prefill, token by token, after truncating, and beside other
//! sequences.

use std::cell::Cell;
use std::path::Path;

use candle_core::Device;
use inference::LanguageModel;
use inference::candle_decoder::CandleDecoder;
use inference::fused_decoder::{DecoderOptions, FusedDecoder};
use kernels::{CacheFormat, Kernels, Team};
use model_files::BoxedFile;
use model_files::config::Config;
use model_files::weights::{Placement, SafetensorsSource};
use protocol::Precision;

use crate::architectures::{beside_others, for_each_fixture, read};
use crate::on_a_thread;

/// The largest difference of a logit that passes as equal. Both decoders round
/// activations to 8 bits, and sums in another order can make an activation round the
/// other way: one in some ten thousand is one step off, and that shows. So a few runs may
/// exceed this, but none may be further from the candle decoder than that is from f32.
const TOLERANCE: f32 = 1e-2;

/// The decoder of a fixture, with one thread and the fastest kernels.
pub(crate) fn load(folder: &Path, precision: Precision) -> FusedDecoder {
    let config = std::fs::read(folder.join("config.json")).unwrap();
    let config = Config::from_json(&config).unwrap();
    let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
    let shards: Vec<BoxedFile> = vec![Box::new(bytes)];
    let placement = Placement { precision, device: Device::Cpu };
    let mut source = SafetensorsSource::new(&shards, &config, placement).unwrap();
    let options = DecoderOptions {
        team: Team::alone(),
        clock_ms: || 0.0,
        kernels: Kernels::detect(),
        cache: CacheFormat::F32,
    };
    FusedDecoder::new(config, &mut source, options, &mut |_, _| ()).unwrap()
}

/// The largest difference, and the root of the mean square.
fn difference(actual: &[Vec<f32>], expected: &[Vec<f32>]) -> (f32, f32) {
    assert_eq!(actual.len(), expected.len());
    let pairs = actual.iter().flatten().zip(expected.iter().flatten());
    let (worst, squares) = pairs.fold((0f32, 0f32), |(worst, squares), (a, b)| {
        (worst.max((a - b).abs()), squares + (a - b).powi(2))
    });
    (worst, (squares / actual.iter().flatten().count() as f32).sqrt())
}

fn check(precision: Precision) {
    let (all, all_exceeding) = (Cell::new(0), Cell::new(0));
    for_each_fixture(|name, folder, expected| {
        let config = std::fs::read(folder.join("config.json")).unwrap();
        let config = Config::from_json(&config).unwrap();
        let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
        let shards: Vec<BoxedFile> = vec![Box::new(bytes)];
        let placement = Placement { precision, device: Device::Cpu };
        let source =
            || SafetensorsSource::new(&shards, &config, placement.clone()).unwrap();
        let progress = &mut |_, _| ();

        let ids = &expected.ids;
        let mut candle_decoder =
            CandleDecoder::new(config.clone(), &mut source(), &Device::Cpu, progress)
                .unwrap();
        let reference = read(&mut candle_decoder, ids);
        let (_, noise) = difference(&reference, &expected.logits);
        let (mut worst, mut runs, mut exceeding) = (0f32, 0, 0);
        for kernels in Kernels::all() {
            for threads in [1, 3] {
                let team = Team::new(threads, on_a_thread);
                let clock_ms = || 0.0;
                let cache = CacheFormat::F32;
                let options = DecoderOptions { team, clock_ms, kernels, cache };
                let mut model =
                    FusedDecoder::new(config.clone(), &mut source(), options, progress)
                        .unwrap();
                let mut compare =
                    |way: &str, logits: &[Vec<f32>], reference: &[Vec<f32>]| {
                        let (largest, mean) = difference(logits, reference);
                        let kernels_name = kernels.name();
                        assert!(
                            mean < noise,
                            "{name}, {kernels_name}, {way}: {mean} of {noise}"
                        );
                        worst = worst.max(largest);
                        runs += 1;
                        exceeding += usize::from(largest > TOLERANCE);
                    };
                compare("one prefill", &read(&mut model, ids), &reference);
                model.truncate(0, 0);
                let one = |id: &u32| read(&mut model, &[*id]).remove(0);
                let steps: Vec<_> = ids.iter().map(one).collect();
                compare("token by token", &steps, &reference);
                let middle = ids.len() / 2;
                model.truncate(0, middle);
                let other: Vec<u32> = ids.iter().rev().copied().collect();
                read(&mut model, &other);
                model.truncate(0, middle);
                assert_eq!(model.cached(0), middle);
                let rest = read(&mut model, &ids[middle..]);
                compare("after truncating", &rest, &reference[middle..]);
                let beside = beside_others(&mut model, ids, &other);
                compare("beside others", &beside, &reference);
            }
        }
        println!(
            "{name}, {precision:?}: largest difference {worst:.1e}, {exceeding} far of {runs}"
        );
        all.set(all.get() + runs);
        all_exceeding.set(all_exceeding.get() + exceeding);
    });
    let (all, exceeding) = (all.get(), all_exceeding.get());
    assert!(exceeding * 6 <= all, "{exceeding} of {all} runs are off");
}

#[test]
fn eight_bits_give_the_logits_of_the_candle_decoder() {
    check(Precision::Q8);
}

#[test]
fn four_bits_give_the_logits_of_the_candle_decoder() {
    check(Precision::Q4);
}
