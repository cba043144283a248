//! Texts that branch: each in a line of its own, further in than the one that it follows.

use super::drawing::{
    Drawing, INK, LETTER, LINE_HEIGHT, LINE_LETTERS, MUTED, letters, shortened,
};
use super::parts::TreeRow;

/// How much further in a text is after a fork, in pixels.
const STEP: u32 = 20;
/// The most steps that are drawn.
const MAX_STEPS: u32 = 24;

pub(super) fn draw(drawing: &mut Drawing, rows: &[TreeRow]) {
    // Where the last text of each depth stands.
    let mut above: Vec<u32> = Vec::new();
    for row in rows {
        let depth = row.depth.min(MAX_STEPS);
        let (x, top) = (depth * STEP, drawing.top);
        above.truncate(depth as usize);
        if let Some(parent) = depth.checked_sub(1) {
            let from = above.get(parent as usize).copied().unwrap_or(top);
            let (trunk, middle) = (parent * STEP + 6, top + LINE_HEIGHT / 2);
            drawing.line((trunk, from + LINE_HEIGHT), (trunk, middle));
            drawing.line((trunk, middle), (x - 2, middle));
        }
        // A tree can go on without a fork in between.
        above.resize(depth as usize + 1, top);
        // The current text is told by a sign, not by its colour alone.
        let mark = if row.current { "● " } else { "" };
        let room = LINE_LETTERS.saturating_sub(x / LETTER + 24).max(16);
        let text = format!("{mark}{}", shortened(&row.text, room));
        drawing.text((x, top), &text, if row.current { INK } else { MUTED });
        let end = x + (letters(&text) + 2) * LETTER;
        drawing.text((end, top), &row.value, MUTED);
        drawing.skip(LINE_HEIGHT);
    }
}
