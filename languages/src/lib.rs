//! The texts of the page, a table for each language: `en.json` and its translations beside it.
//!
//! A table has two parts. `texts` are the sentences that the program writes, by region and
//! name, with placeholders in braces: `{count}`. What depends on a number is a list of forms, by
//! the plural categories of CLDR. `page` are the words that stand in the page's HTML; there, the
//! English is the name, so `en.json` has none.
//!
//! [`Language::for_page`] is what a browser fetches: the texts by number, in the order of
//! `en.json`, which the page's program is built with. So no names travel.

mod compact;
mod placeholders;
mod table;

pub use compact::FORM;
pub use placeholders::placeholders;
pub use table::{Language, Text, plural_categories};

/// The languages, by their BCP 47 codes, in the order of the page's list; English is the first.
pub const TABLES: [(&str, &str); 8] = [
    ("en", include_str!("../en.json")),
    ("de", include_str!("../de.json")),
    ("es", include_str!("../es.json")),
    ("fr", include_str!("../fr.json")),
    ("pt", include_str!("../pt.json")),
    ("zh", include_str!("../zh.json")),
    ("ja", include_str!("../ja.json")),
    ("ar", include_str!("../ar.json")),
];

/// All languages, English first.
///
/// # Errors
/// Names the table that is not JSON of this form, and the place in it.
pub fn all() -> Result<Vec<Language>, String> {
    TABLES.into_iter().map(|(code, json)| Language::read(code, json)).collect()
}
