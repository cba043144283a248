//! Pictures of what the tool that looks into the model shows.

use super::inside::{find, lens, opened};
use crate::action::{Action, PictureResult};
use crate::effect::Effect;
use crate::state::{InsideAction, InsideView, SavedFormat};

#[test]
fn pictures_are_saved_of_every_view_with_what_they_are_of() {
    let mut page = opened(InsideView::Lens);
    find(&mut page, vec![lens()]);
    for format in [SavedFormat::Svg, SavedFormat::Png, SavedFormat::Clipboard] {
        page.wanted.clear();
        page.act(Action::Inside(InsideAction::Save(format)));
        let Some(Effect::SavePicture { name, picture, format: made }) = page.wanted.pop()
        else {
            panic!("no picture")
        };
        assert_eq!((name, made), ("lens", format));
        assert!(picture.caption.contains("after 2 tokens: “hi”"), "{}", picture.caption);
        assert!(picture.description.contains("logit lens"), "{}", picture.description);
        let svg = picture.svg("2026-01-02");
        for seen in ["x 50.0%", "layer 1", "What the model would say", "2026-01-02"] {
            assert!(svg.contains(seen), "{seen}: {svg}");
        }
    }
    page.act(Action::PictureSaved(PictureResult::NotDrawn));
    assert!(page.state.short_notice.1.contains("SVG"));
}
