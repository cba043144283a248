//! The language in force. It is chosen once, before the page starts (`js/language.js`).

use std::cell::{Cell, OnceCell};

/// What is known of the language in force.
#[derive(Clone, Copy)]
struct Current {
    texts: &'static [&'static str],
    /// Written from right to left.
    right_to_left: bool,
    is_english: bool,
}

thread_local! {
    /// Texts are made for programs, so numbers are as in English.
    static PLAIN: Cell<bool> = const { Cell::new(false) };
    static CURRENT: Cell<Option<Current>> = const { Cell::new(None) };
    static ENGLISH: OnceCell<Current> = const { OnceCell::new() };
}

/// Puts a language in force: its texts by number, as they are in its table's file.
pub(crate) fn install(texts: String, code: &str, right_to_left: bool) {
    CURRENT.set(Some(read(texts, code, right_to_left)));
}

fn read(texts: String, code: &str, right_to_left: bool) -> Current {
    // It stays for as long as the page does.
    let texts: &'static str = texts.leak();
    let texts: Vec<&'static str> = texts.split('\u{1e}').collect();
    Current { texts: texts.leak(), right_to_left, is_english: code == "en" }
}

fn current() -> Current {
    CURRENT.get().unwrap_or_else(|| {
        ENGLISH
            .with(|english| *english.get_or_init(|| read(english_texts(), "en", false)))
    })
}

/// A text by its number. Empty only if page and table are of different builds.
pub(super) fn text(number: u16) -> &'static str {
    current().texts.get(usize::from(number)).copied().unwrap_or_default()
}

/// Whether the language is English, which engines speak.
pub(crate) fn is_english() -> bool {
    current().is_english
}

/// Whether what is filled into a text has to keep its own direction.
pub(super) fn isolates() -> bool {
    current().right_to_left && !is_plain()
}

/// Whether texts are made for programs.
pub(super) fn is_plain() -> bool {
    PLAIN.get()
}

/// Makes texts for programs from now on, or no longer.
pub(super) fn set_plain(plain: bool) {
    PLAIN.set(plain);
}

/// In a browser, the page's scripts have the English texts, too.
#[cfg(target_arch = "wasm32")]
fn english_texts() -> String {
    String::new()
}

#[cfg(not(target_arch = "wasm32"))]
fn english_texts() -> String {
    super::table::ENGLISH.to_owned()
}

/// The plural category of a number in the language in force.
#[cfg(target_arch = "wasm32")]
pub(super) fn category(n: u64) -> String {
    crate::language_script::category(n as f64)
}

/// The plural category of a number in English.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn category(n: u64) -> String {
    if n == 1 { "one".into() } else { "other".into() }
}

/// The translation of words that come from a file of the host, if the table has it.
#[cfg(target_arch = "wasm32")]
pub(crate) fn translated_word(english: &str) -> String {
    crate::language_script::word(english)
}

/// The words as they are.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn translated_word(english: &str) -> String {
    english.to_owned()
}
