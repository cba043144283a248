//! The models of several tests: fused decoders of fixtures, and logits computed once more.

use std::path::Path;

use candle_core::Device;
use inference::ModelWeights;
use inference::fused_decoder::{DecoderOptions, FusedDecoder};
use inference::reference::ReferenceLogits;
use kernels::{CacheFormat, Kernels, Team};
use model_files::BoxedFile;
use model_files::config::Config;
use model_files::weights::{Placement, SafetensorsSource};
use protocol::Precision;

/// The fused decoder of a fixture.
pub(crate) fn fused(
    folder: &Path,
    precision: Precision,
    team: Team,
    kernels: Kernels,
) -> FusedDecoder {
    let config = std::fs::read(folder.join("config.json")).unwrap();
    let config = Config::from_json(&config).unwrap();
    let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
    let shards: Vec<BoxedFile> = vec![Box::new(bytes)];
    let placement = Placement { precision, device: Device::Cpu };
    let mut source = SafetensorsSource::new(&shards, &config, placement).unwrap();
    let (clock_ms, cache) = (|| 0.0, CacheFormat::F32);
    let options = DecoderOptions { team, clock_ms, kernels, cache };
    FusedDecoder::new(config, &mut source, options, &mut |_, _| ()).unwrap()
}

/// Whether the fused decoder has all parts of a fixture.
pub(crate) fn runs_fused(folder: &Path) -> bool {
    let config = std::fs::read(folder.join("config.json")).unwrap();
    FusedDecoder::runs(&Config::from_json(&config).unwrap())
}

/// The fused decoder of a fixture, with one thread and the fastest kernels.
pub(crate) fn fused_alone(folder: &Path, precision: Precision) -> FusedDecoder {
    fused(folder, precision, Team::alone(), Kernels::detect())
}

/// The logits after `ids`, computed once more, and how many steps that took.
pub(crate) fn reference(weights: &dyn ModelWeights, ids: &[u32]) -> (Vec<f32>, usize) {
    let mut reference = ReferenceLogits::new(ids);
    let mut last = 0;
    for steps in 1.. {
        let logits = reference.step(weights).unwrap();
        let (done, total) = reference.progress(weights);
        assert!(last <= done && done <= total, "{last}, {done} of {total}");
        last = done;
        if let Some(logits) = logits {
            return (logits, steps);
        }
    }
    unreachable!()
}
