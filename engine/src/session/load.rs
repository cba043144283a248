//! Loads a session from a model's files.

use inference::InferenceError;
use model_files::config::Config;
use model_files::gguf::read_header;
use model_files::weights::{
    GgufSource, PackedSink, PackedSource, PackedWriter, Placement, SafetensorsSource,
};
use model_files::{ModelFiles, WeightFiles};
use protocol::Progress;
use text::tokenizer::Tokenizer;

use super::load_options::LoadOptions;
use super::loaded_parts::{Destination, LoadedParts};
use super::pack::{require, write_header};
use super::state::Session;
use crate::error::Result;

impl Session {
    /// Loads a model. `progress` gets the number of loaded layers and their total.
    ///
    /// # Errors
    /// If a file is missing, damaged or not supported, the files do not fit together, or
    /// the weights do not fit in memory.
    pub fn load(
        files: ModelFiles,
        options: &LoadOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Session> {
        Session::load_with(files, options, Destination::Memory, progress)
    }

    /// Loads a model as [`load`](Self::load) does, and writes its weights to `sink` as
    /// they are in memory, to be loaded as [`WeightFiles::Packed`] another time. Also
    /// returns the number of bytes that were written, or why what was written cannot be
    /// used; the session works in either case.
    ///
    /// # Errors
    /// Those of [`load`](Self::load).
    pub fn load_and_pack(
        files: ModelFiles,
        options: &LoadOptions,
        sink: &mut dyn PackedSink,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(Session, std::result::Result<u64, String>)> {
        let mut writer = PackedWriter::new(sink);
        let destination = Destination::MemoryAndFile(&mut writer);
        let session = Session::load_with(files, options, destination, progress)?;
        Ok((session, writer.finish()))
    }

    fn load_with(
        files: ModelFiles,
        options: &LoadOptions,
        mut destination: Destination<'_, '_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Session> {
        let ModelFiles { name, weights, config, tokenizer, .. } = &files;
        let placement =
            Placement { precision: options.precision, device: options.device.clone() };
        let parts = match weights {
            WeightFiles::Safetensors(shards) => {
                let config = Config::from_json(require(config, "config.json")?)?;
                let tokenizer =
                    Tokenizer::from_file(require(tokenizer, "tokenizer.json")?)?;
                let mut source = SafetensorsSource::new(shards, &config, placement)?;
                source.check_alike(&config)?;
                LoadedParts::new(
                    config,
                    tokenizer,
                    &mut source,
                    destination,
                    options,
                    progress,
                )?
            }
            WeightFiles::Gguf(file) => {
                let gguf = read_header(&**file)?;
                if let Destination::MemoryAndFile(writer) = &mut destination {
                    write_header(&**file, &gguf, writer)?;
                }
                let config = Config::from_gguf(&gguf)?;
                let tokenizer = match tokenizer {
                    Some(json) => Tokenizer::from_file(json)?,
                    None => Tokenizer::from_gguf(&gguf)?,
                };
                let template = gguf.string("tokenizer.chat_template").ok();
                let mut source = GgufSource::new(&gguf, &**file, &config, placement);
                let parts = LoadedParts::new(
                    config,
                    tokenizer,
                    &mut source,
                    destination,
                    options,
                    progress,
                )?;
                parts.with_template(template.map(str::to_owned))
            }
            WeightFiles::Packed(file) => {
                let source = PackedSource::open(&**file, placement)?;
                of_packed(&files, source, Destination::Memory, options, progress)?
            }
            WeightFiles::Stored(file) => {
                let source = PackedSource::open_shared(file, placement)?;
                of_packed(&files, source, Destination::Stay, options, progress)?
            }
        };
        // Waits for the copies of the weights to a GPU.
        options.device.synchronize().map_err(InferenceError::from)?;
        parts.into_session(name.clone(), &files, options)
    }
}

/// A model of packed weights, which have the header of the GGUF file that they are from, if they
/// are from one.
fn of_packed(
    files: &ModelFiles,
    mut source: PackedSource<'_>,
    destination: Destination<'_, '_>,
    options: &LoadOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<LoadedParts> {
    let gguf = source.gguf()?;
    let config = match &gguf {
        Some(gguf) => Config::from_gguf(gguf)?,
        None => Config::from_json(require(&files.config, "config.json")?)?,
    };
    let tokenizer = match (&files.tokenizer, &gguf) {
        (None, Some(gguf)) => Tokenizer::from_gguf(gguf)?,
        (json, _) => Tokenizer::from_file(require(json, "tokenizer.json")?)?,
    };
    let template = gguf.as_ref().and_then(|g| g.string("tokenizer.chat_template").ok());
    let template = template.map(str::to_owned);
    let parts =
        LoadedParts::new(config, tokenizer, &mut source, destination, options, progress)?;
    Ok(parts.with_template(template))
}
