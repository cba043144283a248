//! The tables of texts are complete in every language, with the same placeholders, and have
//! nothing that is not used.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

/// The words in the page's HTML, as `app/js/language.js` finds them.
#[path = "languages/page_words.rs"]
mod page_words;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use languages::{Language, Text, placeholders, plural_categories};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All words of the page, and what `models.json` says of its models.
fn words() -> BTreeSet<String> {
    let root = repository();
    let mut words = page_words::of_page(&root);
    let catalogue = fs::read_to_string(root.join("models.json")).unwrap();
    let catalogue: serde_json::Value = serde_json::from_str(&catalogue).unwrap();
    let models = catalogue["models"].as_array().unwrap();
    words.extend(models.iter().map(|model| model["note"].as_str().unwrap().to_owned()));
    assert!(words.len() > 300, "{}", words.len());
    words
}

fn named(text: &str) -> BTreeSet<&str> {
    placeholders(text).collect()
}

/// What is wrong with a translation of a text.
fn fault(code: &str, english: &Text, text: Option<&Text>) -> Option<String> {
    let Some(text) = text else { return Some("is missing".into()) };
    if text.forms().iter().any(|form| form.trim().is_empty())
        && text.forms() != ["\u{202f}"]
    {
        return Some("is empty".into());
    }
    match (english, text) {
        (Text::Plain(english), Text::Plain(text)) => (named(english) != named(text))
            .then(|| format!("has {:?} for {:?}", named(text), named(english))),
        (Text::Plural(_), Text::Plural(forms)) => {
            let categories: Vec<&str> =
                forms.iter().map(|(name, _)| name.as_str()).collect();
            if categories != plural_categories(code) {
                return Some(format!("has the forms {categories:?}"));
            }
            let all: BTreeSet<&str> = english.names().into_iter().collect();
            let wrong = forms.iter().find(|(category, form)| {
                let mut expected = all.clone();
                // "One file" needs no number.
                if ["zero", "one", "two"].contains(&category.as_str())
                    && !form.contains("{count}")
                {
                    expected.remove("count");
                }
                // Nothing else is not mentioned.
                named(form) != expected
            });
            wrong.map(|(category, form)| format!("{category} has {:?}", named(form)))
        }
        _ => Some("depends on a number in one language only".into()),
    }
}

fn faults(
    language: &Language,
    english: &Language,
    words: &BTreeSet<String>,
) -> Vec<String> {
    let mut faults = Vec::new();
    for (region, texts) in &english.texts {
        for (name, text) in texts {
            let fault = fault(&language.code, text, language.text(region, name));
            faults.extend(fault.map(|fault| format!("{region}.{name} {fault}")));
        }
    }
    for (region, texts) in &language.texts {
        for (name, _) in texts {
            if english.text(region, name).is_none() {
                faults.push(format!("{region}.{name} is not used"));
            }
        }
    }
    if language.code == "en" {
        assert!(language.page.is_empty(), "English is in the page itself");
        return faults;
    }
    for word in words {
        match language.page.iter().find(|(english, _)| english == word) {
            None => faults.push(format!("the page's “{word}” is missing")),
            Some((_, text)) if named(text) != named(word) || text.trim().is_empty() => {
                faults
                    .push(format!("the page's “{word}” has other placeholders: {text}"));
            }
            Some(_) => {}
        }
    }
    let unused = language.page.iter().filter(|(english, _)| !words.contains(english));
    faults.extend(unused.map(|(english, _)| format!("the page has no “{english}”")));
    faults
}

#[test]
fn every_language_has_every_text_with_its_placeholders_and_no_other() {
    let languages = languages::all().unwrap();
    let words = words();
    let mut all = Vec::new();
    for language in &languages {
        let found = faults(language, &languages[0], &words);
        all.extend(found.into_iter().map(|fault| format!("{}: {fault}", language.code)));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn no_sentence_stands_in_the_program_itself() {
    let folder = repository().join("app/src/texts");
    let mut found = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            // Words beside each other, in quotes, are a sentence.
            let quoted = line.split('"').skip(1).step_by(2);
            let is_word = |word: &&str| word.len() > 2 && !word.starts_with('{');
            let words = |text: &str| text.split(' ').filter(is_word).count();
            let allowed =
                line.contains("Once upon a time") || line.contains("The capital of");
            found.extend(
                quoted
                    .filter(|text| words(text) > 1 && !allowed)
                    .map(|text| format!("{}: {text}", path.display())),
            );
        }
    }
    assert!(
        found.is_empty(),
        "these belong into languages/en.json:\n{}",
        found.join("\n")
    );
}

#[test]
fn faults_of_a_table_are_found() {
    let read = |code: &str, texts: &str, page: &str| {
        let json = format!(
            r#"{{"name": "n", "direction": "ltr", "texts": {{"a": {{{texts}}}}}, "page": {{{page}}}}}"#
        );
        Language::read(code, &json).unwrap()
    };
    let english =
        read("en", r#""x": "{n} left", "y": {"one": "{count}", "other": "{count}"}"#, "");
    let words = BTreeSet::from(["Stop".to_owned()]);
    let good = r#""x": "noch {n}", "y": {"one": "eins", "other": "{count}"}"#;
    let stop = r#""Stop": "Halt""#;
    assert!(faults(&read("de", good, stop), &english, &words).is_empty());
    for (texts, page) in [
        (good, ""),
        (good, r#""Stop": "Halt", "Go": "Los""#),
        (r#""x": "noch {m}", "y": {"one": "eins", "other": "{count}"}"#, stop),
        (r#""x": "noch {n}", "y": {"other": "{count}"}"#, stop),
        (r#""x": "noch {n}", "y": {"one": "eins", "other": "viele"}"#, stop),
        (r#""x": "noch {n}", "y": "{count}""#, stop),
        (r#""x": "noch {n}""#, stop),
    ] {
        let found = faults(&read("de", texts, page), &english, &words);
        assert_eq!(found.len(), 1, "{texts} {page}: {found:?}");
    }
}
