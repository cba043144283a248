//! The tool that looks into the model.

use protocol::{
    AttentionLayer, AttentionWeights, AttributedToken, Attribution, AttributionPart,
    Command, ErrorCode, Event, Failure, Finding, HeadWeights, Inspection, LensLayer,
    LensPosition, Occluded, OcclusionStart, OcclusionUnit, RankedToken, RequestId,
    Timings, TokenRank,
};

use super::TestPage;
use super::test_page::token_of;
use crate::action::{Action, PictureResult};
use crate::effect::Effect;
use crate::inside::{InsideModel, Shape};
use crate::state::{InsideAction, InsideView, SavedFormat, Tool};

pub(super) fn opened(view: InsideView) -> TestPage {
    let mut page = TestPage::started("hi");
    page.act(Action::Inside(InsideAction::Show(view)));
    page.act(Action::ToggleTool(Tool::Inside));
    page
}

/// The open question, with its request.
pub(super) fn question(page: &TestPage) -> Option<(RequestId, Inspection)> {
    page.sent.iter().find_map(|request| match &request.command {
        Command::Inspect { question, .. } => Some((request.id, question.clone())),
        _ => None,
    })
}

fn find(page: &mut TestPage, findings: Vec<Finding>) {
    let (id, _) = question(page).expect("something was asked");
    page.sent.retain(|request| request.id != id);
    for finding in findings {
        page.reply(id, Event::Finding(finding));
    }
    page.reply(id, Event::Inspected { timings: Timings::default() });
}

pub(super) fn model(page: &TestPage) -> InsideModel {
    InsideModel::of(&page.state)
}

fn lens() -> Finding {
    let layer = |probability, rank| LensLayer {
        top: vec![RankedToken { token: token_of(b'x'), probability }],
        followed: vec![TokenRank { probability, rank }],
        entropy_bits: 1.5,
    };
    Finding::Lens(LensPosition {
        position: 2,
        followed: vec![token_of(b'x')],
        layers: vec![layer(0.25, 7), layer(0.5, 1)],
    })
}

#[test]
fn an_open_tool_asks_about_the_prediction_in_view_and_follows_it() {
    let mut page = opened(InsideView::Lens);
    let Some((_, Inspection::Lens { positions: 1, follow, .. })) = question(&page) else {
        panic!("{:?}", page.commands())
    };
    assert_eq!(follow.len(), 2);
    find(&mut page, vec![lens()]);
    let table = model(&page).table;
    let heads: Vec<&str> = table.rows.iter().map(|row| row.head.as_str()).collect();
    assert_eq!(heads, ["layer 1", "embedding"]);
    assert_eq!(table.rows[0].cells[0].text, "x 50.0%");
    assert!(question(&page).is_none(), "what is known is not asked again");
    page.act(Action::Greedy);
    while question(&page).is_none() {
        page.answer_next();
    }
}

#[test]
fn what_costs_much_waits_for_the_person_and_comes_bit_by_bit() {
    let mut page = opened(InsideView::Occlusion);
    assert!(question(&page).is_none());
    assert_eq!(model(&page).cost, "2 parts: reads 2 tokens again.");
    page.act(Action::Inside(InsideAction::Occlude));
    let (id, asked) = question(&page).unwrap();
    let Inspection::Occlusion {
        target: Some(target), unit: OcclusionUnit::Token, ..
    } = asked
    else {
        panic!("{asked:?}")
    };
    let ln = |p: f64| p.ln();
    page.reply(
        id,
        Event::Finding(Finding::Occlusion(OcclusionStart {
            target: token_of(target as u8),
            log_probability: ln(0.5),
            units: 2,
            tokens_to_read: 2,
        })),
    );
    let top = RankedToken { token: token_of(b'y'), probability: 0.75 };
    let occluded = Occluded { start: 1, end: 2, log_probability: ln(0.125), top };
    page.reply(id, Event::Finding(Finding::Occluded(occluded)));
    let shown = model(&page);
    assert!(shown.running);
    assert_eq!(shown.note, "1 of 2 parts taken out.");
    assert_eq!(shown.table.rows[1].cells[1].text, "-2.00 bits");
    assert_eq!(shown.heat[1].title, "-2.00 bits");
    assert!(shown.heat[1].share < 0.0);
    page.act(Action::Inside(InsideAction::Stop));
    let is_cancel = |command: &&Command| matches!(command, Command::Cancel { .. });
    assert_eq!(page.commands().iter().filter(|c| is_cancel(c)).count(), 1);
    assert_eq!(model(&page).table.rows.len(), 2, "what was found stays");
    assert!(!model(&page).running);
}

#[test]
fn the_text_is_shaded_by_the_head_that_is_chosen_and_the_first_token_set_apart() {
    let mut page = opened(InsideView::Attention);
    let layer =
        |layer, heads: Vec<Vec<f32>>| AttentionLayer { layer, window: None, heads };
    let layers =
        vec![layer(0, vec![vec![0.75, 0.25], vec![0.5, 0.5]]), layer(1, Vec::new())];
    find(&mut page, vec![Finding::Attention(AttentionWeights { position: 2, layers })]);
    let shown = model(&page);
    assert_eq!(shown.heat[0].share, 0.0);
    assert_eq!(shown.heat[1].title, "37.5%");
    assert_eq!(
        shown.table.rows[1].cells[0].text,
        "no attention: a short convolution, or a state of fixed size"
    );
    page.act(Action::Inside(InsideAction::SelectHead(1, 2)));
    page.act(Action::Inside(InsideAction::ToggleFirst));
    let shown = model(&page);
    assert_eq!((shown.heat[0].share, shown.heat[1].share), (1.0, 1.0));
    assert_eq!(shown.note, "Layer 1, head 2. The first token gets 50.0%.");
}

#[test]
fn bars_of_the_logit_add_up_and_are_saved_as_they_are_shown() {
    let mut page = opened(InsideView::Attribution);
    let token = |id: u8, contributions: Vec<f64>| AttributedToken {
        token: token_of(id),
        sum: contributions.iter().sum(),
        logit: contributions.iter().sum(),
        contributions,
        probability: 0.5,
    };
    find(
        &mut page,
        vec![Finding::Attribution(Attribution {
            parts: vec![
                AttributionPart::Embedding,
                AttributionPart::Attention { layer: 0 },
                AttributionPart::Mlp { layer: 0 },
                AttributionPart::Constant,
            ],
            tokens: vec![
                token(b'x', vec![1.0, 2.0, -0.5, 0.0]),
                token(b'y', vec![0.5, 0.5, 0.5, 0.0]),
            ],
            cap: None,
        })],
    );
    let shown = model(&page);
    assert_eq!(shown.note, "Together 2.50; the model gives 2.50.");
    assert_eq!(shown.table.rows[1].cells[2].text, "+1.500");
    page.wanted.clear();
    page.act(Action::Inside(InsideAction::Save(SavedFormat::Csv)));
    let Some(Effect::Save { name, text, .. }) = page.wanted.pop() else {
        panic!("no file")
    };
    assert_eq!(name, "attribution.csv");
    assert!(text.contains("MLP 1,-0.500,+0.500,-1.000\r\n"), "{text}");
    page.act(Action::Inside(InsideAction::Save(SavedFormat::Json)));
    let Some(Effect::Save { text, .. }) = page.wanted.pop() else { panic!("no file") };
    assert!(text.contains("\"kind\":\"attribution\""), "{text}");
}

#[test]
fn a_question_that_fails_is_answered_in_words_and_not_asked_again() {
    let mut page = opened(InsideView::Attention);
    let (id, _) = question(&page).unwrap();
    page.sent.clear();
    let message = "The text is too long.".to_owned();
    let failure = Failure { code: ErrorCode::Unsupported, message, hint: None };
    page.reply(id, Event::Failed(failure));
    assert_eq!(model(&page).note, "The text is too long.");
    assert!(page.state.error.is_none());
    assert!(question(&page).is_none());
}

#[test]
fn the_next_token_does_not_wait_for_a_look_inside() {
    let mut page = opened(InsideView::Lens);
    let (id, _) = question(&page).unwrap();
    page.act(Action::Greedy);
    let cancels = |command: &&Command| matches!(command, Command::Cancel { request } if *request == id);
    assert!(page.commands().iter().any(cancels));
    page.sent.retain(|request| request.id != id);
    page.answer_next();
    page.answer_next();
    assert!(page.state.current().is_some());
}

#[test]
fn the_lesson_is_one_click_away() {
    let mut page = TestPage::ready();
    page.act(Action::Inside(InsideAction::Lesson));
    assert_eq!(page.state.open_tool(), Some(Tool::Inside));
    page.answer_next();
    page.answer_next();
    while question(&page).is_none() {
        page.answer_next();
    }
    find(&mut page, vec![lens()]);
    assert!(model(&page).lesson.starts_with("When does the model know"));
}

#[test]
fn one_head_is_shown_for_every_token() {
    let mut page = opened(InsideView::Attention);
    page.sent.clear();
    page.act(Action::Inside(InsideAction::ToggleMatrix));
    let (id, asked) = question(&page).unwrap();
    assert_eq!(asked, Inspection::Head { layer: 0, head: 0 });
    let rows = vec![vec![1.0], vec![0.25, 0.75]];
    let head = HeadWeights { layer: 0, head: 0, window: Some(8), rows };
    page.reply(id, Event::Finding(Finding::Head(head)));
    page.reply(id, Event::Inspected { timings: Timings::default() });
    page.sent.retain(|request| request.id != id);
    let shown = model(&page);
    assert_eq!(shown.table.shape, Shape::Matrix);
    let cells: Vec<&str> =
        shown.table.rows[1].cells.iter().map(|cell| cell.text.as_str()).collect();
    assert_eq!(cells, ["25", "75"]);
    assert!(shown.note.contains("more than 8 tokens back"), "{}", shown.note);
    // Without a head there is no matrix: all heads are shown again.
    page.act(Action::Inside(InsideAction::SetHead(0)));
    assert!(matches!(question(&page), Some((_, Inspection::Attention { .. }))));
}

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
