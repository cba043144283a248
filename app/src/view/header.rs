//! The top of the page: the tabs, the model, where it runs, the problem and the help.

use protocol::ModelDescription;
use web_sys::{HtmlDialogElement, HtmlInputElement};

use crate::dom::{self, Slot};
use crate::elements::Page;
use crate::format;
use crate::state::{BackendKind, Readiness, Remedy, State, Tab};

/// The header, the problem and the help.
#[derive(Debug)]
pub(super) struct Header {
    tabs: [(Tab, Slot); 2],
    name: Slot,
    facts: Slot,
    worker: Slot,
    native: Slot,
    address: Slot,
    address_input: HtmlInputElement,
    error: Slot,
    message: Slot,
    hint: Slot,
    restart: Slot,
    use_demo: Slot,
    live: Slot,
    announced: u32,
    help: HtmlDialogElement,
    keys: HtmlInputElement,
}

impl Header {
    pub(super) fn new(page: &Page) -> Result<Header, String> {
        Ok(Header {
            tabs: [
                (Tab::Explorer, page.slot("tab-explorer")?),
                (Tab::Chat, page.slot("tab-chat")?),
            ],
            name: page.slot("model-name")?,
            facts: page.slot("model-facts")?,
            worker: page.slot("backend-worker")?,
            native: page.slot("backend-native")?,
            address: page.slot("address")?,
            address_input: page.input("native-address")?,
            error: page.slot("error")?,
            message: page.slot("error-message")?,
            hint: page.slot("error-hint")?,
            restart: page.slot("restart")?,
            use_demo: page.slot("use-demo")?,
            live: page.slot("live")?,
            announced: 0,
            help: page.dialog("help")?,
            keys: page.input("keys")?,
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        for (tab, button) in &self.tabs {
            button.state("aria-selected", *tab == state.tab);
            // The Tab key reaches one of them, and the arrow keys the other.
            button
                .attribute("tabindex", Some(if *tab == state.tab { "0" } else { "-1" }));
        }
        self.render_model(state);
        self.render_error(state);
        if self.announced != state.announcement.0 {
            self.announced = state.announcement.0;
            // Screen readers say a text again only if it differs from the last one.
            let odd = if self.announced.is_multiple_of(2) { "" } else { "\u{A0}" };
            self.live.text(&format!("{}{odd}", state.announcement.1));
        }
        self.keys.set_checked(!state.keys_off);
        if state.help_open != self.help.open() {
            match state.help_open {
                true => {
                    // This fails only if the dialog is open.
                    let _ = self.help.show_modal();
                }
                false => self.help.close(),
            }
        }
    }

    pub(super) fn focus_tab(&self, tab: Tab) {
        let button = self.tabs.iter().find(|(other, _)| *other == tab);
        button.iter().for_each(|(_, button)| dom::focus(button.element()));
    }

    pub(super) fn focus_address(&self) {
        dom::focus(&self.address_input);
    }

    fn render_model(&self, state: &State) {
        let engine = &state.engine;
        let name = match (&engine.model, engine.readiness) {
            (Some(model), _) => model.name.as_str(),
            (None, Readiness::Connecting) if engine.backend == BackendKind::Native => {
                "Connecting…"
            }
            (None, Readiness::Connecting) => "Starting…",
            (None, Readiness::Loading) => "Loading…",
            (None, _) => "No model",
        };
        self.name.text(name);
        let facts = engine.model.as_ref().map(facts).unwrap_or_default();
        self.facts.text(&facts);
        let why = why_this_build(state).unwrap_or_default();
        self.facts.attribute("title", Some(&format!("{facts}{why}")));
        let native = engine.backend == BackendKind::Native;
        self.worker.state("aria-pressed", !native);
        self.native.state("aria-pressed", native);
        self.native.flag("data-offered", engine.native_here == Some(true));
        self.native.attribute(
            "title",
            Some(match engine.native_here {
                Some(true) => "This page’s own server can run the model",
                _ => "Needs the address of a native server",
            }),
        );
        self.address.show(native || engine.shows_address);
        if self.address_input.value() != engine.native_address {
            self.address_input.set_value(&engine.native_address);
        }
    }

    fn render_error(&self, state: &State) {
        self.error.show(state.error.is_some());
        let Some(problem) = &state.error else {
            self.message.text("");
            self.hint.text("");
            return;
        };
        self.message.text(&problem.message);
        self.hint.text(problem.hint.as_deref().unwrap_or_default());
        self.restart.show(problem.remedy != Remedy::None);
        self.restart.text(match (problem.remedy, &state.engine.failed) {
            (Remedy::AllowFiles, _) => "Open it again",
            (Remedy::ChooseFiles, _) => "Choose files…",
            (_, Some(_)) => "Try again",
            (_, None) => "Restart",
        });
        self.use_demo.show(!matches!(problem.remedy, Remedy::None | Remedy::Restart));
    }
}

/// Why the worker does not run its fastest build.
fn why_this_build(state: &State) -> Option<&'static str> {
    let engine = &state.engine;
    let model = engine.model.as_ref()?;
    if engine.backend != BackendKind::Worker || model.device.contains("relaxed") {
        return None;
    }
    Some(match engine.isolated {
        true => {
            ". This browser lacks relaxed SIMD or shared memory, so it runs more slowly."
        }
        false => {
            ". One thread, since the page is not isolated: its host does not say so, and no \
             service worker can."
        }
    })
}

fn facts(model: &ModelDescription) -> String {
    let mut facts = format!(
        "{} parameters · {} · {} · context {} · {}",
        format::short_count(model.parameters),
        model.formats(),
        format::bytes(model.weight_bytes as f64),
        format::count(model.context_length.into()),
        model.device,
    );
    if !model.device.contains("thread") {
        facts += &format!(", {}", format::counted(model.threads.into(), "thread"));
    }
    facts
}
