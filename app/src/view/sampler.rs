//! The sampler's further steps.

use protocol::SamplerOrder;
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};

use super::controls::{Slider, holds, render_number};
use super::tools::copies::Copies;
use crate::dom::Slot;
use crate::elements::Page;
use crate::format;
use crate::state::{AllowedKind, State};
use crate::texts;

/// The elements of the further steps.
#[derive(Debug)]
pub(super) struct SamplerView {
    heading: Slot,
    order: HtmlSelectElement,
    typical_p: Slider,
    repetition: Slider,
    presence: Slider,
    frequency: Slider,
    window: HtmlInputElement,
    token: HtmlInputElement,
    bias: HtmlInputElement,
    named: Copies,
    allowed: HtmlSelectElement,
    allowed_text: HtmlTextAreaElement,
    allowed_field: Slot,
    problem: Slot,
    switch_off: Slot,
}

impl SamplerView {
    pub(super) fn new(page: &Page) -> Result<SamplerView, String> {
        Ok(SamplerView {
            heading: page.slot("sampler-more-heading")?,
            order: page.select("sampler-order")?,
            typical_p: Slider::new(page, "typical-p")?,
            repetition: Slider::new(page, "repetition")?,
            presence: Slider::new(page, "presence")?,
            frequency: Slider::new(page, "frequency")?,
            window: page.input("penalty-window")?,
            token: page.input("named-token")?,
            bias: page.input("named-bias")?,
            named: Copies::new(
                page,
                "named-tokens",
                "named-template",
                &[".named", "button"],
            )?,
            allowed: page.select("allowed-kind")?,
            allowed_text: page.text_area("allowed-text")?,
            allowed_field: page.slot("allowed-field")?,
            problem: page.slot("allowed-problem")?,
            switch_off: page.slot("sampler-off")?,
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        let (steps, card) = (&state.knobs.steps, &state.sampler_card);
        self.heading.text(&texts::sampler::more(steps.switched_on()));
        set_select(
            &self.order,
            match steps.order {
                SamplerOrder::TemperatureFirst => "first",
                SamplerOrder::TemperatureLast => "last",
            },
        );
        self.typical_p.render(steps.typical_p, &format::shown_knob(steps.typical_p));
        let repetition = steps.repetition_penalty;
        self.repetition.render(repetition, &format::shown_knob(repetition));
        self.presence.render(steps.presence_penalty, &signed(steps.presence_penalty));
        self.frequency.render(steps.frequency_penalty, &signed(steps.frequency_penalty));
        render_number(&self.window, steps.penalty_window);
        if self.token.value() != card.typed {
            self.token.set_value(&card.typed);
        }
        if !holds(&self.bias, card.bias) && !self.bias.value().is_empty() {
            self.bias.set_value(&format::knob(card.bias));
        }
        self.render_named(state);
        set_select(
            &self.allowed,
            match steps.allowed {
                AllowedKind::Anything => "anything",
                AllowedKind::List => "list",
                AllowedKind::Pattern => "pattern",
            },
        );
        self.allowed_field.show(steps.allowed != AllowedKind::Anything);
        if self.allowed_text.value() != steps.allowed_text {
            self.allowed_text.set_value(&steps.allowed_text);
        }
        self.problem.text(card.problem.as_deref().unwrap_or_default());
        self.switch_off.state("aria-disabled", steps.switched_on() == 0);
    }

    fn render_named(&mut self, state: &State) {
        let named = &state.knobs.steps.named;
        let model = state.engine.model_id();
        let copies = self.named.show(named.len()).iter();
        for (index, (copy, named)) in copies.zip(named).enumerate() {
            let [text, remove] = &copy.parts[..] else { return };
            let tokens = named.of(model);
            text.text(&texts::sampler::named(&named.text, named.bias, tokens));
            let label = texts::sampler::remove(&named.text);
            remove.attribute("aria-label", Some(&label));
            copy.root.attribute("data-named", Some(&index.to_string()));
        }
    }
}

fn set_select(select: &HtmlSelectElement, value: &str) {
    if select.value() != value {
        select.set_value(value);
    }
}

fn signed(value: f32) -> String {
    match value {
        value if value < 0.0 => format!("−{}", format::shown_knob(-value)),
        value => format::shown_knob(value),
    }
}
