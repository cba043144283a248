//! The logit lens: one position in detail, or several side by side.

use protocol::{Finding, LensLayer, LensPosition, Token};

use super::table::{Cell, Row, Shape, Table};
use crate::format;
use crate::texts::inside as texts;

/// One position: a row for each layer, the last on top.
pub(super) fn layers(findings: &[Finding]) -> Table {
    let Some(lens) = positions_of(findings).last() else { return Table::default() };
    let mut columns = texts::lens_columns();
    let followed = distinct(&lens.followed);
    for index in &followed {
        columns.extend(texts::followed(&lens.followed[*index].text));
    }
    columns.push(texts::ENTROPY_COLUMN.into());
    let row = |(index, layer): (usize, &LensLayer)| {
        let top = (0..3).map(|place| match layer.top.get(place) {
            Some(top) => {
                let percent = format::percent(top.probability);
                let text = format!("{} {percent}", top.token.text);
                Cell::shaded(text, top.probability)
            }
            None => Cell::default(),
        });
        let ranks = followed.iter().filter_map(|index| layer.followed.get(*index));
        let ranks = ranks.flat_map(|rank| {
            [
                Cell::shaded(format::percent(rank.probability), rank.probability),
                Cell::plain(format::count(rank.rank.into())),
            ]
        });
        let entropy = Cell::plain(texts::entropy(layer.entropy_bits.into()));
        Row {
            head: texts::after(index),
            cells: top.chain(ranks).chain([entropy]).collect(),
        }
    };
    Table {
        caption: texts::LENS.into(),
        columns,
        rows: lens.layers.iter().enumerate().rev().map(row).collect(),
        shape: Shape::Cells,
    }
}

/// Several positions: a column for each, a row for each layer, the last on top.
pub(super) fn positions(findings: &[Finding], tokens: &[&Token]) -> Table {
    let lenses: Vec<&LensPosition> = positions_of(findings).collect();
    let Some(first) = lenses.first() else { return Table::default() };
    let mut columns = vec![texts::AFTER.into()];
    columns.extend(lenses.iter().map(|lens| {
        let token = tokens.get((lens.position as usize).wrapping_sub(1));
        token.map_or(String::new(), |token| token.text.clone())
    }));
    let cell = |lens: &&LensPosition, layer: usize| {
        let Some(layer) = lens.layers.get(layer) else { return Cell::default() };
        let (Some(top), Some(last)) = (layer.top.first(), layer.followed.first()) else {
            return Cell::default();
        };
        let title = texts::lens_cell(
            [&top.token.text, &format::percent(top.probability)],
            lens.followed.first().map_or("", |token| token.text.as_str()),
            &format::percent(last.probability),
            last.rank,
        );
        Cell { title, ..Cell::shaded(&top.token.text, top.probability) }
    };
    let row = |layer: usize| Row {
        head: texts::after(layer),
        cells: lenses.iter().map(|lens| cell(lens, layer)).collect(),
    };
    Table {
        caption: texts::LENS_OF_SEVERAL.into(),
        columns,
        rows: (0..first.layers.len()).rev().map(row).collect(),
        shape: Shape::Cells,
    }
}

fn positions_of(findings: &[Finding]) -> impl Iterator<Item = &LensPosition> {
    findings.iter().filter_map(|finding| match finding {
        Finding::Lens(lens) => Some(lens),
        _ => None,
    })
}

/// The indices of tokens, each once.
fn distinct(tokens: &[Token]) -> Vec<usize> {
    let is_first = |index: &usize| {
        tokens.iter().position(|token| token.id == tokens[*index].id) == Some(*index)
    };
    (0..tokens.len()).filter(is_first).collect()
}
