//! The same things on two sides, from a line between them.

use super::drawing::{Drawing, INK, LETTER, LINE_HEIGHT, MUTED, letters, shortened};
use super::parts::Pair;

/// The most letters of a label.
const LABEL_LETTERS: u32 = 24;
/// The length of a whole bar, in pixels.
const LENGTH: u32 = 200;
/// The space between columns.
const GAP: u32 = 10;
/// The room for a number.
const VALUE: u32 = 8 * LETTER;

pub(super) fn draw(
    drawing: &mut Drawing,
    heads: &[String; 2],
    rows: &[(String, [Option<Pair>; 2])],
) {
    let labels = rows.iter().map(|(label, _)| letters(label)).max().unwrap_or(0);
    let labels = labels.min(LABEL_LETTERS) * LETTER;
    let left = VALUE + GAP + LENGTH;
    let right = left + GAP + labels + GAP;
    let [this, other] = heads;
    drawing.text((0, drawing.top), &shortened(this, left / LETTER), MUTED);
    drawing.text((right, drawing.top), other, MUTED);
    drawing.skip(LINE_HEIGHT);
    let first = drawing.top;
    for (label, sides) in rows {
        let top = drawing.top;
        let label = shortened(label, LABEL_LETTERS);
        let inset = (labels - (letters(&label) * LETTER).min(labels)) / 2;
        drawing.text((left + GAP + inset, top), &label, INK);
        for (side, pair) in sides.iter().enumerate() {
            let value = pair.as_ref().map_or("–", |pair| &pair.values[0]);
            let widths = pair.as_ref().map_or([0, 0], |pair| pair.shares.map(length));
            let width = letters(value) * LETTER;
            match side {
                0 => {
                    drawing.text((VALUE - width.min(VALUE), top), value, INK);
                    // Both end at the line, so each has its own place.
                    let [p, q] = widths;
                    drawing.pair((left - p, top + 2), LINE_HEIGHT - 4, [p, 0]);
                    drawing.pair((left - q, top + 2), LINE_HEIGHT - 4, [0, q]);
                }
                _ => {
                    drawing.pair((right, top + 2), LINE_HEIGHT - 4, widths);
                    drawing.text((right + LENGTH + GAP, top), value, INK);
                }
            }
        }
        drawing.skip(LINE_HEIGHT);
    }
    for x in [left, right] {
        drawing.line((x, first), (x, drawing.top));
    }
}

fn length(share: f32) -> u32 {
    (share.clamp(0.0, 1.0) * LENGTH as f32).round() as u32
}
