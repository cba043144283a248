//! The QR code of a class's link, which phones read from the teacher's screen.

use qrcode::{Color, QrCode};

use super::message::ToPage;
use super::refusal::Refusal;

/// The most bytes of a link.
const MAX_LINK_BYTES: usize = 500;

/// The QR code of a link.
///
/// # Errors
/// If the link is too long.
pub(crate) fn picture(link: String) -> Result<ToPage, Refusal> {
    let code = match link.len() {
        ..=MAX_LINK_BYTES => QrCode::new(&link).ok(),
        _ => None,
    };
    let code = code.ok_or(Refusal::wrong("The link is too long for a picture."))?;
    let cell = |color: &Color| match color {
        Color::Dark => '1',
        Color::Light => '0',
    };
    let colors = code.to_colors();
    let rows = colors.chunks(code.width()).map(|row| row.iter().map(cell).collect());
    Ok(ToPage::Picture { rows: rows.collect(), link })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_square_with_three_finders() {
        let link = "https://10.0.0.7:5005/class.html#ABCDE.0123456789abcdef";
        let ToPage::Picture { rows, .. } = picture(link.into()).unwrap() else {
            panic!("no picture")
        };
        assert!(rows.iter().all(|row| row.len() == rows.len()));
        // ISO/IEC 18004: the first row of a finder is seven dark cells and a light one.
        assert!(rows[0].starts_with("11111110") && rows[0].ends_with("01111111"));
        assert!(rows[rows.len() - 1].starts_with("11111110"));
    }

    #[test]
    fn a_link_that_is_none_is_refused() {
        assert!(picture("x".repeat(MAX_LINK_BYTES + 1)).is_err());
    }
}
