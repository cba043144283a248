//! The panel of the distribution: its title, measures, axis and rows.

use protocol::SamplerSettings;

use super::panel_model::{PanelModel, cuts_all_others};
use super::rows::{RowList, RowsModel, render_share};
use super::sample_line::SampleLine;
use crate::dom::{self, Slot};
use crate::elements::{Page, part};
use crate::format;
use crate::scale::Axis;
use crate::state::{InView, Scale, Sheet, State, Tab};
use crate::texts::{panel, tokens};

/// The region of the distribution.
#[derive(Debug)]
pub(super) struct Panel {
    panel: Slot,
    sheet: Slot,
    sheet_size: Slot,
    title: Slot,
    return_to_end: Slot,
    note: Slot,
    entropy: Slot,
    effective: Slot,
    pipeline: Slot,
    openness: Slot,
    q_head: Slot,
    axis: Vec<Slot>,
    scales: [(Scale, Slot); 3],
    rows: RowList,
    sample_line: SampleLine,
    other: Slot,
    other_text: Slot,
    other_p: Slot,
    other_q: Slot,
    empty: Slot,
    empty_text: Slot,
    exact: Slot,
    /// What the rows were drawn with last.
    drawn: Option<(String, SamplerSettings)>,
}

impl Panel {
    pub(super) fn new(page: &Page) -> Result<Panel, String> {
        let axis_slot = page.slot("axis")?;
        let mut axis = Vec::new();
        let mut next = axis_slot.element().first_element_child();
        while let Some(tick) = next {
            next = tick.next_element_sibling();
            axis.push(Slot::new(tick));
        }
        let other = page.slot("other-row")?;
        Ok(Panel {
            panel: page.slot("panel")?,
            sheet: page.slot("sheet")?,
            sheet_size: page.slot("sheet-size")?,
            title: page.slot("panel-title")?,
            return_to_end: page.slot("return")?,
            note: page.slot("panel-note")?,
            entropy: page.slot("entropy")?,
            effective: page.slot("effective")?,
            pipeline: page.slot("pipeline")?,
            openness: page.slot("openness")?,
            q_head: page.slot("q-head")?,
            axis,
            scales: [
                (Scale::Linear, page.slot("scale-linear")?),
                (Scale::Relative, page.slot("scale-relative")?),
                (Scale::Log, page.slot("scale-log")?),
            ],
            rows: RowList::new(page)?,
            sample_line: SampleLine::new(page)?,
            other_text: page.slot("others-text")?,
            other_p: part(other.element(), ".value.p")?,
            other_q: part(other.element(), ".value.q")?,
            other,
            empty: page.slot("panel-empty")?,
            empty_text: page.slot("panel-empty-text")?,
            exact: page.slot("exact")?,
            drawn: None,
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        let model = PanelModel::of(state);
        self.title.text(&model.title);
        self.note.text(&model.note);
        self.note.attribute(
            "title",
            Some(&model.note).filter(|note| !note.is_empty()).map(String::as_str),
        );
        self.return_to_end
            .show(state.tab == Tab::Explorer && state.explorer.look_back.is_some());
        for (scale, button) in &self.scales {
            button.state("aria-pressed", *scale == state.knobs.scale);
        }
        let open = state.room.sheet == Sheet::Full;
        self.sheet.flag("data-open", open && state.room.held.is_none());
        // An open tool gets the room, unless the person wants otherwise.
        let gives_way = state.room.sheet == Sheet::Half && state.open_tool().is_some();
        self.sheet.flag("data-low", gives_way || state.room.sheet == Sheet::Low);
        self.sheet.flag("data-held", state.room.held.is_some());
        self.sheet.property("--held", state.room.held.unwrap_or_default().into());
        self.sheet_size.state("aria-expanded", open);
        self.sheet_size.attribute("aria-label", Some(tokens::sheet_size(open)));
        self.panel.state("aria-busy", model.computing);
        self.sheet.flag(
            "data-back",
            state.tab == Tab::Explorer && state.explorer.look_back.is_some(),
        );
        // Rows without numbers keep the focus and their places until the next numbers come.
        let waits = model.view.is_none() && model.computing && self.rows.any();
        self.panel.flag("data-empty", model.view.is_none() && !waits);
        self.empty.show(model.view.is_none() && !waits);
        self.empty_text.text(&model.empty);
        match model.view {
            Some(view) => self.render_distribution(state, &model, view),
            None => self.clear(if waits { panel::COMPUTING.get() } else { "" }),
        }
        self.exact.text(&model.exact);
    }

    pub(super) fn focus_row(&self, row: usize) {
        if let Some(slot) = self.rows.get(row) {
            dom::focus(slot.element());
        }
    }

    pub(super) fn reveal(&self) {
        dom::scroll_to(self.panel.element());
    }

    fn render_distribution(&mut self, state: &State, model: &PanelModel, view: InView) {
        let distribution = &**view.distribution;
        let rows = RowsModel {
            distribution,
            axis: Axis::new(state.knobs.scale, distribution),
            chosen: view.chosen,
            shows_draw: view.shows_draw,
            selected: state.selected_row,
            pickable: model.pickable,
        };
        let bits = f64::from(distribution.entropy_bits);
        self.entropy.text(&panel::at_least(distribution.exact, panel::bits(bits)));
        self.effective.text(&panel::choices(bits));
        self.pipeline.text(&tokens::pipeline(distribution));
        self.openness.text(&tokens::openness(distribution));
        self.panel.flag("data-greedy", !rows.samples());
        self.q_head.text(panel::q_head(rows.samples()));
        self.render_axis(&rows.axis, state.knobs.scale);
        self.render_motion(&model.title, &distribution.settings);
        let rendered = self.rows.render(rows);
        debug_assert!(rendered.is_ok(), "{rendered:?}");
        self.sample_line.render(rows);
        self.render_other(rows);
    }

    /// Lets bars move to those of another text, and follow a turned knob at once: a hand on it is
    /// ahead of anything that moves.
    fn render_motion(&mut self, title: &str, settings: &SamplerSettings) {
        let drawn = self.drawn.as_ref();
        let moves = drawn.is_none_or(|(of, _)| of != title);
        if moves || drawn.is_some_and(|(_, with)| with != settings) {
            self.panel.flag("data-turned", !moves);
            self.drawn = Some((title.to_owned(), settings.clone()));
        }
    }

    fn render_axis(&self, axis: &Axis, scale: Scale) {
        let ticks = axis.ticks();
        for (index, slot) in self.axis.iter().enumerate() {
            slot.show(index < ticks.len());
            if let Some(tick) = ticks.get(index) {
                slot.property("--at", tick.at);
                slot.text(&tick.label);
            }
        }
        let name = match scale {
            Scale::Linear => "linear",
            Scale::Relative => "relative",
            Scale::Log => "log",
        };
        self.panel.attribute("data-scale", Some(name));
    }

    fn render_other(&self, rows: RowsModel) {
        let outside = rows.distribution.outside;
        self.other.show(outside.tokens > 0);
        let (p, q) = (outside.probability, outside.sampled_probability);
        self.other_text.text(&tokens::other_row(outside.tokens));
        render_share(&self.other_p, &format::percent(p));
        let cut = cuts_all_others(rows.distribution);
        let shown_q = match (rows.samples(), cut) {
            (false, _) => tokens::NO_Q.into(),
            (true, true) => tokens::CUT.into(),
            (true, false) => format::percent(q),
        };
        render_share(&self.other_q, &shown_q);
        self.other.property("--p", rows.axis.length(p));
        let q = if cut { 0.0 } else { q };
        let length = if rows.samples() { q } else { 0.0 };
        self.other.property("--q", rows.axis.length(length));
        self.other.attribute("data-p", Some(&p.to_string()));
        self.other.attribute("data-q", Some(&q.to_string()));
        let listed = rows.distribution.candidates.len() as u32;
        let marked = rows.marked();
        self.other.flag("data-marked", marked.is_some_and(|marked| marked.rank > listed));
    }

    fn clear(&self, why: &str) {
        for slot in [&self.entropy, &self.effective, &self.pipeline] {
            slot.text("");
        }
        self.openness.text(why);
        self.axis.iter().for_each(|tick| tick.show(false));
        self.rows.clear();
        self.other.show(false);
        self.sample_line.hide();
    }
}
