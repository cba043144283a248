use super::table::{ENGLISH, LANGUAGES};
use super::*;
use crate::format;
use crate::language::table::{counts, numbers};
use crate::texts;

fn put_in_force(code: &str) {
    let (_, right_to_left, texts) =
        LANGUAGES.iter().find(|(other, ..)| *other == code).unwrap();
    install((*texts).to_owned(), code, *right_to_left);
}

#[test]
fn every_language_has_every_text() {
    for (code, _, texts) in LANGUAGES {
        let count = |texts: &str| texts.split('\u{1e}').count();
        assert_eq!(count(texts), count(ENGLISH), "{code}");
    }
}

#[test]
fn numbers_are_written_as_the_language_writes_them() {
    assert_eq!(format::percent(0.1239), "12.4%");
    assert_eq!(format::count(49_142), "49,142");
    put_in_force("de");
    assert_eq!(format::percent(0.1239), "12,4\u{a0}%");
    assert_eq!(format::percent(1.23e-9), "1,23×10⁻⁷\u{a0}%");
    assert_eq!(format::count(49_142), "49.142");
    assert_eq!(format::digits(4.56), "4,56");
    assert_eq!(format::bytes(3_400_000.0), "3,40 MB");
    assert_eq!(counts::TOKENS.of(1), "1 Token");
    assert_eq!(format::knob(0.7), "0.7", "fields hold numbers as programs read them");
}

#[test]
fn what_programs_read_has_numbers_as_in_english() {
    put_in_force("de");
    let plain = with_plain_numbers(|| {
        format!(
            "{} {} {}",
            format::percent(0.5),
            format::count(1234),
            format::signed(0.5, 2)
        )
    });
    assert_eq!(plain, "50.0% 1,234 +0.50");
    assert_eq!(format::count(1234), "1.234");
}

#[test]
fn placeholders_are_filled_in_the_order_of_the_language() {
    put_in_force("de");
    let said = texts::status::progress(&protocol::Progress {
        phase: protocol::Phase::Download,
        done: 1_200_000,
        total: Some(3_400_000),
        per_second: Some(1_100_000.0),
    });
    assert_eq!(said, "Lädt 1,20 MB von 3,40 MB, 1,10 MB/s, noch 2 s");
    assert_eq!(say!(numbers::SEED, number = 7), "Seed 7");
}

#[test]
fn in_a_language_from_right_to_left_what_is_filled_in_keeps_its_direction() {
    put_in_force("ar");
    let said = texts::engine::asking("example.org");
    assert!(said.contains("\u{2068}example.org\u{2069}"), "{said:?}");
    let percent = format::percent(1.23e-9);
    assert!(
        percent.starts_with('\u{2066}') && percent.ends_with("%\u{2069}"),
        "{percent:?}"
    );
}

#[test]
fn a_failure_is_told_in_the_language_and_in_the_engine_s_own_words() {
    let english = protocol::Failure {
        code: protocol::ErrorCode::Busy,
        message: "Too many.".into(),
        hint: Some("Wait.".into()),
    };
    let mut failure = english.clone();
    texts::failures::translate(&mut failure);
    assert_eq!(failure, english);
    put_in_force("de");
    texts::failures::translate(&mut failure);
    assert!(failure.message.starts_with("Zu viele Anfragen"), "{}", failure.message);
    assert_eq!(failure.hint.as_deref(), Some("Näheres auf Englisch: Too many. Wait."));
}
