//! Two texts, samplers or models side by side: mirrored bars by falling difference.

use protocol::Candidate;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};

use super::comparison_form::ComparisonForm;
use super::copies::Copies;
use crate::dom::Slot;
use crate::elements::Page;
use crate::format;
use crate::state::{Other, Purpose, State};
use crate::texts;
use crate::view::controls::set_untyped as set;

/// The elements of the comparison.
#[derive(Debug)]
pub(super) struct ComparisonView {
    form: ComparisonForm,
    typed: HtmlTextAreaElement,
    temperature: HtmlInputElement,
    top_p: HtmlInputElement,
    note: Slot,
    result: Slot,
    sides: Slot,
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

/// What a row shows of a token: how each side has it, if it does.
#[derive(Clone, Copy)]
struct Pair<'a> {
    token: &'a str,
    sides: [Option<&'a Candidate>; 2],
}

impl ComparisonView {
    pub(super) fn new(page: &Page) -> Result<ComparisonView, String> {
        Ok(ComparisonView {
            form: ComparisonForm::new(page)?,
            typed: page.text_area("compared-text")?,
            temperature: page.input("other-temperature")?,
            top_p: page.input("other-top-p")?,
            note: page.slot("comparison-note")?,
            result: page.slot("comparison-result")?,
            sides: page.slot("comparison-sides")?,
            p: page.slot("divergence-p")?,
            q: page.slot("divergence-q")?,
            entropies: page.slot("comparison-entropies")?,
            appended: page.slot("comparison-appended")?,
            rows: Copies::new(page, "comparison-rows", "comparison-template", &PARTS)?,
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        self.form.render(state);
        let comparison = &state.comparison;
        if self.typed.value() != comparison.typed {
            self.typed.set_value(&comparison.typed);
        }
        set(
            &self.temperature,
            &comparison.temperature.map_or(String::new(), format::knob),
        );
        set(&self.top_p, &comparison.top_p.map_or(String::new(), format::knob));
        let sampler = state.sampler();
        self.temperature.set_placeholder(&format::knob(sampler.temperature));
        self.top_p.set_placeholder(&format::knob(sampler.top_p));
        match comparison.with {
            Other::Text => self.render_texts(state),
            _ => self.render_sides(state),
        }
    }

    fn render_texts(&mut self, state: &State) {
        let comparison = &state.comparison;
        let computing = state.requests.any(|purpose| {
            matches!(purpose, Purpose::TokenizeOther | Purpose::Compare(_))
        });
        let found = comparison.found.as_ref();
        let found = found.filter(|(terms, _)| Some(terms.text) == state.text_key());
        self.note.text(match (&comparison.problem, found) {
            (Some(problem), _) => problem,
            (None, Some(_)) => "",
            _ if state.text_key().is_none() => texts::comparison::NO_TEXT.get(),
            _ if computing => texts::comparison::COMPUTING.get(),
            _ => texts::comparison::HINT.get(),
        });
        self.result.show(found.is_some());
        let appended = comparison.other.as_ref().map_or("", |other| &other.appended);
        self.appended.text(&texts::comparison::appended(appended));
        let Some((_, found)) = found else { return };
        self.sides.text("");
        self.p.text(&texts::comparison::divergence("p", &found.p));
        self.q.text(&texts::comparison::divergence("q", &found.q));
        let entropies = texts::comparison::entropies(found.entropy_bits, found.positions);
        self.entropies.text(&entropies);
        let pairs = found.candidates.iter().map(|pair| Pair {
            token: &pair.first.token.text,
            sides: [Some(&pair.first), Some(&pair.second)],
        });
        render_rows(&mut self.rows, pairs.collect());
    }

    fn render_sides(&mut self, state: &State) {
        let side = &state.side;
        let found = side.found.as_ref();
        let found = found.filter(|found| Some(found.terms.text) == state.text_key());
        self.appended.text("");
        self.note.text(match (&side.problem, found) {
            (Some(problem), _) => problem,
            (None, Some(found)) if found.apart.is_none() => texts::side::BY_TEXT.get(),
            (None, Some(_)) => "",
            _ if state.text_key().is_none() => texts::comparison::NO_TEXT.get(),
            _ if side.is_ready() => texts::comparison::COMPUTING.get(),
            _ => "",
        });
        self.result.show(found.is_some());
        let Some(found) = found else { return };
        if let (Some(this), Some(other)) = (&state.engine.model, &side.model) {
            self.sides.text(&texts::side::sides(this, other));
        }
        let [p, q] = found.apart.map_or([None, None], |apart| [apart.p, apart.q]);
        for (slot, name, distance) in [(&self.p, "p", p), (&self.q, "q", q)] {
            let said = distance.map(|it| texts::comparison::divergence(name, &it));
            slot.text(&said.unwrap_or_default());
        }
        let entropies =
            texts::comparison::entropies(found.entropy_bits(), found.positions());
        self.entropies.text(&entropies);
        let pairs = found.rows.iter().map(|row| Pair {
            token: row.token(),
            sides: [row.first.as_ref(), row.second.as_ref()],
        });
        render_rows(&mut self.rows, pairs.collect());
    }
}

fn render_rows(rows: &mut Copies, pairs: Vec<Pair>) {
    for (index, (copy, pair)) in rows.show(pairs.len()).iter().zip(&pairs).enumerate() {
        let [button, token, this_p, this_q, other_p, other_q, this, other] =
            &copy.parts[..]
        else {
            return;
        };
        let p = pair.sides.map(|side| side.map(|side| side.probability));
        let q = pair.sides.map(|side| side.map_or(0.0, |side| side.sampled_probability));
        button.attribute("data-pair", Some(&index.to_string()));
        // What this model has no token for cannot be appended.
        button.state("aria-disabled", p[0].is_none());
        let label = texts::comparison::row(pair.token, p);
        button.attribute("aria-label", Some(&label));
        token.text(pair.token);
        this_p.property("--share", p[0].unwrap_or_default().into());
        this_q.property("--share", q[0].into());
        other_p.property("--share", p[1].unwrap_or_default().into());
        other_q.property("--share", q[1].into());
        let percent = |p: Option<f32>| p.map_or("–".into(), format::percent);
        this.text(&percent(p[0]));
        other.text(&percent(p[1]));
    }
}
