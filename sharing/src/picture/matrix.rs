//! How much each row has of each column, as squares.

use super::drawing::{Drawing, LETTER, MUTED, letters, shortened};

/// The most letters of a label.
const LABEL_LETTERS: u32 = 14;
/// The side of a square, in pixels.
const SIDE: u32 = 18;
/// The space between labels and squares.
const GAP: u32 = 6;

pub(super) fn draw(drawing: &mut Drawing, labels: &[String], rows: &[Vec<f32>]) {
    let labels: Vec<String> =
        labels.iter().map(|label| shortened(label, LABEL_LETTERS)).collect();
    let widest = labels.iter().map(|label| letters(label)).max().unwrap_or(0) * LETTER;
    drawing.skip(widest + GAP);
    let left = widest + GAP;
    for (index, label) in (0..).zip(&labels) {
        drawing.text_upwards((left + index * SIDE, drawing.top - GAP), label);
    }
    for (row, label) in rows.iter().zip(&labels) {
        let top = drawing.top;
        drawing.text((widest - letters(label) * LETTER, top), label, MUTED);
        for (index, share) in (0..).zip(row) {
            let place = (left + index * SIDE, top);
            drawing.shade(place, (SIDE - 1, SIDE - 1), *share);
        }
        drawing.skip(SIDE);
    }
}
