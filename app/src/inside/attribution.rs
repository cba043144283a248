//! Logits as sums of what the parts of the model add.

use protocol::{AttributedToken, Attribution, AttributionPart, Finding};

use super::table::{Cell, Row, Shape, Table};
use crate::format;
use crate::texts;

/// The parts in a table, and how they add up.
pub(super) fn of(findings: &[Finding]) -> (Table, String) {
    let found = findings.iter().find_map(|finding| match finding {
        Finding::Attribution(found) => Some(found),
        _ => None,
    });
    let Some(Attribution { parts, tokens, cap }) = found else {
        return Default::default();
    };
    let Some(target) = tokens.first() else { return Default::default() };
    let rival = tokens.get(1).filter(|rival| rival.token.id != target.token.id);
    let most = [Some(target), rival].into_iter().flatten();
    let most = most.flat_map(|token| &token.contributions);
    let most = most.fold(1e-9, |most: f64, part| most.max(part.abs()));
    let shaded = |x: f64| Cell::shaded(format::signed(x, 3), (x / most) as f32);
    let mut columns = vec![texts::inside::PART.into(), target.token.text.clone()];
    if let Some(rival) = rival {
        let difference = format!("{} − {}", target.token.text, rival.token.text);
        columns.extend([rival.token.text.clone(), difference]);
    }
    let cells = |own: f64, other: Option<f64>| {
        let mut cells = vec![shaded(own)];
        cells.extend(
            other.into_iter().flat_map(|other| [shaded(other), shaded(own - other)]),
        );
        cells
    };
    let row = |(index, part): (usize, &AttributionPart)| {
        let of = |token: &AttributedToken| {
            token.contributions.get(index).copied().unwrap_or_default()
        };
        Row { head: texts::inside::part(*part), cells: cells(of(target), rival.map(of)) }
    };
    let plain = |x: f64| Cell::plain(format::fixed(x, 3));
    let mut sums = vec![plain(target.sum)];
    let differences = rival.iter().flat_map(|other| [other.sum, target.sum - other.sum]);
    sums.extend(differences.map(plain));
    let sum = Row { head: texts::inside::SUM_ROW.into(), cells: sums };
    let table = Table {
        shape: Shape::Bars(if rival.is_some() { 2 } else { 0 }),
        caption: texts::inside::ATTRIBUTION.into(),
        columns,
        rows: parts.iter().enumerate().map(row).chain([sum]).collect(),
    };
    (table, texts::inside::sum(target.sum, target.logit, *cap))
}
