//! Two numbers for each of several things: an outlined bar with a solid one in it.

use super::drawing::{Drawing, INK, LETTER, LINE_HEIGHT, MUTED, letters, shortened};
use super::parts::Pair;

/// The most letters of a label.
const LABEL_LETTERS: u32 = 24;
/// The length of a whole bar, in pixels.
const LENGTH: u32 = 320;
/// The space between columns.
const GAP: u32 = 10;

pub(super) fn draw(drawing: &mut Drawing, pairs: &[Pair]) {
    let widest = |text: fn(&Pair) -> &str| {
        pairs.iter().map(|pair| letters(text(pair))).max().unwrap_or(0)
    };
    let labels = widest(|pair| &pair.label).min(LABEL_LETTERS) * LETTER + GAP;
    let first = widest(|pair| &pair.values[0]) * LETTER + GAP;
    let second = widest(|pair| &pair.values[1]) * LETTER + GAP;
    let top = drawing.top;
    for pair in pairs {
        let top = drawing.top;
        drawing.text((0, top), &shortened(&pair.label, LABEL_LETTERS), INK);
        drawing.pair((labels, top + 2), LINE_HEIGHT - 4, pair.shares.map(length));
        // Numbers end at the same place.
        let mut right = labels + LENGTH + GAP;
        for (value, width) in pair.values.iter().zip([first, second]) {
            right += width;
            let x = right - GAP - (letters(value) * LETTER).min(width - GAP);
            drawing.text((x, top), value, INK);
        }
        drawing.text((right, top), &pair.note, MUTED);
        drawing.skip(LINE_HEIGHT);
    }
    drawing.line((labels, top), (labels, drawing.top));
}

fn length(share: f32) -> u32 {
    (share.clamp(0.0, 1.0) * LENGTH as f32).round() as u32
}
