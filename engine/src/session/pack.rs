//! Writes a model's weights as packed ones without ever having them all in memory.

use candle_core::Device;
use model_files::config::Config;
use model_files::gguf::{Gguf, read_header};
use model_files::weights::{
    GgufSource, PackedSink, PackedSource, PackedWriter, Placement, RecordingSource,
    SafetensorsSource, TensorSource, pack_all,
};
use model_files::{ModelFile, ModelFileError, ModelFiles, WeightFiles, part};
use protocol::{Phase, Precision, Progress};

use super::state::Session;
use crate::error::{EngineError, Result};

impl Session {
    /// The shape and constants of a model, without its weights.
    ///
    /// # Errors
    /// If a file is missing, damaged or not supported.
    pub fn config_of(files: &ModelFiles) -> Result<Config> {
        let placement = Placement { precision: Precision::Auto, device: Device::Cpu };
        let of_packed = |file: &dyn ModelFile| {
            let gguf = PackedSource::open(file, placement)?.gguf()?;
            gguf.map(|gguf| Config::from_gguf(&gguf)).transpose()
        };
        let of_header = match &files.weights {
            WeightFiles::Safetensors(_) => None,
            WeightFiles::Gguf(file) => Some(Config::from_gguf(&read_header(&**file)?)?),
            WeightFiles::Packed(file) => of_packed(&**file)?,
            WeightFiles::Stored(file) => of_packed(&**file)?,
        };
        match of_header {
            Some(config) => Ok(config),
            None => Ok(Config::from_json(require(&files.config, "config.json")?)?),
        }
    }

    /// Writes the weights of safetensors or of a GGUF file to `sink` as the kernels for packed
    /// formats have them, to be loaded as [`WeightFiles::Packed`] or [`WeightFiles::Stored`].
    /// In memory is one matrix at a time. Returns the number of bytes that were written, or why
    /// what was written cannot be used.
    ///
    /// # Errors
    /// If a file is missing, damaged or not supported, or a matrix does not fit in memory.
    pub fn pack(
        files: &ModelFiles,
        precision: Precision,
        sink: &mut dyn PackedSink,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<std::result::Result<u64, String>> {
        let mut writer = PackedWriter::new(sink);
        let mut config = Session::config_of(files)?;
        let placement = Placement { precision, device: Device::Cpu };
        let mut write = |config: &mut Config,
                         source: &mut dyn TensorSource,
                         writer: &mut _| {
            let source = &mut RecordingSource::new(source, writer);
            config.fit(source);
            pack_all(config, source, &mut |done, total| {
                let phase = Phase::Load;
                progress(Progress { phase, done, total: Some(total), per_second: None });
            })
        };
        match &files.weights {
            WeightFiles::Safetensors(shards) => {
                let known = config.clone();
                let mut source = SafetensorsSource::new(shards, &known, placement)?;
                source.check_alike(&known)?;
                write(&mut config, &mut source, &mut writer)?;
            }
            WeightFiles::Gguf(file) => {
                let gguf = read_header(&**file)?;
                write_header(&**file, &gguf, &mut writer)?;
                let known = config.clone();
                let mut source = GgufSource::new(&gguf, &**file, &known, placement);
                write(&mut config, &mut source, &mut writer)?;
            }
            WeightFiles::Packed(_) | WeightFiles::Stored(_) => {
                let message = "These weights are packed already.";
                return Err(EngineError::Unsupported(message.into()));
            }
        }
        Ok(writer.finish())
    }
}

/// Writes the header of a GGUF file, which has the configuration and the tokenizer.
///
/// # Errors
/// If it cannot be read.
pub(super) fn write_header(
    file: &dyn ModelFile,
    gguf: &Gguf,
    writer: &mut PackedWriter<'_>,
) -> Result<()> {
    let first = gguf.tensors().iter().map(|tensor| tensor.range().start);
    let header = part(file, 0..first.min().unwrap_or_default())?;
    writer.gguf_header(&header, file.length());
    Ok(())
}

/// The contents of a file that must be there.
///
/// # Errors
/// If it is not.
pub(super) fn require<'a>(file: &'a Option<Vec<u8>>, name: &str) -> Result<&'a [u8]> {
    let missing = || ModelFileError::Config(format!("{name} is missing"));
    Ok(file.as_deref().ok_or_else(missing)?)
}
