//! What is remembered of devices that computed other numbers than the processor, beyond a
//! visit: they are not tried again with the same model until something has changed.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};

use gpu::plan::Plan;
use protocol::ModelDescription;
use wasm_bindgen::JsValue;
use web_sys::DedicatedWorkerGlobalScope;

use super::device::OpenDevice;
use crate::storage::Folder;

/// A file in the folder of all models; no folder of a model has such a name.
const FILE: &str = "_gpu.json";

/// The most that are remembered; the oldest give way.
const MOST: usize = 64;

thread_local! {
    /// Those of this visit: the browser may have no storage.
    static NOTED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What a verdict is about: a device and its browser, the programs that it ran, and the model.
/// The file has only a hash of it. Its function may change with the compiler; then devices are
/// tried once more.
pub(super) struct Tried(String);

impl Tried {
    pub(super) fn new(
        scope: &DedicatedWorkerGlobalScope,
        device: &OpenDevice,
        plan: &Plan,
        model: &ModelDescription,
    ) -> Tried {
        let mut hash = DefaultHasher::new();
        device.adapter.hash(&mut hash);
        scope.navigator().user_agent().unwrap_or_default().hash(&mut hash);
        // Whatever is changed in a shader, or in how weights lie, changes these.
        plan.kernels().iter().for_each(|kernel| kernel.source.hash(&mut hash));
        plan.buffers().iter().for_each(|buffer| buffer.bytes.hash(&mut hash));
        (&model.name, model.parameters, &model.precision).hash(&mut hash);
        Tried(format!("{:016x}", hash.finish()))
    }

    /// The same with the variants of kernels that the device may be faster with, tried for the
    /// `time`-th time.
    pub(super) fn with_variants(&self, time: usize) -> Tried {
        Tried(format!("{}-variants-{time}", self.0))
    }

    /// Whether it computed other numbers before.
    pub(super) async fn was_wrong(&self, scope: &DedicatedWorkerGlobalScope) -> bool {
        NOTED.with_borrow(|noted| noted.contains(&self.0))
            || stored(scope).await.unwrap_or_default().contains(&self.0)
    }

    /// Remembers whether it computes other numbers.
    pub(super) async fn note(&self, scope: &DedicatedWorkerGlobalScope, wrong: bool) {
        NOTED.with_borrow_mut(|noted| update(noted, &self.0, wrong));
        // What cannot be stored is known for this visit only.
        let _ = self.store(scope, wrong).await;
    }

    async fn store(
        &self,
        scope: &DedicatedWorkerGlobalScope,
        wrong: bool,
    ) -> Result<(), JsValue> {
        let before = stored(scope).await.unwrap_or_default();
        let mut all = before.clone();
        update(&mut all, &self.0, wrong);
        if all == before {
            return Ok(());
        }
        let json = serde_json::to_vec(&all).map_err(|error| error.to_string())?;
        Folder::root(scope).await?.write(FILE, &json).await
    }
}

fn update(all: &mut Vec<String>, tried: &str, wrong: bool) {
    all.retain(|known| known != tried);
    if wrong {
        all.push(tried.to_owned());
        all.drain(..all.len().saturating_sub(MOST));
    }
}

/// All that is stored. What is none of our lists counts as nothing.
async fn stored(scope: &DedicatedWorkerGlobalScope) -> Option<Vec<String>> {
    let json = Folder::root(scope).await.ok()?.read(FILE).await.ok()?;
    serde_json::from_slice(&json).ok()
}
