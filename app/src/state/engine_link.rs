//! The way to the model: which backend, how far its start has come, what it runs.

use protocol::{ModelDescription, ModelSource, Precision, Progress, Timings};
use serde::{Deserialize, Serialize};

use super::access_tokens::AccessTokens;
use super::models::hub_host;
use super::text_distribution::{KnownModels, ModelId, ModelIdentity};
use super::web_origin::host_of;

/// Where the model runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BackendKind {
    /// In a Web Worker of this page.
    #[default]
    Worker,
    /// In the native server.
    Native,
}

/// The connection to the engine.
#[derive(Debug)]
pub(crate) struct EngineLink {
    pub(crate) backend: BackendKind,
    /// The page's own address.
    pub(crate) page: String,
    /// The server's address; empty for the page's own.
    pub(crate) native_address: String,
    /// The access tokens of servers, as they were typed with their addresses.
    pub(crate) server_tokens: AccessTokens,
    /// Whether the page's own server answers; none before it is known.
    pub(crate) native_here: Option<bool>,
    /// Whether the field for the address is shown.
    pub(crate) address_wanted: bool,
    /// What the worker is to load.
    pub(crate) source: ModelSource,
    pub(crate) precision: Precision,
    /// The connection waits for the list of models on offer, which says where a model's
    /// files are.
    pub(crate) awaits_catalogue: bool,
    /// The page is isolated from other sites, so its worker may have threads.
    pub(crate) isolated: bool,
    /// The site's files were asked to be kept for visits without a network.
    pub(crate) site_kept: bool,
    /// Which connection is the current one: others' messages are late.
    pub(crate) generation: u32,
    pub(crate) readiness: Readiness,
    /// The connection has answered anything at all.
    pub(crate) has_answered: bool,
    pub(crate) model: Option<ModelDescription>,
    /// What ran last, to go back to when something else does not.
    pub(crate) last_good: Option<LastGood>,
    /// What did not, to be tried again if the person says so.
    pub(crate) failed: Option<Target>,
    pub(crate) known_models: KnownModels,
    /// Which of the known models answered last.
    identified: Option<ModelId>,
    /// How often the connection broke without having held for a while.
    pub(crate) deaths: u32,
    /// How far loading has come, if it is under way. What is read of texts is told with
    /// the requests.
    pub(crate) progress: Option<Progress>,
    /// What the last answer cost.
    pub(crate) last_step: Option<Step>,
    /// AccessTokens that have gone through the model since it was loaded.
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
            address_wanted: false,
            source: ModelSource::Demo,
            precision: Precision::Auto,
            awaits_catalogue: false,
            isolated: false,
            site_kept: false,
            generation: 0,
            readiness: Readiness::Connecting,
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

/// What can be opened: a model in this browser, or a native server with its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) backend: BackendKind,
    pub(crate) native_address: String,
    pub(crate) source: ModelSource,
    pub(crate) precision: Precision,
}

/// Something that ran.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LastGood {
    pub(crate) target: Target,
    /// The model's name.
    pub(crate) name: String,
}

/// How far the start has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// No one listens yet.
    Connecting,
    /// The model is being loaded.
    Loading,
    /// The model answers.
    Ready,
    /// It cannot be used until the person does something.
    Failed,
}

/// What an answer cost, as it is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// AccessTokens were read as prompt.
    Prefill { tokens: u32, ms: f32 },
    /// AccessTokens were read one at a time.
    Decode { tokens: u32, ms: f32 },
    /// Everything was in the cache.
    Cached,
}

impl Step {
    /// The step that timings tell of. One token after a text that was read already is a
    /// step of decoding, whoever chose the token.
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
    /// Takes the model that answers from now on.
    pub(crate) fn take_model(&mut self, description: ModelDescription) {
        let mut target = self.target();
        match (self.backend, &mut target.source) {
            // A server has a model of its own.
            (BackendKind::Native, source) => *source = ModelSource::Demo,
            (BackendKind::Worker, ModelSource::Hub(model)) => {
                // By which way its files came has no part in what it is.
                model.stored_only = false;
                model.token = None;
            }
            (BackendKind::Worker, _) => {}
        }
        if self.backend == BackendKind::Worker {
            target.native_address.clear();
        }
        let identity = ModelIdentity { target, description: description.clone() };
        self.identified = Some(self.known_models.identify(identity));
        self.model = Some(description);
    }

    /// The model that answers, to know what is its own.
    pub(crate) fn model_id(&self) -> Option<ModelId> {
        self.identified.filter(|_| self.model.is_some())
    }

    /// The model at hand looks like one that was known and reads texts differently.
    pub(crate) fn tell_apart(&mut self) {
        self.identified = self.identified.map(|id| self.known_models.tell_apart(id));
    }

    /// Whether requests can be sent.
    pub(crate) fn is_ready(&self) -> bool {
        self.readiness == Readiness::Ready
    }

    /// What is to be opened, or is open.
    pub(crate) fn target(&self) -> Target {
        Target {
            backend: self.backend,
            native_address: self.native_address.clone(),
            source: self.source.clone(),
            precision: self.precision,
        }
    }

    /// Chooses what is to be opened.
    pub(crate) fn aim(&mut self, target: Target) {
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

    /// What is waited for, while there is no model.
    pub(crate) fn waiting_for(&self) -> String {
        if self.backend == BackendKind::Native {
            let server = self.server_name();
            return match self.readiness {
                Readiness::Connecting => format!("Connecting to {server}…"),
                _ => format!("Waiting for {server}…"),
            };
        }
        match &self.source {
            _ if self.readiness == Readiness::Connecting => "Starting the engine…".into(),
            ModelSource::Demo => "Loading the demo model…".into(),
            ModelSource::Address { url } if url.contains("://") => {
                format!("Asking {}…", host_of(url))
            }
            ModelSource::Address { .. } => "Asking this page’s own server…".into(),
            ModelSource::Hub(model) if model.stored_only => {
                "Reading the model from this browser…".into()
            }
            ModelSource::Hub(model) => format!("Asking {}…", hub_host(model)),
            ModelSource::Files { files } => match files.first() {
                Some(file) => format!("Reading {}…", file.name),
                None => "Reading the files…".into(),
            },
        }
    }
}
