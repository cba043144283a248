//! Lessons, figures and the game.

use protocol::{Command, Event, LogProbabilities};

use super::TestPage;
use super::test_page::token_of;
use crate::action::Action;
use crate::effect::Effect;
use crate::figures::Figure;
use crate::state::{
    FigureKind, GuessAction, LessonAction, SavedFormat, SharingAction, Tool,
};

const LESSON: &str = r#"{"version":1,"title":"t","prompt":"hi","question":"q",
    "choices":["x","y"],"answer":1,"reveal":"r","attempt":"a","tool":"words",
    "knobs":{"temperature":0.25}}"#;

#[test]
fn a_lesson_begins_with_its_text_and_takes_one_guess() {
    let mut page = TestPage::ready();
    page.act(Action::Lesson(LessonAction::Open("03-top-p".into())));
    assert!(page.wanted.contains(&Effect::ReadLesson("lessons/03-top-p.json".into())));
    page.act(Action::Lesson(LessonAction::Read(Some(LESSON.into()))));
    assert_eq!(page.state.explorer.prompt, "hi");
    assert_eq!(page.state.knobs.temperature, 0.25);
    assert_eq!(page.state.open_tool(), Some(Tool::Words));
    page.act(Action::Lesson(LessonAction::Guess(2)));
    let guess = |page: &TestPage| page.state.lesson.as_ref().unwrap().guess;
    assert_eq!(guess(&page), None, "there is no such choice");
    page.act(Action::Lesson(LessonAction::Guess(0)));
    page.act(Action::Lesson(LessonAction::Guess(1)));
    assert_eq!(guess(&page), Some(0), "the first one counts");
    page.act(Action::Lesson(LessonAction::Close));
    assert!(page.state.lesson.is_none());
}

#[test]
fn what_is_no_lesson_says_so_and_changes_nothing() {
    let mut page = TestPage::started("abc");
    let ids = page.state.explorer.tree.ids(9);
    for read in [None, Some("{}".into()), Some("<html>".into())] {
        page.state.error = None;
        page.act(Action::Lesson(LessonAction::Read(read)));
        assert!(page.state.error.is_some() && page.state.lesson.is_none());
    }
    page.state.error = None;
    page.act(Action::Lesson(LessonAction::Open("../x".into())));
    assert!(page.state.error.is_some());
    assert_eq!(page.state.explorer.tree.ids(9), ids);
}

#[test]
fn a_figure_has_the_numbers_on_screen_and_says_what_it_is_of() {
    let mut page = TestPage::started("abc");
    // Of which p and q differ.
    let mut seen = (**page.state.current().unwrap()).clone();
    seen.candidates[0].sampled_probability = 0.625;
    let key = page.state.text_key().unwrap();
    page.state.show_distribution(key, seen.clone().into());
    let figure = Figure::of(&page.state, FigureKind::Bars).unwrap();
    let csv = figure.data.csv();
    let first = &seen.candidates[0];
    let row = csv.lines().nth(1).unwrap();
    let (p, q) = (first.probability, first.sampled_probability);
    assert!(row.starts_with("1,") && row.contains(&format!("{p},{q}")), "{row}");
    assert_eq!(csv.lines().count(), seen.candidates.len() + 1);
    assert!(figure.picture.caption.contains("seed 0"), "{}", figure.picture.caption);
    // What is not on screen has no figure, and says so.
    assert!(Figure::of(&page.state, FigureKind::Comparison).is_none());
    page.act(Action::Sharing(SharingAction::SetFigure(FigureKind::Score)));
    let (said, _) = page.state.short_notice;
    page.act(Action::Sharing(SharingAction::SaveFigure(SavedFormat::Csv)));
    assert_ne!(page.state.short_notice.0, said);
    page.act(Action::Sharing(SharingAction::SetFigure(FigureKind::Text)));
    page.act(Action::Sharing(SharingAction::SaveFigure(SavedFormat::Json)));
    let saved = page
        .wanted
        .iter()
        .any(|effect| matches!(effect, Effect::Save { name, .. } if name == "text.json"));
    assert!(saved);
}

fn guess(page: &mut TestPage, action: GuessAction) {
    page.act(Action::Guess(action));
}

#[test]
fn bets_are_scored_against_what_is_drawn() {
    let mut page = TestPage::started("abc");
    page.act(Action::ToggleTool(Tool::Guess));
    let bets = page.state.guess.bets.clone().unwrap();
    assert!(page.state.guess.is_open(page.state.text_key()), "the bars are hidden");
    let total: f64 = bets.rows.iter().map(|row| row.q).sum();
    assert!((total - 1.0).abs() < 1e-6, "the rows are all that can be drawn: {total}");
    let texts: Vec<_> = bets.rows.iter().filter_map(|row| row.token.as_ref()).collect();
    assert!(texts.is_sorted_by_key(|token| &token.text), "their order tells nothing");
    let drawn = page.state.current().unwrap().sampled.token.id;
    let at = bets.outcome_of(drawn).row;
    for _ in 0..12 {
        guess(&mut page, GuessAction::Add(at));
    }
    let bets = page.state.guess.bets.clone().unwrap();
    assert_eq!((bets.chips[at], bets.left()), (10, 0), "no more than there are");
    let shares: f64 = (0..bets.rows.len()).map(|row| bets.share(row)).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    guess(&mut page, GuessAction::Reveal);
    guess(&mut page, GuessAction::Reveal);
    assert_eq!(page.state.guess.rounds, 1, "once");
    let outcome = page.state.guess.bets.as_ref().unwrap().outcome.unwrap();
    let rows = bets.rows.len() as f64;
    let expected = -(0.95 + 0.05 / rows).log2();
    assert!((outcome.player - expected).abs() < 1e-9, "all chips were right");
    assert!((outcome.model + bets.rows[at].q.log2()).abs() < 1e-9);
    assert!(!page.state.guess.is_open(page.state.text_key()));
    let before = page.state.explorer.tree.path().len();
    guess(&mut page, GuessAction::Next);
    assert_eq!(page.state.explorer.tree.path().len(), before + 1);
    assert!(page.state.guess.is_open(page.state.text_key()), "the next bars are hidden");
    guess(&mut page, GuessAction::StartOver);
    assert_eq!(page.state.guess.rounds, 0);
}

#[test]
fn a_token_without_a_chip_costs_bits_and_not_all_there_are() {
    let mut page = TestPage::started("abc");
    page.act(Action::ToggleTool(Tool::Guess));
    let bets = page.state.guess.bets.clone().unwrap();
    let even = bets.outcome_of(u32::MAX);
    let rows = bets.rows.len() as f64;
    assert_eq!(even.row, bets.rows.len() - 1, "it is one of the others");
    assert!((even.player - rows.log2()).abs() < 1e-9, "nothing was bet");
    for _ in 0..10 {
        guess(&mut page, GuessAction::Add(0));
    }
    guess(&mut page, GuessAction::Take(1));
    let bets = page.state.guess.bets.clone().unwrap();
    let wrong = bets.outcome_of(u32::MAX);
    assert!((wrong.player - (20.0 * rows).log2()).abs() < 1e-9, "{}", wrong.player);
}

#[test]
fn the_whole_vocabulary_is_asked_for_and_saved_with_its_tokens() {
    let mut page = TestPage::started("abc");
    page.act(Action::Sharing(SharingAction::SetFigure(FigureKind::Vocabulary)));
    page.act(Action::Sharing(SharingAction::SaveFigure(SavedFormat::Png)));
    assert!(page.sent.is_empty(), "it is no picture");
    page.act(Action::Sharing(SharingAction::SaveFigure(SavedFormat::Csv)));
    let request = page.sent.pop().unwrap();
    assert!(matches!(request.command, Command::LogProbabilities { .. }));
    let values = [-2.0, -0.5, -1.0];
    let packed = LogProbabilities::pack(3, &values);
    page.reply(request.id, Event::LogProbabilities(packed));
    let request = page.sent.pop().unwrap();
    assert_eq!(request.command, Command::Detokenize { ids: vec![0, 1, 2] });
    let tokens = (0..3).map(token_of).collect();
    page.reply(request.id, Event::Tokenized { tokens });
    let saved = page.wanted.iter().find_map(|effect| match effect {
        Effect::Save { name, text, .. } if name == "vocabulary.csv" => Some(text),
        _ => None,
    });
    let lines: Vec<&str> = saved.unwrap().lines().collect();
    assert_eq!((lines.len(), lines[0]), (4, "rank,token,id,ln_p,p"));
    assert!(
        lines[1].starts_with("1,") && lines[1].contains(",1,-0.5,0.6065"),
        "{lines:?}"
    );
    assert!(lines[3].contains(",0,-2,0.1353"), "{lines:?}");
}
