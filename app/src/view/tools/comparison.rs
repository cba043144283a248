//! Two texts or samplers side by side: mirrored bars by falling difference.

use web_sys::{HtmlInputElement, HtmlTextAreaElement};

use super::copies::Copies;
use crate::dom::Slot;
use crate::elements::Page;
use crate::format;
use crate::state::{Purpose, State};
use crate::texts;

/// The elements of the comparison.
#[derive(Debug)]
pub(super) struct ComparisonView {
    typed: HtmlTextAreaElement,
    temperature: HtmlInputElement,
    top_p: HtmlInputElement,
    note: Slot,
    result: Slot,
    p: Slot,
    q: Slot,
    entropies: Slot,
    appended: Slot,
    rows: Copies,
}

const PARTS: [&str; 8] = [
    "button",
    ".token",
    ".here .p",
    ".here .q",
    ".there .p",
    ".there .q",
    ".value.here",
    ".value.there",
];

impl ComparisonView {
    pub(super) fn new(page: &Page) -> Result<ComparisonView, String> {
        Ok(ComparisonView {
            typed: page.text_area("compared-text")?,
            temperature: page.input("other-temperature")?,
            top_p: page.input("other-top-p")?,
            note: page.slot("comparison-note")?,
            result: page.slot("comparison-result")?,
            p: page.slot("divergence-p")?,
            q: page.slot("divergence-q")?,
            entropies: page.slot("comparison-entropies")?,
            appended: page.slot("comparison-appended")?,
            rows: Copies::new(page, "comparison-rows", "comparison-template", &PARTS)?,
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        let comparison = &state.comparison;
        if self.typed.value() != comparison.typed {
            self.typed.set_value(&comparison.typed);
        }
        let sampler = state.sampler();
        self.temperature.set_placeholder(&format::knob(sampler.temperature));
        self.top_p.set_placeholder(&format::knob(sampler.top_p));
        let computing = state.requests.any(|purpose| {
            matches!(purpose, Purpose::TokenizeOther | Purpose::Compare(_))
        });
        let found = comparison.found.as_ref();
        let found = found.filter(|(terms, _)| Some(terms.text) == state.text_key());
        self.note.text(match (&comparison.problem, found) {
            (Some(problem), _) => problem,
            (None, Some(_)) => "",
            _ if state.text_key().is_none() => texts::comparison::NO_TEXT,
            _ if computing => texts::comparison::COMPUTING,
            _ => texts::comparison::HINT,
        });
        self.result.show(found.is_some());
        let appended = comparison.other.as_ref().map_or("", |other| &other.appended);
        self.appended.text(&texts::comparison::appended(appended));
        let Some((_, found)) = found else { return };
        self.p.text(&texts::comparison::divergence("p", &found.p));
        self.q.text(&texts::comparison::divergence("q", &found.q));
        self.entropies.text(&texts::comparison::entropies(found));
        let copies = self.rows.show(found.candidates.len()).iter();
        for (index, (copy, pair)) in copies.zip(&found.candidates).enumerate() {
            let [button, token, this_p, this_q, other_p, other_q, this, other] =
                &copy.parts[..]
            else {
                return;
            };
            let (first, second) = (&pair.first, &pair.second);
            button.attribute("data-pair", Some(&index.to_string()));
            let name = &first.token.text;
            let label =
                texts::comparison::row(name, first.probability, second.probability);
            button.attribute("aria-label", Some(&label));
            token.text(name);
            this_p.property("--share", first.probability.into());
            this_q.property("--share", first.sampled_probability.into());
            other_p.property("--share", second.probability.into());
            other_q.property("--share", second.sampled_probability.into());
            this.text(&format::percent(first.probability));
            other.text(&format::percent(second.probability));
        }
    }
}
