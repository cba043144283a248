//! From a model's name on a hub to its files: out of storage, or downloaded into it.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::{Either, select};
use hub::{
    Access, Credential, Download, Endpoint, Found, GgufTwin, HubError, ModelId,
    Preference, Reference, StoreFault, StoredName, find, run,
};
use model_files::config::Config;
use model_files::{ModelFiles, WeightFiles};
use protocol::{ErrorCode, Failure, HubModel, Precision, RequestId};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, DedicatedWorkerGlobalScope};

use super::manifest::{Manifest, StoredFile};
use super::meter::Meter;
use super::packed::{self, Keeping};
use super::place::Place;
use super::storage::{Folder, Key};
use super::transport::FetchTransport;
use crate::room;

/// Requests that are under way at once.
const CONNECTIONS: usize = 4;
/// Memory that a WebAssembly program can have, in bytes.
const MOST_MEMORY: u64 = 4_000_000_000;

/// The files of a model.
pub(crate) struct Fetched {
    pub(crate) files: ModelFiles,
    /// Where its packed weights can be put, in place of the files.
    pub(crate) keeping: Option<Keeping>,
    /// All of it was there before.
    pub(crate) was_stored: bool,
}

impl From<ModelFiles> for Fetched {
    fn from(files: ModelFiles) -> Fetched {
        Fetched { files, keeping: None, was_stored: false }
    }
}

/// Gets the files of a model, unless `signal` says to stop; then what is finished stays.
pub(crate) async fn load(
    scope: &DedicatedWorkerGlobalScope,
    model: &HubModel,
    precision: Precision,
    signal: &AbortSignal,
    id: RequestId,
) -> Result<Fetched, Failure> {
    #[expect(clippy::disallowed_types, reason = "it is never rejected")]
    let stopped =
        js_sys::Promise::new(&mut |resolve, _| signal.set_onabort(Some(&resolve)));
    let loading = Loading { scope, model, precision, id };
    match select(pin!(loading.files()), JsFuture::from(stopped)).await {
        Either::Left((files, _)) => files,
        // It was told so already; nobody waits for this.
        Either::Right(_) => Err(failure("Loading was stopped.".into())),
    }
}

struct Loading<'a> {
    scope: &'a DedicatedWorkerGlobalScope,
    model: &'a HubModel,
    precision: Precision,
    id: RequestId,
}

impl Loading<'_> {
    async fn files(&self) -> Result<Fetched, Failure> {
        let root = Folder::root(self.scope).await.ok();
        let key = Key::new(&self.model.name, self.precision);
        let known = match &root {
            Some(root) => match root.model(&key, false).await {
                Ok(folder) => Manifest::read(&folder).await.map(|known| (known, folder)),
                Err(_) => None,
            },
            None => None,
        };
        let (manifest, folder) = match known {
            Some((manifest, folder)) => (manifest, Some(folder)),
            None if self.model.stored_only => return Err(self.not_stored()),
            None => {
                let manifest = self.resolve().await?;
                if !manifest.is_sound() {
                    return Err(failure(format!(
                        "What the hub says of the files of {} cannot be true.",
                        self.model.name
                    )));
                }
                self.check_size(&manifest)?;
                let folder = match &root {
                    Some(root) => {
                        // What lies there without a list is of who knows what.
                        let _ = root.delete_model(&key).await;
                        root.model(&key, true).await.ok()
                    }
                    None => None,
                };
                if let Some(folder) = &folder {
                    // Without it, what is stored is not found again; that is all.
                    let _ = manifest.write(folder).await;
                }
                (manifest, folder)
            }
        };
        self.fetch(&manifest, folder.as_ref()).await
    }

    /// Asks the hub what to fetch.
    async fn resolve(&self) -> Result<Manifest, Failure> {
        let (access, reference) = self.access()?;
        let transport = FetchTransport::new(self.scope);
        let preference = match self.precision {
            Precision::F32 | Precision::F16 | Precision::Bf16 => Preference::Exact,
            Precision::Q4 => Preference::Small,
            Precision::Auto | Precision::Q8 => Preference::Compact,
        };
        let twin = self.model.twin.as_deref().and_then(|id| ModelId::new(id).ok());
        let twin = twin.map(|id| GgufTwin { id, file: None });
        let found =
            find(&transport, &access, &reference, twin.as_ref(), preference).await;
        let Found { listing, choice, .. } = found.map_err(|error| told(&error))?;
        Ok(Manifest::new(&access.endpoint, &listing, &choice))
    }

    fn access(&self) -> Result<(Access, Reference), Failure> {
        let endpoint = Endpoint::new(&self.model.endpoint).map_err(|e| told(&e))?;
        let name = StoredName::parse(&self.model.name).name;
        let reference = Reference::parse(&name, &endpoint).map_err(|e| told(&e))?;
        let token = self.model.token.as_deref().unwrap_or_default();
        let credential = Credential::new(&endpoint, token);
        Ok((Access { endpoint, credential, ..Access::default() }, reference))
    }

    /// Downloads what is missing. WeightFiles that are there in their packed form are not.
    async fn fetch(
        &self,
        manifest: &Manifest,
        folder: Option<&Folder>,
    ) -> Result<Fetched, Failure> {
        let (access, _) = self.access()?;
        let in_memory = Rc::new(Cell::new(false));
        let packed = match folder {
            Some(folder) => packed::open(folder).await,
            None => None,
        };
        if folder.is_some() && packed.is_none() && !self.model.stored_only {
            self.check_config(manifest, folder).await?;
        }
        let needed = |file: &&StoredFile| !(file.weights && packed.is_some());
        let wanted: Vec<&StoredFile> = manifest.files.iter().filter(needed).collect();
        let (mut items, mut places) = (Vec::new(), Vec::new());
        for file in &wanted {
            let (place, journal) = Place::open(folder, file, &in_memory).await;
            items.push((file.item(), journal));
            places.push(place);
        }
        let mut download = Download::new(items, CONNECTIONS);
        let was_stored = download.finished_bytes() == download.size();
        if self.model.stored_only && !was_stored {
            return Err(self.not_stored());
        }
        let transport = FetchTransport::new(self.scope);
        let meter = Meter::new(self.id, &download, &in_memory);
        let told_done = |done| meter.tell(done);
        let name = &self.model.name;
        let ran =
            run(&mut download, &mut places, &transport, &access, name, &told_done).await;
        ran.map_err(|error| told(&error))?;
        meter.notice();
        let mut files = empty(&manifest.title);
        let (mut gguf, mut shards) = (None, Vec::<model_files::BoxedFile>::new());
        for (file, place) in wanted.into_iter().zip(places) {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            if file.weights {
                match name.to_ascii_lowercase().ends_with(".gguf") {
                    true => gguf = Some(place.into_file()),
                    false => shards.push(place.into_file()),
                }
                continue;
            }
            let slot = beside(&mut files).into_iter().find(|(known, _)| *known == name);
            let Some((_, slot)) = slot else { continue };
            let bytes = place.into_bytes();
            *slot = Some(bytes.map_err(|fault| no_room(fault, &file.path))?);
        }
        let keeping = match folder {
            Some(folder) if packed.is_none() && !in_memory.get() => {
                Keeping::begin(folder, manifest).await
            }
            _ => None,
        };
        files.weights = match (packed, gguf) {
            (Some(file), _) => WeightFiles::Packed(file),
            (None, Some(file)) => WeightFiles::Gguf(file),
            (None, None) => WeightFiles::Safetensors(shards),
        };
        Ok(Fetched { files, keeping, was_stored })
    }

    /// Refuses what no browser has the memory for, before any of it is downloaded.
    fn check_size(&self, manifest: &Manifest) -> Result<(), Failure> {
        let weights = manifest.files.iter().filter(|file| file.weights);
        let least = weights.map(|file| {
            let is_gguf = file.path.to_ascii_lowercase().ends_with(".gguf");
            match (is_gguf, self.precision) {
                // From 8 bits to 4 and a half of them, at most.
                (true, Precision::Q4) => file.size / 2,
                (true, _) | (false, Precision::F32) => file.size,
                (false, Precision::F16 | Precision::Bf16) => file.size / 2,
                // From 32 bits, if it is that many.
                (false, Precision::Q4) => file.size / 8,
                (false, Precision::Auto | Precision::Q8) => file.size / 4,
            }
        });
        let least: u64 = least.sum();
        if least < MOST_MEMORY {
            return Ok(());
        }
        Err(Failure {
            code: ErrorCode::OutOfMemory,
            message: format!(
                "{} needs {:.1} GB of memory or more; a browser gives a page {} GB at most.",
                manifest.title,
                least as f64 / 1e9,
                MOST_MEMORY / 1_000_000_000
            ),
            hint: Some("Choose a smaller model, or use the native server.".into()),
        })
    }

    /// Refuses what the engine does not run, before its weights are downloaded.
    async fn check_config(
        &self,
        manifest: &Manifest,
        folder: Option<&Folder>,
    ) -> Result<(), Failure> {
        let is_gguf =
            |file: &StoredFile| file.path.to_ascii_lowercase().ends_with(".gguf");
        let config = manifest.files.iter().find(|file| file.path == "config.json");
        let Some(file) = config.filter(|_| !manifest.files.iter().any(is_gguf)) else {
            return Ok(());
        };
        let (place, journal) = Place::open(folder, file, &Rc::default()).await;
        let mut download = Download::new(vec![(file.item(), journal)], CONNECTIONS);
        let mut places = [place];
        let (access, _) = self.access()?;
        let (transport, name) = (FetchTransport::new(self.scope), &self.model.name);
        let ran =
            run(&mut download, &mut places, &transport, &access, name, &|_| ()).await;
        ran.map_err(|error| told(&error))?;
        let [place] = places;
        let config = place.into_bytes().map_err(|fault| no_room(fault, &file.path))?;
        Config::from_json(&config)
            .map(drop)
            .map_err(|error| engine::EngineError::from(error).failure())
    }

    fn not_stored(&self) -> Failure {
        Failure {
            code: ErrorCode::NotStored,
            message: format!(
                "{} is not in this browser’s storage any more: the browser or a person \
                 has deleted it.",
                self.model.name
            ),
            hint: Some("Choose it again to download it.".into()),
        }
    }
}

/// The files that a model may have beside its weights.
pub(super) const BESIDE: [&str; 5] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "chat_template.jinja",
];

/// Their contents, in that order.
pub(super) fn contents(files: &ModelFiles) -> [&Option<Vec<u8>>; 5] {
    [
        &files.config,
        &files.tokenizer,
        &files.tokenizer_config,
        &files.generation_config,
        &files.chat_template,
    ]
}

/// Their places, with their names.
pub(super) fn beside(
    files: &mut ModelFiles,
) -> [(&'static str, &mut Option<Vec<u8>>); 5] {
    let [config, tokenizer, tokenizer_config, generation_config, chat_template] = BESIDE;
    [
        (config, &mut files.config),
        (tokenizer, &mut files.tokenizer),
        (tokenizer_config, &mut files.tokenizer_config),
        (generation_config, &mut files.generation_config),
        (chat_template, &mut files.chat_template),
    ]
}

/// A model of which there is nothing yet.
pub(super) fn empty(name: &str) -> ModelFiles {
    ModelFiles {
        name: name.into(),
        weights: WeightFiles::Safetensors(Vec::new()),
        config: None,
        tokenizer: None,
        tokenizer_config: None,
        generation_config: None,
        chat_template: None,
    }
}

fn no_room(fault: StoreFault, path: &str) -> Failure {
    match fault {
        StoreFault::Full => room::refused(),
        other => told(&HubError::of_store(other, path)),
    }
}

fn told(error: &HubError) -> Failure {
    failure(error.to_string())
}

fn failure(message: String) -> Failure {
    Failure { code: ErrorCode::Network, message, hint: None }
}
