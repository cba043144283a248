//! The page's link to an engine: where the engine runs, how far its start has come, and which
//! model answers.

use protocol::{
    HubModel, ModelDescription, ModelSource, Precision, Progress, Timings, TokenId,
};

use super::access_tokens::AccessTokens;
use super::known_models::{KnownModels, ModelId, ModelIdentity};
use super::target::{BackendKind, GpuUse, LastGood, Target};
use super::web_origin::host_of;
use crate::texts::engine as texts;

/// The link to the engine that the page uses, or is about to use.
#[derive(Debug)]
pub(crate) struct EngineLink {
    pub(crate) backend: BackendKind,
    /// The page's own address.
    pub(crate) page: String,
    /// The server's address; empty for the page's own.
    pub(crate) native_address: String,
    /// The access tokens of native servers, which are typed as part of their addresses.
    pub(crate) server_tokens: AccessTokens,
    /// Whether the page's own server is a native server; none before it is known.
    pub(crate) native_here: Option<bool>,
    /// Whether the field for the address is shown.
    pub(crate) shows_address: bool,
    /// The model that the worker loads.
    pub(crate) source: ModelSource,
    pub(crate) precision: Precision,
    /// The page connects once it has the lists of models, which say where a model's files
    /// are.
    pub(crate) awaits_catalogue: bool,
    /// The page is isolated from other sites, so its worker may have threads.
    pub(crate) isolated: bool,
    /// The service worker was asked to keep the site's files for visits without a network.
    pub(crate) site_kept: bool,
    /// Whether the worker uses the GPU, as the page's address says; none where the browser offers
    /// no WebGPU.
    pub(crate) gpu: Option<GpuUse>,
    /// The next worker also tries a GPU that computed other numbers before.
    pub(crate) gpu_again: bool,
    /// The number of the current connection. Messages of others are outdated.
    pub(crate) generation: u32,
    pub(crate) readiness: Readiness,
    /// The server loads another model, which was chosen here.
    pub(crate) switching: bool,
    /// The connection has given any answer.
    pub(crate) has_answered: bool,
    pub(crate) model: Option<ModelDescription>,
    /// The target that worked last, to return to if another does not work.
    pub(crate) last_good: Option<LastGood>,
    /// The target that did not work, to try again if the person wants to.
    pub(crate) failed: Option<Target>,
    pub(crate) known_models: KnownModels,
    /// Which of the known models answered last.
    identified: Option<ModelId>,
    /// How often in a row the connection broke before it had held for a while.
    pub(crate) deaths: u32,
    /// How far loading has come; none while nothing is loaded. The progress of prompts is kept
    /// with their requests.
    pub(crate) progress: Option<Progress>,
    /// The cost of the last answer.
    pub(crate) last_step: Option<Step>,
    /// Tokens that have gone through the model since it was loaded.
    pub(crate) forward_tokens: u64,
}

impl Default for EngineLink {
    fn default() -> Self {
        EngineLink {
            backend: BackendKind::Worker,
            page: String::new(),
            native_address: String::new(),
            server_tokens: AccessTokens::default(),
            native_here: None,
            shows_address: false,
            source: ModelSource::Demo,
            precision: Precision::Auto,
            awaits_catalogue: false,
            isolated: false,
            site_kept: false,
            gpu: None,
            gpu_again: false,
            generation: 0,
            readiness: Readiness::Connecting,
            switching: false,
            has_answered: false,
            model: None,
            last_good: None,
            failed: None,
            known_models: KnownModels::default(),
            identified: None,
            deaths: 0,
            progress: None,
            last_step: None,
            forward_tokens: 0,
        }
    }
}

/// How far the start of the engine and its model has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// The engine does not take requests yet.
    #[default]
    Connecting,
    /// The engine loads the model.
    Loading,
    /// The model answers.
    Ready,
    /// There is no model until the person does something.
    Failed,
    /// Nothing is computed: what is shown was recorded.
    Recorded,
}

/// The cost of an answer, as the status line shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// Tokens were read as a prompt.
    Prefill { tokens: u32, ms: f32 },
    /// Tokens were read one at a time.
    Decode { tokens: u32, ms: f32 },
    /// Everything was in the cache.
    Cached,
}

impl Step {
    /// The step of some timings. One token after a cached text counts as decoding, whoever
    /// chose the token.
    pub(crate) fn of(timings: &Timings) -> Step {
        let Timings { prefill_tokens, prefill_ms, decode_tokens, decode_ms, .. } =
            *timings;
        if decode_tokens > 0 {
            Step::Decode { tokens: decode_tokens, ms: decode_ms }
        } else if prefill_tokens == 1 && timings.cached_tokens > 0 {
            Step::Decode { tokens: 1, ms: prefill_ms }
        } else if prefill_tokens > 0 {
            Step::Prefill { tokens: prefill_tokens, ms: prefill_ms }
        } else {
            Step::Cached
        }
    }
}

impl EngineLink {
    /// Sets the model that answers from now on.
    pub(crate) fn take_model(&mut self, description: ModelDescription) {
        let mut target = self.target().essentials();
        if let ModelSource::Hub(model) = &mut target.source {
            // How its files were fetched makes no difference to what the model is.
            model.token = None;
        }
        let identity = ModelIdentity { target, description: description.clone() };
        self.identified = Some(self.known_models.identify(identity));
        self.model = Some(description);
    }

    /// The id of the model that answers; none without one.
    pub(crate) fn model_id(&self) -> Option<ModelId> {
        self.identified.filter(|_| self.model.is_some())
    }

    /// Gives the current model an id of its own: it looks like a known one, but tokenizes texts
    /// differently.
    pub(crate) fn tell_apart(&mut self) {
        self.identified = self.identified.map(|id| self.known_models.tell_apart(id));
    }

    /// How many tokens the model's context holds; none without a model.
    pub(crate) fn context_length(&self) -> Option<usize> {
        self.model.as_ref().map(|model| model.context_length as usize)
    }

    /// Whether a token ends a text or a turn of the model.
    pub(crate) fn ends_generation(&self, id: TokenId) -> bool {
        let model = self.model.as_ref();
        model.is_some_and(|model| model.end_of_generation.contains(&id))
    }

    /// Whether requests can be sent.
    pub(crate) fn is_ready(&self) -> bool {
        self.readiness == Readiness::Ready
    }

    /// What the page opens, or has opened.
    pub(crate) fn target(&self) -> Target {
        Target {
            backend: self.backend,
            native_address: self.native_address.clone(),
            source: self.source.clone(),
            precision: self.precision,
        }
    }

    /// Chooses what to open.
    pub(crate) fn set_target(&mut self, target: Target) {
        let Target { backend, native_address, source, precision } = target;
        self.backend = backend;
        self.source = source;
        self.precision = precision;
        if backend == BackendKind::Native {
            self.native_address = native_address;
        }
    }

    /// The server's host, as a sentence names it.
    pub(crate) fn server_name(&self) -> String {
        let typed = self.native_address.trim();
        match typed {
            "" => host_of(&self.page),
            typed if typed.contains("://") => host_of(typed),
            typed => host_of(&format!("ws://{typed}")),
        }
    }

    /// The browser's model, as a sentence names it.
    pub(crate) fn source_name(&self) -> String {
        match &self.source {
            ModelSource::Demo => texts::DEMO.into(),
            ModelSource::Address { url } => url.clone(),
            ModelSource::Hub(model) => model.name.clone(),
            ModelSource::Files { files } => {
                files.first().map_or(texts::DEMO.into(), |file| file.name.clone())
            }
        }
    }

    /// What the page waits for while there is no model.
    pub(crate) fn waiting_for(&self) -> String {
        if self.backend == BackendKind::Native {
            let server = self.server_name();
            return match self.readiness {
                Readiness::Connecting => texts::connecting(&server),
                _ => texts::waiting(&server),
            };
        }
        match &self.source {
            _ if self.readiness == Readiness::Connecting => texts::STARTING.into(),
            ModelSource::Demo => texts::LOADING_DEMO.into(),
            ModelSource::Address { url } if url.contains("://") => {
                texts::asking(&host_of(url))
            }
            ModelSource::Address { .. } => texts::ASKING_OWN_SERVER.into(),
            ModelSource::Hub(model) if model.stored_only => texts::READING_SAVED.into(),
            ModelSource::Hub(model) => texts::asking(&hub_host(model)),
            ModelSource::Files { files } => match files.first() {
                Some(file) => texts::reading(&file.name),
                None => texts::READING_FILES.into(),
            },
        }
    }
}

/// The host that a model comes from.
fn hub_host(model: &HubModel) -> String {
    match model.endpoint.is_empty() {
        true => host_of(hub::DEFAULT_ENDPOINT),
        false => host_of(&model.endpoint),
    }
}
