//! Pictures of figures, which another worker draws, as files and on the clipboard.

use sharing::Request;
use sharing::picture::Picture;

use crate::action::PictureResult;
use crate::day::today;
use crate::elements::Page;
use crate::later_copy::{LaterCopy, PICTURE};
use crate::saved_files;
use crate::sharing_worker;
use crate::state::{Answer, SavedFormat, Session};

/// Has a picture drawn, and saves or copies it. Returns what came of it. A copy begins at once.
pub(super) fn save(
    page: &Page,
    name: &'static str,
    picture: Picture,
    format: SavedFormat,
) -> impl Future<Output = PictureResult> + use<> {
    let copying =
        matches!(format, SavedFormat::Clipboard).then(|| LaterCopy::begin(page, PICTURE));
    let page = page.clone();
    async move {
        let request = Request::<Session>::Picture { picture, date: today() };
        let drawn = sharing_worker::ask(&page, &request).await;
        let Some(Answer::Text(text)) = drawn else {
            return PictureResult::NotDrawn;
        };
        if let Some(copying) = copying {
            let Ok(dots) = saved_files::dots(&page, &text).await else {
                return PictureResult::NotCopied;
            };
            return match copying.finish(&page, &dots).await {
                Ok(()) => PictureResult::Copied,
                Err(_) => PictureResult::NotCopied,
            };
        }
        if format != SavedFormat::Png {
            saved_files::save(&page, &format!("{name}.svg"), "image/svg+xml", &text);
            return PictureResult::Saved;
        }
        match saved_files::save_dots(&page, &format!("{name}.png"), &text).await {
            Ok(()) => PictureResult::Saved,
            Err(_) => PictureResult::NotDrawn,
        }
    }
}
