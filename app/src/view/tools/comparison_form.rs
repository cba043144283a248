//! What the running text is compared with, what that costs, and how far it is loaded.

use web_sys::{Element, HtmlInputElement, HtmlSelectElement};

use crate::dom::{self, Slot};
use crate::elements::Page;
use crate::state::{BackendKind, Other, State};
use crate::texts;

/// The elements of the form.
#[derive(Debug)]
pub(super) struct ComparisonForm {
    with: HtmlSelectElement,
    /// The precisions of this browser's model.
    here: Vec<Slot>,
    place: Slot,
    text: Slot,
    model_form: Slot,
    model: HtmlInputElement,
    offered: Element,
    offers: usize,
    cost: Slot,
    compare: Slot,
    close: Slot,
    progress: Slot,
}

impl ComparisonForm {
    pub(super) fn new(page: &Page) -> Result<ComparisonForm, String> {
        let with = page.select("compared-with")?;
        let found = with.query_selector_all("[data-here]");
        let found = found.map_err(|_| "the precisions cannot be found")?;
        let here = (0..found.length()).filter_map(|index| {
            Some(Slot::new(wasm_bindgen::JsCast::unchecked_into(found.get(index)?)))
        });
        Ok(ComparisonForm {
            here: here.collect(),
            with,
            place: page.slot("compared-place")?,
            text: page.slot("compared-text")?,
            model_form: page.slot("compared-model-form")?,
            model: page.input("compared-model")?,
            offered: page.slot("compared-models")?.element().clone().into(),
            offers: 0,
            cost: page.slot("comparison-cost")?,
            compare: page.slot("compare")?,
            close: page.slot("close-side")?,
            progress: page.slot("side-progress")?,
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        let (comparison, side) = (&state.comparison, &state.side);
        let on_server = state.engine.backend == BackendKind::Native;
        for option in &self.here {
            option.flag("disabled", on_server);
        }
        self.place.text(texts::side::place(on_server));
        let name = comparison.with.name();
        if self.with.value() != name {
            self.with.set_value(name);
        }
        self.text.show(comparison.with == Other::Text);
        self.model_form.show(comparison.with == Other::Model);
        if self.model.value() != comparison.model {
            self.model.set_value(&comparison.model);
        }
        self.render_offers(state);
        self.cost.text(&cost(state));
        let has_side = side.target.is_some();
        self.compare.text(texts::side::compare(comparison.with));
        let names_none =
            comparison.with == Other::Model && comparison.model.trim().is_empty();
        self.compare.state("aria-disabled", names_none);
        dom::show_one(&self.compare, &self.close, has_side);
        self.close.text(texts::side::close(side.is_ready()));
        let share = side.progress.as_ref().map(|progress| {
            progress.done as f64 / (progress.total.unwrap_or(1).max(1) as f64)
        });
        self.progress.show(side.is_loading());
        let share = share.map(|share| format!("{share:.3}"));
        self.progress.attribute("value", share.as_deref());
    }

    /// The models on offer, as suggestions.
    fn render_offers(&mut self, state: &State) {
        let offers = state.models.catalogue.iter().flat_map(|known| &known.models);
        for entry in offers.skip(self.offers) {
            if let Ok(option) = dom::append(&self.offered, "option") {
                option.attribute("value", Some(&entry.id.to_string()));
            }
            self.offers += 1;
        }
    }
}

/// What the comparison would cost, or what is under way.
fn cost(state: &State) -> String {
    let (comparison, side) = (&state.comparison, &state.side);
    if side.is_loading() {
        return match &side.progress {
            Some(progress) => texts::status::progress(progress),
            None => texts::side::STARTING.into(),
        };
    }
    let Some(model) = state.engine.model.as_ref().filter(|_| side.target.is_none())
    else {
        return String::new();
    };
    match comparison.with {
        Other::Text => String::new(),
        Other::Precision(precision) => texts::side::cost_of_precision(model, precision),
        Other::Model if comparison.model.trim().is_empty() => {
            texts::side::NAME_A_MODEL.into()
        }
        Other::Model => texts::side::cost_of_model(comparison.model.trim()),
        Other::Place if state.engine.backend == BackendKind::Worker => {
            texts::side::cost_of_server(&state.engine.server_name())
        }
        Other::Place => texts::side::cost_of_model(&state.engine.source_name()),
    }
}
