//! Many draws beside q, and q at several temperatures and values of top-p: tables whose cells
//! are bars.

use protocol::{Draws, Sweep};
use web_sys::HtmlSelectElement;

use super::copies::Copies;
use crate::dom::Slot;
use crate::elements::Page;
use crate::format;
use crate::state::{Purpose, State};
use crate::texts;

/// The elements of the tool.
#[derive(Debug)]
pub(super) struct DrawsView {
    count: HtmlSelectElement,
    note: Slot,
    result: Slot,
    summary: Slot,
    rows: Copies,
    temperature: SweepTable,
    top_p: SweepTable,
}

/// A sweep: a column for each value, a row for each token.
#[derive(Debug)]
struct SweepTable {
    heads: Copies,
    rows: Copies,
}

const DRAW_PARTS: [&str; 5] = [".token", ".q", ".drawn", ".count", ".expected"];
const SWEEP_PARTS: [&str; 17] = [
    ".token",
    "td:nth-of-type(1) i",
    "td:nth-of-type(2) i",
    "td:nth-of-type(3) i",
    "td:nth-of-type(4) i",
    "td:nth-of-type(5) i",
    "td:nth-of-type(6) i",
    "td:nth-of-type(7) i",
    "td:nth-of-type(8) i",
    "td:nth-of-type(1) b",
    "td:nth-of-type(2) b",
    "td:nth-of-type(3) b",
    "td:nth-of-type(4) b",
    "td:nth-of-type(5) b",
    "td:nth-of-type(6) b",
    "td:nth-of-type(7) b",
    "td:nth-of-type(8) b",
];

impl DrawsView {
    pub(super) fn new(page: &Page) -> Result<DrawsView, String> {
        Ok(DrawsView {
            count: page.select("draw-count")?,
            note: page.slot("draws-note")?,
            result: page.slot("draws-result")?,
            summary: page.slot("draws-summary")?,
            rows: Copies::new(page, "draws-rows", "draws-template", &DRAW_PARTS)?,
            temperature: SweepTable::new(page, "sweep-temperature")?,
            top_p: SweepTable::new(page, "sweep-top-p")?,
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        let trials = &state.trials;
        let count = trials.draws.to_string();
        if self.count.value() != count {
            self.count.set_value(&count);
        }
        let text = state.text_key();
        let of_text = |terms: &crate::state::TrialTerms| Some(terms.text) == text;
        let drawn = trials.drawn.as_ref().filter(|(terms, _)| of_text(terms));
        let temperature = trials.temperature.as_ref().filter(|(terms, _)| of_text(terms));
        let top_p = trials.top_p.as_ref().filter(|(terms, _)| of_text(terms));
        let drawing = state.requests.any(|purpose| matches!(purpose, Purpose::Trial(_)));
        self.note.text(match (&trials.problem, drawn) {
            (Some(problem), _) => problem,
            (None, Some((_, drawn))) if drawn.draws == 0 => texts::draws::NOTHING.get(),
            (None, Some(_)) => "",
            (None, None) if drawing => texts::draws::DRAWING.get(),
            (None, None) => texts::draws::NO_DISTRIBUTION.get(),
        });
        let all = drawn.zip(temperature).zip(top_p);
        self.result.show(all.is_some());
        let Some((((_, drawn), (_, temperature)), (_, top_p))) = all else { return };
        self.render_draws(drawn);
        self.temperature.render(temperature);
        self.top_p.render(top_p);
    }

    fn render_draws(&mut self, drawn: &Draws) {
        self.summary.text(&texts::draws::summary(drawn));
        let listed = drawn.tokens.iter().map(|token| {
            let q = token.candidate.sampled_probability;
            (token.candidate.token.text.as_str(), q, token.draws)
        });
        let others = drawn.outside.sampled_probability;
        let others = (texts::draws::OTHERS.get(), others, drawn.outside_draws);
        let has_others = drawn.outside_draws > 0 || others.1 > 0.0;
        let rows: Vec<(&str, f32, u32)> =
            listed.chain(has_others.then_some(others)).collect();
        let share = |count: u32| f64::from(count) / f64::from(drawn.draws.max(1));
        let longest = rows.iter().fold(1e-9, |longest, (_, q, count)| {
            share(*count).max((*q).into()).max(longest)
        });
        let copies = self.rows.show(rows.len()).iter();
        for (copy, (name, q, count)) in copies.zip(&rows) {
            let [token, q_bar, drawn_bar, counted, expected] = &copy.parts[..] else {
                return;
            };
            token.text(name);
            q_bar.property("--share", f64::from(*q) / longest);
            drawn_bar.property("--share", share(*count) / longest);
            counted.text(&format::count((*count).into()));
            expected.text(&texts::draws::expected(*q, drawn.draws));
        }
    }
}

impl SweepTable {
    fn new(page: &Page, id: &str) -> Result<SweepTable, String> {
        let heads = Copies::new(
            page,
            &format!("{id}-head"),
            "sweep-head-template",
            &[".value", ".left"],
        )?;
        let rows =
            Copies::new(page, &format!("{id}-rows"), "sweep-template", &SWEEP_PARTS)?;
        Ok(SweepTable { heads, rows })
    }

    fn render(&mut self, sweep: &Sweep) {
        let heads = self.heads.show(sweep.points.len()).iter();
        for (head, point) in heads.zip(&sweep.points) {
            if let [value, left] = &head.parts[..] {
                value.text(&format::shown_knob(point.value));
                left.text(&texts::draws::left(point.kept));
            }
        }
        let names = sweep.tokens.iter().map(|token| token.token.text.as_str());
        let names: Vec<&str> = names.chain([texts::draws::OTHERS.get()]).collect();
        let rows = self.rows.show(names.len()).iter();
        for (place, (row, name)) in rows.zip(&names).enumerate() {
            let Some((token, cells)) = row.parts.split_first() else { return };
            token.text(name);
            let (bars, numbers) = cells.split_at(cells.len() / 2);
            for ((bar, number), point) in bars.iter().zip(numbers).zip(&sweep.points) {
                let q = point.sampled_probabilities.get(place).unwrap_or(&point.outside);
                bar.property("--share", (*q).into());
                number.text(&texts::draws::share(*q));
            }
        }
    }
}
