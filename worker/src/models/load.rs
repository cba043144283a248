//! From a model's name on a hub to its files: out of storage, or downloaded into it.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;

use engine::{ModelFiles, Weights};
use futures_util::future::{Either, select};
use hub::{
    Access, Download, Endpoint, HubError, ModelId, Preference, Reference, StoreFault,
    choose, list, run,
};
use protocol::{
    ErrorCode, Event, Failure, HubModel, Phase, Precision, Progress, Reply, RequestId,
};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, DedicatedWorkerGlobalScope};

use super::manifest::Manifest;
use super::place::Place;
use super::storage::Folder;
use super::transport::FetchTransport;
use crate::post;

/// Requests that are under way at once.
const CONNECTIONS: usize = 4;
/// Progress is told at most this often.
const TELL_EVERY_MS: f64 = 100.0;

/// Gets the files of a model, unless `signal` says to stop; then what is finished stays.
pub(crate) async fn load(
    scope: &DedicatedWorkerGlobalScope,
    model: &HubModel,
    precision: Precision,
    signal: &AbortSignal,
    id: RequestId,
) -> Result<ModelFiles, Failure> {
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
    async fn files(&self) -> Result<ModelFiles, Failure> {
        let root = Folder::root(self.scope).await.ok();
        let name = &self.model.name;
        let known = match &root {
            Some(root) => match root.model(name, false).await {
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
                let folder = match &root {
                    Some(root) => root.model(name, true).await.ok(),
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
            Precision::Auto | Precision::Q8 | Precision::Q4 => Preference::Compact,
        };
        let twin = self.model.twin.as_deref().filter(|_| {
            preference == Preference::Compact
                && reference.file.is_none()
                && reference.revision.is_none()
        });
        if let Some(Ok(twin)) = twin.map(ModelId::new)
            && let Ok(listing) = list(&transport, &access, &twin, "main").await
            && let Ok(choice) = choose(&listing, None, preference)
        {
            return Ok(Manifest::new(&access.endpoint, &listing, &choice));
        }
        let revision = reference.revision.as_deref().unwrap_or("main");
        let listing = list(&transport, &access, &reference.id, revision).await;
        let listing = listing.map_err(|error| told(&error))?;
        let choice = choose(&listing, reference.file.as_deref(), preference);
        let choice = choice.map_err(|error| told(&error))?;
        Ok(Manifest::new(&access.endpoint, &listing, &choice))
    }

    fn access(&self) -> Result<(Access, Reference), Failure> {
        let endpoint = Endpoint::new(&self.model.endpoint).map_err(|e| told(&e))?;
        let reference =
            Reference::parse(&self.model.name, &endpoint).map_err(|e| told(&e))?;
        let token = self.model.token.clone().filter(|token| !token.is_empty());
        Ok((Access { endpoint, token, ..Access::default() }, reference))
    }

    /// Downloads what is missing and takes all into memory.
    async fn fetch(
        &self,
        manifest: &Manifest,
        folder: Option<&Folder>,
    ) -> Result<ModelFiles, Failure> {
        let (access, _) = self.access()?;
        let in_memory = Rc::new(Cell::new(false));
        let (mut items, mut places) = (Vec::new(), Vec::new());
        for file in &manifest.files {
            let (place, journal) = Place::open(folder, file, &in_memory).await;
            items.push((file.item(), journal));
            places.push(place);
        }
        let mut download = Download::new(items, CONNECTIONS);
        if self.model.stored_only && download.finished_bytes() < download.size() {
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
        let (mut gguf, mut shards) = (None, Vec::<engine::Bytes>::new());
        for (file, place) in manifest.files.iter().zip(places) {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            if file.weights {
                match name.to_ascii_lowercase().ends_with(".gguf") {
                    true => gguf = Some(place.into_file()),
                    false => shards.push(place.into_file()),
                }
                continue;
            }
            let slot = match name {
                "config.json" => &mut files.config,
                "tokenizer.json" => &mut files.tokenizer,
                "tokenizer_config.json" => &mut files.tokenizer_config,
                "generation_config.json" => &mut files.generation_config,
                "chat_template.jinja" => &mut files.chat_template,
                _ => continue,
            };
            let bytes = place.into_bytes();
            *slot = Some(bytes.map_err(|fault| no_room(fault, &file.path))?);
        }
        files.weights = match gguf {
            Some(file) => Weights::Gguf(file),
            None => Weights::Safetensors(shards),
        };
        Ok(files)
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

/// Tells the page how far the download is.
struct Meter<'a> {
    id: RequestId,
    in_memory: &'a Cell<bool>,
    total: u64,
    /// Bytes that were there at first, which say nothing about the speed.
    first: u64,
    started: f64,
    told: Cell<f64>,
    noticed: Cell<bool>,
}

impl<'a> Meter<'a> {
    fn new(id: RequestId, download: &Download, in_memory: &'a Cell<bool>) -> Self {
        Meter {
            id,
            in_memory,
            total: download.size(),
            first: download.finished_bytes(),
            started: js_sys::Date::now(),
            told: Cell::new(0.0),
            noticed: Cell::new(false),
        }
    }

    fn tell(&self, done: u64) {
        self.notice();
        let now = js_sys::Date::now();
        if now - self.told.get() < TELL_EVERY_MS && done < self.total {
            return;
        }
        self.told.set(now);
        let seconds = (now - self.started) / 1000.0;
        let speed = done.saturating_sub(self.first) as f64 / seconds;
        let progress = Progress {
            phase: Phase::Download,
            done,
            total: Some(self.total),
            per_second: speed.is_finite().then_some(speed as f32),
        };
        post::reply(Reply { id: self.id, event: Event::Progress(progress) });
    }

    /// Says once that the model is not stored.
    fn notice(&self) {
        if self.in_memory.get() && !self.noticed.replace(true) {
            let message = "The browser’s storage is full, switched off or in use by \
                           another tab: the model is kept in memory only and will have \
                           to be downloaded again."
                .into();
            post::reply(Reply { id: self.id, event: Event::Notice { message } });
        }
    }
}

fn empty(name: &str) -> ModelFiles {
    ModelFiles {
        name: name.into(),
        weights: Weights::Safetensors(Vec::new()),
        config: None,
        tokenizer: None,
        tokenizer_config: None,
        generation_config: None,
        chat_template: None,
    }
}

fn no_room(fault: StoreFault, path: &str) -> Failure {
    match fault {
        StoreFault::Full => Failure {
            code: ErrorCode::OutOfMemory,
            message: "There is not enough memory for this model.".into(),
            hint: Some("Choose a smaller model, or close other tabs.".into()),
        },
        other => told(&HubError::of_store(other, path)),
    }
}

fn told(error: &HubError) -> Failure {
    failure(error.to_string())
}

fn failure(message: String) -> Failure {
    Failure { code: ErrorCode::Network, message, hint: None }
}
