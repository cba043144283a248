//! Numbers as bars from a common line.

use super::drawing::{Drawing, INK, LETTER, LINE_HEIGHT, letters, shortened};
use super::parts::Bar;

/// The most letters of a label.
const LABEL_LETTERS: u32 = 40;
/// The length of a whole bar, in pixels.
const LENGTH: u32 = 240;
/// The space between columns.
const GAP: u32 = 10;

pub(super) fn draw(drawing: &mut Drawing, bars: &[Bar]) {
    let widest = |text: fn(&Bar) -> &String| {
        bars.iter().map(|bar| letters(text(bar))).max().unwrap_or(0)
    };
    let labels = widest(|bar| &bar.label).min(LABEL_LETTERS) * LETTER + GAP;
    let values = widest(|bar| &bar.value) * LETTER + GAP;
    // Without bars to the left, there is no room for any.
    let left = if bars.iter().any(|bar| bar.share < 0.0) { LENGTH } else { 0 };
    let zero = labels + values + left;
    let first = drawing.top;
    for bar in bars {
        let top = drawing.top;
        drawing.text((0, top), &shortened(&bar.label, LABEL_LETTERS), INK);
        // Numbers end at the same place.
        let value = values - GAP - letters(&bar.value) * LETTER;
        drawing.text((labels + value, top), &bar.value, INK);
        let length = (bar.share.abs().min(1.0) * LENGTH as f32).round() as u32;
        let x = if bar.share < 0.0 { zero - length.min(zero) } else { zero };
        if length > 0 {
            let size = (length, LINE_HEIGHT - 6);
            drawing.shade((x, top + 3), size, bar.share.signum());
        }
        drawing.skip(LINE_HEIGHT);
    }
    drawing.line((zero, first), (zero, drawing.top));
}
