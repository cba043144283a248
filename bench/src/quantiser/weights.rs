//! Weights of a folder or a GGUF file, as a decoder in f32.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use engine::Device;
use inference::candle_decoder::CandleDecoder;
use model_files::BoxedFile;
use model_files::config::Config;
use model_files::gguf::{Gguf, read_header};
use model_files::weights::{GgufSource, Placement, SafetensorsSource, TensorSource};
use protocol::Precision;
use text::tokenizer::Tokenizer;

use super::dequantised::Dequantised;

/// Files of weights in memory.
pub(crate) enum Weights {
    Folder { config: Box<Config>, shards: Vec<BoxedFile> },
    Gguf { gguf: Gguf, file: Vec<u8> },
}

/// The numbers that a decoder has.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    /// Those of the files.
    Exact,
    /// Those that packed matrices of this precision stand for.
    Packed(Precision),
}

/// A decoder, and what its weights take.
pub(crate) struct Loaded {
    pub(crate) decoder: CandleDecoder,
    pub(crate) bytes: usize,
    /// The formats of matrices, with their numbers.
    pub(crate) formats: String,
    /// Of packing.
    pub(crate) nanoseconds_per_weight: Option<f64>,
}

/// The tokenizer of a model.
///
/// # Errors
/// If there is none.
pub(crate) fn tokenizer(model: &Path) -> Result<Tokenizer> {
    if model.is_dir() {
        return Ok(Tokenizer::from_json(&read(&model.join("tokenizer.json"))?)?);
    }
    Ok(Tokenizer::from_gguf(&read_header(&read(model)?)?)?)
}

impl Weights {
    /// Reads the files.
    ///
    /// # Errors
    /// If they are missing, or no model's.
    pub(crate) fn open(model: &Path) -> Result<Weights> {
        if model.is_dir() {
            let config = Config::from_json(&read(&model.join("config.json"))?)?;
            let shards: Vec<BoxedFile> =
                vec![Box::new(read(&model.join("model.safetensors"))?)];
            return Ok(Weights::Folder { config: Box::new(config), shards });
        }
        let file = read(model)?;
        Ok(Weights::Gguf { gguf: read_header(&file)?, file })
    }

    /// A decoder in f32.
    ///
    /// # Errors
    /// If a tensor is missing or there is no memory for it.
    pub(crate) fn decoder(&self, format: Format) -> Result<Loaded> {
        let (precision, packs) = match format {
            Format::Exact => (Precision::F32, false),
            Format::Packed(precision) => (precision, true),
        };
        let placement = Placement { precision, device: Device::Cpu };
        let (config, mut source): (Config, Box<dyn TensorSource + '_>) = match self {
            Weights::Folder { config, shards } => {
                let source = SafetensorsSource::new(shards, config, placement)?;
                (Config::clone(config), Box::new(source))
            }
            Weights::Gguf { gguf, file } => {
                let config = Config::from_gguf(gguf)?;
                let source = GgufSource::new(gguf, file, &config, placement);
                (config, Box::new(source))
            }
        };
        let decoder = |source: &mut dyn TensorSource| {
            CandleDecoder::new(config, source, &Device::Cpu, &mut |_, _| ())
        };
        if packs {
            let mut source = Dequantised::new(source);
            let decoder = decoder(&mut source)?;
            let nanoseconds = source.elapsed.as_nanos() as f64;
            return Ok(Loaded {
                decoder,
                bytes: source.bytes,
                formats: described(&source.formats),
                nanoseconds_per_weight: Some(nanoseconds / source.weights.max(1) as f64),
            });
        }
        let decoder = decoder(&mut *source)?;
        let (bytes, formats) = self.as_stored();
        Ok(Loaded { decoder, bytes, formats, nanoseconds_per_weight: None })
    }

    /// The bytes of all tensors of a GGUF file, and the formats of its matrices.
    fn as_stored(&self) -> (usize, String) {
        let Weights::Gguf { gguf, .. } = self else { return (0, String::new()) };
        let mut formats = BTreeMap::new();
        for tensor in gguf.tensors().iter().filter(|tensor| tensor.shape.len() == 2) {
            *formats.entry(tensor.format.name()).or_default() += 1;
        }
        let bytes = gguf.tensors().iter().map(|tensor| tensor.bytes).sum();
        (bytes, described(&formats))
    }
}

fn described<N: AsRef<str>>(formats: &BTreeMap<N, usize>) -> String {
    let each = formats.iter().map(|(name, count)| format!("{} ×{count}", name.as_ref()));
    each.collect::<Vec<_>>().join(", ")
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}
