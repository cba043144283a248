//! A text whose pieces are shaded.

use super::drawing::{Drawing, INK, LETTER, LINE_HEIGHT, LINE_LETTERS, letters};
use super::parts::Shaded;

pub(super) fn draw(drawing: &mut Drawing, pieces: &[Shaded]) {
    let mut column = 0;
    for piece in pieces {
        let mut left = piece.text.as_str();
        while !left.is_empty() {
            let width = letters(left);
            if column + width > LINE_LETTERS && column > 0 {
                column = 0;
                drawing.skip(LINE_HEIGHT);
            }
            let (line, rest) = split(left, LINE_LETTERS - column);
            let place = (column * LETTER, drawing.top);
            let size = (letters(line) * LETTER, LINE_HEIGHT - 2);
            drawing.shade_under_letters(place, size, piece.share);
            drawing.text(place, line, INK);
            column += letters(line);
            if line.ends_with('\n') {
                column = 0;
                drawing.skip(LINE_HEIGHT);
            }
            left = rest;
        }
    }
    drawing.skip(LINE_HEIGHT);
}

/// The beginning of a text that fits into a line, and the rest.
fn split(text: &str, most: u32) -> (&str, &str) {
    let mut taken = 0;
    for (index, letter) in text.char_indices() {
        taken += letters(letter.encode_utf8(&mut [0; 4]));
        // At least a letter, so that there is an end.
        if taken > most && index > 0 {
            return text.split_at(index);
        }
        if letter == '\n' {
            return text.split_at(index + 1);
        }
    }
    (text, "")
}
