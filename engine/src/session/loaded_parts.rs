//! What a session is made of, once its weights are loaded.

use inference::LanguageModel;
use inference::candle_decoder::CandleDecoder;
use inference::fused_decoder::{DecoderOptions, FusedDecoder};
use kernels::{CacheFormat, Kernels, Team};
use model_files::ModelFiles;
use model_files::config::Config;
use model_files::weights::{PackedWriter, RecordingSource, TensorSource, WeightStats};
use protocol::{ModelDescription, Phase, Precision, Progress, PromptDevice};
use text::tokenizer::Tokenizer;

use super::end_tokens::{EndFiles, end_tokens};
use super::load_options::LoadOptions;
use super::model::Model;
use super::sequence::Sequence;
use super::state::Session;
use super::text_files::{ChatParts, chat_description};
use crate::error::{EngineError, Result};

/// Where weights go.
pub(super) enum Destination<'a, 'b> {
    /// Into memory.
    Memory,
    /// Into memory, and to a file as they are there.
    MemoryAndFile(&'a mut PackedWriter<'b>),
    /// Blocks stay in the file that they are in.
    Stay,
}

/// The parts of a session that come from the weights, configuration and tokenizer.
pub(super) struct LoadedParts {
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
    /// Loads the decoder.
    ///
    /// # Errors
    /// If the weights cannot be loaded.
    pub(super) fn new(
        mut config: Config,
        tokenizer: Tokenizer,
        source: &mut dyn TensorSource,
        destination: Destination<'_, '_>,
        options: &LoadOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<LoadedParts> {
        let mut recording;
        let stay = matches!(destination, Destination::Stay);
        let source: &mut dyn TensorSource = match destination {
            Destination::MemoryAndFile(writer) => {
                recording = RecordingSource::new(source, writer);
                &mut recording
            }
            Destination::Memory | Destination::Stay => source,
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
            let config = config.clone();
            Box::new(match stay {
                true => FusedDecoder::stored(config, source, options, &mut report_layers),
                false => FusedDecoder::new(config, source, options, &mut report_layers),
            }?)
        } else if stay {
            let message = "Only packed weights can stay in their file.";
            return Err(EngineError::Unsupported(message.into()));
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

    /// The same, with the chat template of a GGUF header.
    pub(super) fn with_template(self, template: Option<String>) -> LoadedParts {
        LoadedParts { template, ..self }
    }

    /// Puts the session together.
    ///
    /// # Errors
    /// None as yet.
    pub(super) fn into_session(
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
        let sequence = Sequence::new(decoder.state_size());
        Ok(Session::new(Model::Here(decoder), sequence, tokenizer, template, description))
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
