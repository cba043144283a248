//! How the page's room is shared out, as far as the person has changed that.

/// How much of a narrow screen the distribution takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sheet {
    /// Its title and its first rows.
    Low,
    /// As much as leaves the prompt and the text in view.
    #[default]
    Half,
    /// Nearly everything.
    Full,
}

/// The room of the page's parts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Room {
    pub(crate) sheet: Sheet,
    /// The height of the sheet while a finger holds it, as a part of the page between its
    /// header and its status line.
    pub(crate) held: Option<f32>,
    /// The text's part of the room that it shares with the open tool; none for the usual one.
    pub(crate) text: Option<f32>,
}

/// The least and the most that the text can take of the room that it shares.
const TEXT: [f32; 2] = [0.15, 0.85];
/// What it takes before the person changes that.
const USUAL_TEXT: f32 = 0.33;

impl Room {
    /// Opens the sheet, or lets it take its usual height.
    pub(crate) fn toggle_sheet(&mut self) {
        self.sheet = if self.sheet == Sheet::Full { Sheet::Half } else { Sheet::Full };
    }

    /// Takes the height to which the sheet is dragged.
    pub(crate) fn hold_sheet(&mut self, height: f32) {
        self.held = Some(height.clamp(0.1, 0.9)).filter(|height| height.is_finite());
    }

    /// Lets go of the sheet: it goes to the nearest of its heights.
    pub(crate) fn release_sheet(&mut self) {
        self.sheet = match self.held.take() {
            Some(height) if height < 0.3 => Sheet::Low,
            Some(height) if height > 0.62 => Sheet::Full,
            Some(_) => Sheet::Half,
            None => self.sheet,
        };
    }

    /// Gives the text a part of the room that it shares with the open tool.
    pub(crate) fn set_text(&mut self, part: f32) {
        if part.is_finite() {
            self.text = Some(part.clamp(TEXT[0], TEXT[1]));
        }
    }

    /// Gives the text so much more of the room.
    pub(crate) fn change_text(&mut self, by: f32) {
        self.set_text(self.text_part() + by);
    }

    /// The text's part of the room.
    pub(crate) fn text_part(&self) -> f32 {
        self.text.unwrap_or(USUAL_TEXT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_goes_to_the_nearest_height_when_it_is_let_go() {
        let mut room = Room::default();
        for (height, sheet) in [
            (0.8, Sheet::Full),
            (0.5, Sheet::Half),
            (0.1, Sheet::Low),
            (-3.0, Sheet::Low),
        ] {
            room.hold_sheet(height);
            room.release_sheet();
            assert_eq!((room.sheet, room.held), (sheet, None), "{height}");
        }
        room.release_sheet();
        assert_eq!(room.sheet, Sheet::Low, "a tap moves nothing");
        room.toggle_sheet();
        assert_eq!(room.sheet, Sheet::Full);
    }

    #[test]
    fn the_text_and_the_tool_both_keep_some_room() {
        let mut room = Room::default();
        room.change_text(9.0);
        assert_eq!(room.text_part(), TEXT[1]);
        room.change_text(-9.0);
        assert_eq!(room.text_part(), TEXT[0]);
        room.set_text(f32::NAN);
        assert_eq!(room.text_part(), TEXT[0]);
    }
}
