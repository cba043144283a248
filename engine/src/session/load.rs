//! Loads a session from a model's files.

use candle_core::Device;
use inference::candle_decoder::CandleDecoder;
use inference::fused_decoder::{DecoderOptions, FusedDecoder};
use inference::{InferenceError, LanguageModel};
use kernels::{CacheFormat, Kernels, Team};
use model_files::config::Config;
use model_files::gguf::read_header;
use model_files::weights::{
    GgufSource, PackedSink, PackedSource, PackedWriter, Placement, RecordingSource,
    SafetensorsSource, TensorSource, WeightStats,
};
use model_files::{ModelFileError, ModelFiles, WeightFiles, part};
use protocol::{ModelDescription, Phase, Precision, Progress, PromptDevice};
use text::tokenizer::Tokenizer;

use super::end_tokens::{EndFiles, end_tokens};
use super::model::Model;
use super::sequence::Sequence;
use super::state::Session;
use super::text_files::{ChatParts, chat_description};
use crate::error::Result;

/// How a model is loaded.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The number format of the weights in memory.
    pub precision: Precision,
    /// The device that it runs on.
    pub device: Device,
    /// The device's name for people.
    pub device_name: String,
    /// The number of threads that it runs on.
    pub threads: u32,
    /// Starts a thread that runs a body; returns `false` if it cannot. It is not called
    /// if `threads` is 1.
    pub start_thread: fn(Box<dyn FnOnce() + Send>) -> bool,
    /// Milliseconds since any fixed moment; used to choose the number of threads.
    pub clock_ms: fn() -> f64,
}

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
        Session::load_with(files, options, None, progress)
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
        let session = Session::load_with(files, options, Some(&mut writer), progress)?;
        Ok((session, writer.finish()))
    }

    fn load_with(
        files: ModelFiles,
        options: &LoadOptions,
        mut writer: Option<&mut PackedWriter<'_>>,
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
                    writer,
                    options,
                    progress,
                )?
            }
            WeightFiles::Gguf(file) => {
                let gguf = read_header(&**file)?;
                if let Some(writer) = &mut writer {
                    let first = gguf.tensors().iter().map(|tensor| tensor.range().start);
                    let header = part(&**file, 0..first.min().unwrap_or_default())?;
                    writer.gguf_header(&header, file.length());
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
                    writer,
                    options,
                    progress,
                )?;
                LoadedParts { template: template.map(str::to_owned), ..parts }
            }
            WeightFiles::Packed(file) => {
                let mut source = PackedSource::open(&**file, placement)?;
                let gguf = source.gguf()?;
                let config = match &gguf {
                    Some(gguf) => Config::from_gguf(gguf)?,
                    None => Config::from_json(require(config, "config.json")?)?,
                };
                let tokenizer = match (tokenizer, &gguf) {
                    (None, Some(gguf)) => Tokenizer::from_gguf(gguf)?,
                    (json, _) => Tokenizer::from_file(require(json, "tokenizer.json")?)?,
                };
                let template =
                    gguf.as_ref().and_then(|g| g.string("tokenizer.chat_template").ok());
                let template = template.map(str::to_owned);
                let parts = LoadedParts::new(
                    config,
                    tokenizer,
                    &mut source,
                    None,
                    options,
                    progress,
                )?;
                LoadedParts { template, ..parts }
            }
        };
        // Waits for the copies of the weights to a GPU.
        options.device.synchronize().map_err(InferenceError::from)?;
        parts.into_session(name.clone(), &files, options)
    }
}

/// The parts of a session that come from the weights, configuration and tokenizer.
struct LoadedParts {
    config: Config,
    decoder: Box<dyn LanguageModel>,
    tokenizer: Tokenizer,
    stats: WeightStats,
    /// What products are computed in.
    computed_in: &'static str,
    /// The chat template in a GGUF header.
    template: Option<String>,
}

impl LoadedParts {
    fn new(
        mut config: Config,
        tokenizer: Tokenizer,
        source: &mut dyn TensorSource,
        writer: Option<&mut PackedWriter<'_>>,
        options: &LoadOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<LoadedParts> {
        let mut recording;
        let source: &mut dyn TensorSource = match writer {
            Some(writer) => {
                recording = RecordingSource::new(source, writer);
                &mut recording
            }
            None => source,
        };
        config.fit(source);
        let mut report_layers = |done, total| {
            let phase = Phase::Load;
            progress(Progress { phase, done, total: Some(total), per_second: None });
        };
        let block_formats =
            matches!(options.precision, Precision::Auto | Precision::Q8 | Precision::Q4);
        let uses_fused_decoder =
            options.device.is_cpu() && block_formats && FusedDecoder::runs(&config);
        let decoder: Box<dyn LanguageModel> = if uses_fused_decoder {
            let options = DecoderOptions {
                team: Team::new(options.threads as usize, options.start_thread),
                clock_ms: options.clock_ms,
                kernels: Kernels::detect(),
                cache: CacheFormat::I16,
            };
            Box::new(FusedDecoder::new(
                config.clone(),
                source,
                options,
                &mut report_layers,
            )?)
        } else {
            let device = &options.device;
            Box::new(CandleDecoder::new(
                config.clone(),
                source,
                device,
                &mut report_layers,
            )?)
        };
        let stats = source.stats().clone();
        let computed_in = match uses_fused_decoder {
            true => "16 bits",
            false => computed_by_candle(&stats.precision()),
        };
        Ok(LoadedParts { config, decoder, tokenizer, stats, computed_in, template: None })
    }

    fn into_session(
        self,
        name: String,
        files: &ModelFiles,
        options: &LoadOptions,
    ) -> Result<Session> {
        let LoadedParts { config, decoder, tokenizer, stats, computed_in, template } =
            self;
        let chat = ChatParts::new(
            &tokenizer,
            files.tokenizer_config.as_deref(),
            files.chat_template.as_deref(),
            template,
        );
        let template = chat.template;
        let usable = template.as_ref().and_then(|template| template.as_ref().ok());
        let named = EndFiles {
            known: config.end_of_generation.clone(),
            generation_config: files.generation_config.as_deref(),
            vocab_size: config.vocab_size,
        };
        let ends = end_tokens(named, &tokenizer, chat.eos.as_deref(), usable);
        let description = ModelDescription {
            name,
            architecture: config.architecture.clone(),
            calls_itself: config.calls_itself.clone(),
            parameters: stats.parameters,
            active_parameters: config.active_parameters(),
            rereads: config.recurring().is_some(),
            precision: stats.precision(),
            stored: stats.stored(),
            computed_in: computed_in.into(),
            asked: options.precision,
            weight_bytes: stats.bytes,
            context_length: config.context_length as u32,
            vocab_size: config.vocab_size as u32,
            device: options.device_name.clone(),
            threads: options.threads,
            elsewhere: false,
            prompts: PromptDevice::Same,
            prompt_speeds: None,
            continuation_speeds: None,
            end_of_generation: ends,
            ..chat_description(template.as_ref())
        };
        Ok(Session {
            sequences: vec![Sequence::new(decoder.state_size())],
            model: Model::Here(decoder),
            tokenizer,
            template,
            description,
            forward_tokens: 0,
            acquisitions: 0,
            evicted: 0,
            automata: Default::default(),
            kept_logits: Default::default(),
            elsewhere: Default::default(),
        })
    }
}

/// What candle's products are computed in with matrices of these formats: with most blocks
/// it multiplies activations of 8 bits.
fn computed_by_candle(formats: &str) -> &'static str {
    match formats.split(" + ").next() {
        Some("F32") => "32 bits",
        Some("F16" | "BF16") => "16 bits",
        _ => "8 bits",
    }
}

/// The contents of a file that must be there.
fn require<'a>(file: &'a Option<Vec<u8>>, name: &str) -> Result<&'a [u8]> {
    let missing = || ModelFileError::Config(format!("{name} is missing"));
    Ok(file.as_deref().ok_or_else(missing)?)
}
