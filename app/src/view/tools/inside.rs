//! How the prediction in view came about: a table that is a picture, and the text, shaded.

use protocol::{OcclusionUnit, TokenId};
use web_sys::{HtmlInputElement, HtmlSelectElement};

use crate::dom::{self, Slot};
use crate::elements::Page;
use crate::inside::{Heat, InsideModel, Shape, Table};
use crate::state::{InsideView, State};
use crate::texts;

/// The elements of the tool.
#[derive(Debug)]
pub(super) struct InsideElements {
    views: Vec<(InsideView, Slot)>,
    /// The controls of each view.
    controls: Vec<(InsideView, Slot)>,
    about: Slot,
    lesson: Slot,
    note: Slot,
    cost: Slot,
    several: Slot,
    layer: HtmlInputElement,
    head: HtmlInputElement,
    first: Slot,
    matrix: Slot,
    rival: HtmlSelectElement,
    /// The field of the token that is compared with.
    rivals: Slot,
    /// The tokens that are followed, each with a button that ends it.
    chosen: Slot,
    units: [(OcclusionUnit, Slot); 3],
    occlude: Slot,
    stop: Slot,
    text: Slot,
    scroller: Slot,
    table: Slot,
    saves: Slot,
    shown: InsideModel,
}

impl InsideElements {
    pub(super) fn new(page: &Page) -> Result<InsideElements, String> {
        let named = |prefix: &str| {
            let slot = |view: InsideView| {
                Ok((view, page.slot(&format!("{prefix}-{}", view.name()))?))
            };
            InsideView::ALL.into_iter().map(slot).collect::<Result<Vec<_>, String>>()
        };
        Ok(InsideElements {
            views: named("inside-view")?,
            controls: named("inside-controls")?,
            about: page.slot("inside-about")?,
            lesson: page.slot("inside-lesson")?,
            note: page.slot("inside-note")?,
            cost: page.slot("inside-cost")?,
            several: page.slot("inside-several")?,
            layer: page.input("inside-layer")?,
            head: page.input("inside-head")?,
            first: page.slot("inside-first")?,
            matrix: page.slot("inside-matrix")?,
            rival: page.select("inside-rival")?,
            rivals: page.slot("inside-rivals")?,
            chosen: page.slot("inside-chosen")?,
            units: [
                (OcclusionUnit::Token, page.slot("inside-tokens")?),
                (OcclusionUnit::Word, page.slot("inside-words")?),
                (OcclusionUnit::Sentence, page.slot("inside-sentences")?),
            ],
            occlude: page.slot("inside-occlude")?,
            stop: page.slot("inside-stop")?,
            text: page.slot("inside-text")?,
            scroller: page.slot("inside-scroller")?,
            table: page.slot("inside-table")?,
            saves: page.slot("inside-saves")?,
            shown: InsideModel::default(),
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        let inside = &state.inside;
        for (view, button) in &self.views {
            button.state("aria-pressed", inside.view == *view);
        }
        for (view, controls) in &self.controls {
            controls.show(inside.view == *view);
        }
        for (unit, button) in &self.units {
            button.state("aria-pressed", inside.unit == *unit);
        }
        self.several.state("aria-pressed", inside.several);
        self.first.state("aria-pressed", inside.with_first);
        self.matrix.state("aria-pressed", inside.matrix);
        for (input, value) in [(&self.layer, inside.layer), (&self.head, inside.head)] {
            if input.value().parse() != Ok(value) {
                input.set_value(&value.to_string());
            }
        }
        let model = InsideModel::of(state);
        let occludes = inside.view == InsideView::Occlusion;
        dom::show_one(&self.occlude, &self.stop, occludes && model.running);
        self.occlude.state("aria-disabled", !state.can_inspect());
        let compares = [InsideView::Lens, InsideView::Attribution].contains(&inside.view);
        self.rivals.show(compares && !model.rivals.is_empty());
        if model.rivals != self.shown.rivals || model.chosen != self.shown.chosen {
            draw_rivals(&self.rival, &model.rivals, model.chosen.first());
            draw_chosen(&self.chosen, &model.chosen);
        }
        self.chosen.show(inside.view == InsideView::Lens && !model.chosen.is_empty());
        self.about.text(&model.about);
        self.lesson.text(&model.lesson);
        self.lesson.show(!model.lesson.is_empty());
        self.note.text(&model.note);
        self.cost.text(&model.cost);
        let is_empty = model.table.rows.is_empty();
        self.scroller.show(!is_empty);
        self.saves.show(!is_empty);
        self.text.show(!model.heat.is_empty());
        if model.heat != self.shown.heat {
            draw_text(&self.text, &model.heat);
        }
        if model.table != self.shown.table {
            draw_table(&self.table, &model.table);
        }
        self.shown = model;
    }
}

fn draw_rivals(
    field: &HtmlSelectElement,
    rivals: &[(TokenId, String)],
    chosen: Option<&(TokenId, String)>,
) {
    // The first is always there: the next best.
    field.set_length(1);
    for (id, text) in rivals {
        let Ok(option) = dom::append(field, "option") else { return };
        option.text(text);
        option.attribute("value", Some(&id.to_string()));
    }
    field.set_value(&chosen.map_or(String::new(), |(id, _)| id.to_string()));
}

fn draw_chosen(host: &Slot, chosen: &[(TokenId, String)]) {
    host.element().set_text_content(None);
    for (id, text) in chosen {
        let Ok(button) = dom::append(host.element(), "button") else { return };
        button.text(&format!("{text} ×"));
        button.attribute("type", Some("button"));
        button.attribute("aria-label", Some(&texts::inside::unfollow(text)));
        button.attribute("data-action", Some("inside-unfollow"));
        button.attribute("data-id", Some(&id.to_string()));
    }
}

fn draw_text(host: &Slot, heat: &[Heat]) {
    host.element().set_text_content(None);
    for part in heat {
        let Ok(token) = dom::append(host.element(), "span") else { return };
        token.text(&part.text);
        shade(&token, part.share, &part.title);
        if !part.title.is_empty() {
            // The shading in words, for those who do not see it.
            let Ok(number) = dom::append(host.element(), "span") else { return };
            number.attribute("class", Some("unseen"));
            number.text(&format!(" ({}) ", part.title));
        }
    }
}

fn draw_table(host: &Slot, table: &Table) {
    if draw_rows(host, table).is_err() {
        host.element().set_text_content(None);
    }
}

fn draw_rows(host: &Slot, table: &Table) -> Result<(), String> {
    host.element().set_text_content(None);
    host.attribute(
        "data-shape",
        match table.shape {
            Shape::Cells => None,
            Shape::Bars(_) => Some("bars"),
            Shape::Matrix => Some("matrix"),
        },
    );
    dom::append(host.element(), "caption")?.text(&table.caption);
    let head = dom::append(host.element(), "thead")?;
    let line = dom::append(head.element(), "tr")?;
    for column in &table.columns {
        let cell = dom::append(line.element(), "th")?;
        cell.attribute("scope", Some("col"));
        cell.text(column);
    }
    let body = dom::append(host.element(), "tbody")?;
    for row in &table.rows {
        let line = dom::append(body.element(), "tr")?;
        let head = dom::append(line.element(), "th")?;
        head.attribute("scope", Some("row"));
        head.text(&row.head);
        for cell in &row.cells {
            let slot = dom::append(line.element(), "td")?;
            slot.text(&cell.text);
            shade(&slot, cell.share, &cell.title);
            if let Some((layer, head)) = cell.head {
                slot.attribute("data-action", Some("inside-select"));
                slot.attribute("data-layer", Some(&layer.to_string()));
                slot.attribute("data-head", Some(&head.to_string()));
            }
            let is_alone = row.cells.len() == 1 && table.columns.len() > 2;
            if is_alone && table.shape == Shape::Cells {
                let columns = table.columns.len() - 1;
                slot.attribute("colspan", Some(&columns.to_string()));
            }
        }
    }
    Ok(())
}

fn shade(slot: &Slot, share: f32, title: &str) {
    if share != 0.0 {
        slot.property("--share", share.abs().into());
        slot.attribute("data-sign", Some(if share < 0.0 { "less" } else { "more" }));
    }
    if !title.is_empty() {
        slot.attribute("title", Some(title));
    }
}
