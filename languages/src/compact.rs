//! What is made of a table for the page: texts by number.

use serde_json::{Map, Value, json};

use crate::placeholders::{numbered, placeholders};
use crate::table::{Language, Text};

/// Stands between texts.
const BETWEEN: &str = "\u{1e}";
/// Stands before a category and before a form of a text that has several.
pub const FORM: char = '\u{1f}';

impl Language {
    /// What the page reads: `texts` by number, as one string, and `page`. `english` gives the
    /// order, the numbers of placeholders, and what is missing here.
    pub fn for_page(&self, english: &Language) -> String {
        let words = self.page.iter().cloned();
        let words: Map<String, Value> = words.map(|(of, to)| (of, to.into())).collect();
        json!({ "texts": self.joined(english), "page": words }).to_string()
    }

    /// All texts, in the order of the English ones.
    pub fn joined(&self, english: &Language) -> String {
        let regions = english.texts.iter();
        let all = regions.flat_map(|(region, texts)| {
            texts.iter().map(move |(name, text)| {
                compact(self.text(region, name).unwrap_or(text), &text.names())
            })
        });
        all.collect::<Vec<_>>().join(BETWEEN)
    }
}

impl Text {
    /// The names of the placeholders in the order of their numbers: what is counted comes
    /// first, then each as it first appears.
    pub fn names(&self) -> Vec<&str> {
        let mut names = match self {
            Text::Plain(_) => Vec::new(),
            Text::Plural(_) => vec!["count"],
        };
        for name in self.forms().into_iter().flat_map(placeholders) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

fn compact(text: &Text, names: &[&str]) -> String {
    match text {
        Text::Plain(text) => numbered(text, names),
        Text::Plural(forms) => {
            let forms = forms.iter();
            forms
                .map(|(category, form)| {
                    format!("{FORM}{category}{FORM}{}", numbered(form, names))
                })
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = r#"{"name": "English", "direction": "ltr", "page": {}, "texts": {
        "a": {"way": "Way {way} of {ways}.", "left": {"one": "{count} left", "other": "{count} left"}},
        "b": {"done": "Done."}}}"#;
    const GERMAN: &str = r#"{"name": "Deutsch", "direction": "ltr", "page": {"Start": "Los"}, "texts": {
        "b": {"done": "Fertig."}, "a": {"way": "{ways} Wege, davon {way}."}}}"#;

    #[test]
    fn texts_are_in_the_order_of_the_english_ones_which_stand_in_for_what_is_missing() {
        let english = Language::read("en", ENGLISH).unwrap();
        let german = Language::read("de", GERMAN).unwrap();
        let left = "\u{1f}one\u{1f}{0} left\u{1f}other\u{1f}{0} left";
        let joined = format!("{{1}} Wege, davon {{0}}.\u{1e}{left}\u{1e}Fertig.");
        assert_eq!(german.joined(&english), joined);
        let file: Value = serde_json::from_str(&german.for_page(&english)).unwrap();
        assert_eq!(file["page"]["Start"], "Los");
        assert_eq!(file["texts"], joined);
    }
}
