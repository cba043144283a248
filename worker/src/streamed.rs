//! Models of more weights than this program's memory is to hold: their blocks are on the GPU and
//! in storage. They are packed into a file there, if they are not yet, matrix by matrix.

use engine::Session;
use model_files::{ModelFile, ModelFiles, SharedFile, WeightFiles};
use protocol::{
    ErrorCode, Event, Failure, Phase, Precision, Progress, PromptDevice, Reply, RequestId,
};
use web_sys::{AbortSignal, DedicatedWorkerGlobalScope};

use crate::models::PackedWriter;
use crate::storage::share;
use crate::turn::Turn;
use crate::{gpu, post, session};

/// A load of such a model.
pub(crate) struct Streaming<'a> {
    pub(crate) scope: &'a DedicatedWorkerGlobalScope,
    pub(crate) turn: &'a Turn,
    pub(crate) signal: &'a AbortSignal,
    pub(crate) wish: gpu::Wish,
    pub(crate) precision: Precision,
    pub(crate) id: RequestId,
}

/// A model that the GPU does not run, to be loaded into memory if it fits.
pub(crate) struct NotStreamed {
    pub(crate) files: ModelFiles,
    pub(crate) packed_writer: Option<PackedWriter>,
    /// Why the GPU does not.
    pub(crate) reason: PromptDevice,
}

impl Streaming<'_> {
    /// Makes a session of a model whose weights the GPU has, or says why the GPU does not.
    ///
    /// # Errors
    /// If the files cannot be used, or the load was stopped.
    pub(crate) async fn load(
        &self,
        files: ModelFiles,
        packed_writer: Option<PackedWriter>,
    ) -> Result<Result<Session, NotStreamed>, Failure> {
        let not = |files, packed_writer, reason| {
            Ok(Err(NotStreamed { files, packed_writer, reason }))
        };
        let config = Session::config_of(&files).map_err(|error| error.failure())?;
        if let Some(reason) = gpu::refuses(&config, self.wish, self.scope).await {
            return not(files, packed_writer, reason);
        }
        let (others, shared) = match self.in_storage(files, packed_writer).await? {
            Ok(stored) => stored,
            // There is no room in storage, or no storage.
            Err(files) => return not(files, None, PromptDevice::TooLarge),
        };
        let stored = with_weights(&others, WeightFiles::Stored(shared.clone()));
        let (mut session, _) = session::load(stored, None, self.precision, self.id)?;
        let blocks = config.layers.len();
        let tell = &mut |done: usize| self.tell(done, blocks);
        let Streaming { wish, scope, turn, signal, .. } = *self;
        match gpu::attach_stored(&mut session, wish, scope, turn, signal, tell).await {
            Ok(()) => Ok(Ok(session)),
            // Then nobody waits for the model.
            Err(_) if signal.aborted() => Err(session::stopped()),
            Err(reason) => {
                let packed = WeightFiles::Packed(Box::new(Whole(shared)));
                not(with_weights(&others, packed), None, reason)
            }
        }
    }

    /// The file of packed weights in storage that stays open, and the model without weights. What is
    /// not packed yet is now; the files again if there is no room for that.
    async fn in_storage(
        &self,
        files: ModelFiles,
        packed_writer: Option<PackedWriter>,
    ) -> Result<Result<(ModelFiles, SharedFile), ModelFiles>, Failure> {
        let (weights, others) = split(files);
        let weights = match weights {
            WeightFiles::Packed(file) => return Ok(Ok((others, share(file)))),
            WeightFiles::Stored(file) => return Ok(Ok((others, file))),
            weights => weights,
        };
        let files = ModelFiles { weights, ..others };
        let packed_writer = match packed_writer {
            Some(writer) => Some(writer),
            None => PackedWriter::temporary(self.scope).await,
        };
        let Some(mut writer) = packed_writer else { return Ok(Err(files)) };
        let mut tell = |progress| {
            post::reply(Reply { id: self.id, event: Event::Progress(progress) });
        };
        let packed = Session::pack(&files, self.precision, &mut writer, &mut tell);
        let written = match packed {
            Ok(Ok(written)) => written,
            Ok(Err(reason)) => {
                writer.finish(Err(reason)).await;
                return Ok(Err(files));
            }
            Err(error) => {
                writer.finish(Err("the model cannot be packed".into())).await;
                return Err(error.failure());
            }
        };
        // What the packed file takes the place of has to be closed before.
        let others = split(files).1;
        match writer.finish_open(Ok(written)).await {
            Some(file) => Ok(Ok((others, share(file)))),
            None => Err(Failure {
                code: ErrorCode::Internal,
                message: "The browser’s storage did not keep this model’s weights."
                    .into(),
                hint: Some("Load it again, or choose a smaller model.".into()),
            }),
        }
    }

    fn tell(&self, done: usize, blocks: usize) {
        let (done, total) = (done as u64, Some(blocks as u64));
        let progress = Progress { phase: Phase::Load, done, total, per_second: None };
        post::reply(Reply { id: self.id, event: Event::Progress(progress) });
    }
}

/// The failure of a model that neither memory nor the GPU has room for.
pub(crate) fn in_words(failure: Failure, reason: PromptDevice) -> Failure {
    let why = match reason {
        PromptDevice::NoGpu => "this browser offers no GPU",
        PromptDevice::OtherModel => "the GPU has no program for a model of this kind",
        PromptDevice::WrongNumbers => "the GPU computed other numbers than the processor",
        PromptDevice::Failed => "the GPU has failed",
        _ => "the GPU has no room for it either",
    };
    match failure.code {
        ErrorCode::OutOfMemory => Failure {
            message: format!(
                "This model is too large for this page’s memory, and {why}."
            ),
            hint: Some("Choose a smaller model, or use the native server.".into()),
            ..failure
        },
        _ => failure,
    }
}

/// A file that others have open, too, as a file of its own.
struct Whole(SharedFile);

impl ModelFile for Whole {
    fn length(&self) -> u64 {
        self.0.length()
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        self.0.read(offset, into)
    }
}

/// The weights of a model, and all else.
fn split(files: ModelFiles) -> (WeightFiles, ModelFiles) {
    let none = WeightFiles::Safetensors(Vec::new());
    let ModelFiles { weights, .. } = files;
    (weights, ModelFiles { weights: none, ..files })
}

/// A model with other weights.
fn with_weights(others: &ModelFiles, weights: WeightFiles) -> ModelFiles {
    ModelFiles {
        name: others.name.clone(),
        weights,
        config: others.config.clone(),
        tokenizer: others.tokenizer.clone(),
        tokenizer_config: others.tokenizer_config.clone(),
        generation_config: others.generation_config.clone(),
        chat_template: others.chat_template.clone(),
    }
}
