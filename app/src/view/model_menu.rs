//! The model: its name in the header, and the menu with its facts and where it runs.

use protocol::{ModelDescription, PromptDevice};
use web_sys::HtmlInputElement;

use crate::dom::{self, Slot};
use crate::elements::Page;
use crate::format;
use crate::state::{BackendKind, GpuUse, Readiness, State};
use crate::texts::model_menu as texts;

/// The chip in the header and its menu.
#[derive(Debug)]
pub(super) struct ModelMenu {
    menu: Slot,
    name: Slot,
    place: Slot,
    title: Slot,
    facts: Slot,
    /// Parameters, weights, size, context and device.
    values: [Slot; 5],
    build: Slot,
    gpu_again: Slot,
    gpu: Slot,
    gpu_uses: [(GpuUse, Slot); 3],
    worker: Slot,
    native: Slot,
    address: Slot,
    address_input: HtmlInputElement,
}

impl ModelMenu {
    pub(super) fn new(page: &Page) -> Result<ModelMenu, String> {
        let fact = |name: &str| page.slot(&format!("fact-{name}"));
        Ok(ModelMenu {
            menu: page.slot("model-menu")?,
            name: page.slot("model-name")?,
            place: page.slot("model-place")?,
            title: page.slot("model-menu-name")?,
            facts: page.slot("model-facts")?,
            values: [
                fact("parameters")?,
                fact("weights")?,
                fact("size")?,
                fact("context")?,
                fact("device")?,
            ],
            build: page.slot("model-build")?,
            gpu_again: page.slot("gpu-again")?,
            gpu: page.slot("gpu-use")?,
            gpu_uses: [
                (GpuUse::Off, page.slot("gpu-off")?),
                (GpuUse::IfFaster, page.slot("gpu-auto")?),
                (GpuUse::On, page.slot("gpu-on")?),
            ],
            worker: page.slot("backend-worker")?,
            native: page.slot("backend-native")?,
            address: page.slot("address")?,
            address_input: page.input("native-address")?,
        })
    }

    pub(super) fn render(&self, state: &State) {
        let engine = &state.engine;
        let name = match (&engine.model, engine.readiness) {
            (Some(model), _) => model.name.as_str(),
            (None, Readiness::Connecting) if engine.backend == BackendKind::Native => {
                texts::CONNECTING.get()
            }
            (None, Readiness::Connecting) => texts::STARTING.get(),
            (None, Readiness::Loading) => texts::LOADING.get(),
            (None, _) => texts::NO_MODEL.get(),
        };
        self.name.text(name);
        self.title.text(name);
        let native = engine.backend == BackendKind::Native;
        self.place.text(if native {
            texts::ON_SERVER.get()
        } else {
            texts::IN_BROWSER.get()
        });
        self.facts.show(engine.model.is_some());
        let facts = engine.model.as_ref().map(facts).unwrap_or_default();
        self.values.iter().zip(&facts).for_each(|(slot, fact)| slot.text(fact));
        let notes = notes(state);
        self.build.show(!notes.is_empty());
        self.build.text(&notes);
        let prompts = engine.model.as_ref().map(|model| model.prompts);
        let was_wrong = prompts == Some(PromptDevice::WrongNumbers);
        self.gpu_again.show(was_wrong && !native && engine.is_ready());
        self.gpu.show(engine.gpu.is_some() && !native);
        for (gpu, slot) in &self.gpu_uses {
            slot.state("aria-pressed", engine.gpu == Some(*gpu));
        }
        self.worker.state("aria-pressed", !native);
        self.native.state("aria-pressed", native);
        self.native.flag("data-offered", engine.native_here == Some(true));
        self.native.attribute(
            "title",
            Some(match engine.native_here {
                Some(true) => texts::SERVER_HERE.get(),
                _ => texts::NEEDS_ADDRESS.get(),
            }),
        );
        self.address.show(native || engine.shows_address);
        if self.address_input.value() != engine.native_address {
            self.address_input.set_value(&engine.native_address);
        }
    }

    /// Opens the menu and focuses the server's address.
    pub(super) fn focus_address(&self) {
        // This fails only if the menu is open, or if the browser knows no popovers.
        let _ = self.menu.element().show_popover();
        dom::focus(&self.address_input);
    }
}

/// What is said beneath the facts: how the model is read, what going back costs, whether a GPU
/// reads prompts, and why it is not faster.
fn notes(state: &State) -> String {
    let model = state.engine.model.as_ref();
    let read_as = model.and_then(|model| {
        let name = model.calls_itself.as_ref()?;
        Some(texts::read_as(name, &model.architecture))
    });
    let rereads = model.filter(|model| model.rereads);
    let rereads = rereads.map(|_| texts::REREADS.get().to_owned());
    let why = why_this_build(state).map(str::to_owned);
    let prompts = model.and_then(|model| texts::prompts(model.prompts));
    let prompts = prompts.map(str::to_owned);
    let speeds = model.and_then(|model| model.prompt_speeds).map(texts::prompt_speeds);
    let continuing = model.and_then(|model| model.continuation_speeds);
    let continuing = continuing.map(texts::continuation_speeds);
    let prompts = prompts.into_iter().chain(speeds).chain(continuing);
    let notes = read_as.into_iter().chain(rereads).chain(prompts).chain(why);
    notes.collect::<Vec<_>>().join(" ")
}

/// Why the worker does not run its fastest build.
fn why_this_build(state: &State) -> Option<&'static str> {
    let engine = &state.engine;
    let model = engine.model.as_ref()?;
    if engine.backend != BackendKind::Worker || model.device.contains("relaxed") {
        return None;
    }
    Some(match engine.isolated {
        true => texts::SLOWER_BROWSER.get(),
        false => texts::ONE_THREAD.get(),
    })
}

/// The model's facts, in the order of their elements.
fn facts(model: &ModelDescription) -> [String; 5] {
    [
        texts::parameters(model.parameters, model.active_parameters),
        model.formats(),
        format::bytes(model.weight_bytes as f64),
        texts::context(model.context_length),
        texts::device(&model.device, model.threads),
    ]
}
