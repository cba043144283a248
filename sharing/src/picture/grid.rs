//! A table with shaded cells.

use super::drawing::{Drawing, INK, LETTER, LINE_HEIGHT, MUTED, letters, shortened};
use super::parts::Shaded;

/// The most letters of a cell.
const CELL_LETTERS: u32 = 24;
/// The space between two columns, in pixels.
const GAP: u32 = 10;

pub(super) fn draw(drawing: &mut Drawing, columns: &[String], rows: &[Vec<Shaded>]) {
    let spans = |row: &[Shaded]| row.len() == 2 && columns.len() > 2;
    let widest = |index: usize| {
        let cells = rows.iter().filter(|row| index == 0 || !spans(row));
        let cells = cells.filter_map(|row| row.get(index)).map(|cell| &cell.text);
        let widths = cells.chain(columns.get(index)).map(|text| letters(text));
        widths.max().unwrap_or(0).min(CELL_LETTERS) * LETTER + GAP
    };
    let widths: Vec<u32> = (0..columns.len()).map(widest).collect();
    let mut x = 0;
    for (column, width) in columns.iter().zip(&widths) {
        drawing.text((x, drawing.top), &shortened(column, CELL_LETTERS), MUTED);
        x += width;
    }
    drawing.skip(LINE_HEIGHT);
    drawing.line((0, drawing.top), (x, drawing.top));
    for row in rows {
        let mut x = 0;
        for (index, cell) in row.iter().enumerate() {
            let width = widths.get(index).copied().unwrap_or(GAP);
            let (top, colour) = (drawing.top, if index == 0 { MUTED } else { INK });
            let size = (width - GAP / 2, LINE_HEIGHT);
            drawing.shade_under_letters((x, top), size, cell.share);
            match spans(row) {
                true => drawing.text((x, top), &cell.text, colour),
                false => {
                    let text = shortened(&cell.text, CELL_LETTERS);
                    drawing.text((x, top), &text, colour);
                }
            }
            x += width;
        }
        drawing.skip(LINE_HEIGHT);
    }
}
