//! One head's attention within the text: how much each token looks at each before it.

use protocol::{Finding, Token};

use super::table::{Cell, Row, Shape, Table};
use crate::format;
use crate::texts;

/// The matrix as a table, and a sentence about it. Where a token looks is in its row.
pub(super) fn of(findings: &[Finding], tokens: &[&Token]) -> (Table, String) {
    let found = findings.iter().find_map(|finding| match finding {
        Finding::Head(found) => Some(found),
        _ => None,
    });
    let Some(found) = found else { return Default::default() };
    let text = |index: usize| tokens.get(index).map_or("", |token| token.text.as_str());
    let mut columns = vec![texts::inside::LOOKS_FROM.into()];
    columns.extend((0..found.rows.len()).map(|index| text(index).to_owned()));
    let cell = |from: usize, (to, weight): (usize, &f32)| Cell {
        title: format!("{} → {}: {}", text(from), text(to), format::percent(*weight)),
        ..Cell::shaded(format::fixed(f64::from(weight * 100.0), 0), *weight)
    };
    let row = |(from, weights): (usize, &Vec<f32>)| Row {
        head: text(from).to_owned(),
        cells: weights.iter().enumerate().map(|weight| cell(from, weight)).collect(),
    };
    let table = Table {
        caption: texts::inside::matrix(found.layer, found.head),
        columns,
        rows: found.rows.iter().enumerate().map(row).collect(),
        shape: Shape::Matrix,
    };
    (table, texts::inside::about_matrix(found.window))
}
