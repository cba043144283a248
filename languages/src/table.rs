//! A table as it is written in its file.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The table of a language.
#[derive(Clone, Debug)]
pub struct Language {
    /// Its code, such as `pt`.
    pub code: String,
    /// Its name in itself.
    pub name: String,
    /// Whether it is written from right to left.
    pub right_to_left: bool,
    /// The sentences by region and name, in the order of the file.
    pub texts: Vec<(String, Vec<(String, Text)>)>,
    /// The translations of the words in the page's HTML, by the English.
    pub page: Vec<(String, String)>,
}

/// A sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// One form for everything.
    Plain(String),
    /// A form for each plural category.
    Plural(Vec<(String, String)>),
}

/// A table's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    direction: Direction,
    texts: Map<String, Value>,
    page: Map<String, Value>,
}

#[derive(PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Ltr,
    Rtl,
}

impl Language {
    /// Reads a table.
    ///
    /// # Errors
    /// Says what is wrong with it, and where.
    pub fn read(code: &str, json: &str) -> Result<Language, String> {
        let File { name, direction, texts, page } = serde_json::from_str(json)
            .map_err(|error| format!("{code}.json: {error}"))?;
        let wrong = |place: &str| format!("{code}.json: {place} is no text");
        let regions = texts.into_iter().map(|(region, texts)| {
            let Value::Object(texts) = texts else { return Err(wrong(&region)) };
            let texts = texts.into_iter().map(|(name, value)| {
                let place = || wrong(&format!("{region}.{name}"));
                Text::of(value).ok_or_else(place).map(|text| (name.clone(), text))
            });
            let texts = texts.collect::<Result<_, String>>()?;
            Ok((region, texts))
        });
        let words = page.into_iter().map(|(english, value)| match value {
            Value::String(text) => Ok((english, text)),
            _ => Err(wrong(&english)),
        });
        Ok(Language {
            code: code.to_owned(),
            name,
            right_to_left: direction == Direction::Rtl,
            texts: regions.collect::<Result<_, String>>()?,
            page: words.collect::<Result<_, String>>()?,
        })
    }

    /// The text with a name.
    pub fn text(&self, region: &str, name: &str) -> Option<&Text> {
        let (_, texts) = self.texts.iter().find(|(other, _)| other == region)?;
        texts.iter().find(|(other, _)| other == name).map(|(_, text)| text)
    }
}

impl Text {
    fn of(value: Value) -> Option<Text> {
        match value {
            Value::String(text) => Some(Text::Plain(text)),
            Value::Object(forms) => {
                let forms = forms.into_iter().map(|(category, form)| match form {
                    Value::String(form) => Some((category, form)),
                    _ => None,
                });
                forms.collect::<Option<_>>().map(Text::Plural)
            }
            _ => None,
        }
    }

    /// Its forms: one, or one for each plural category.
    pub fn forms(&self) -> Vec<&str> {
        match self {
            Text::Plain(text) => vec![text],
            Text::Plural(forms) => forms.iter().map(|(_, form)| form.as_str()).collect(),
        }
    }
}

/// The plural categories of a language's whole numbers, which `Intl.PluralRules` has, too.
/// <https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html>
pub fn plural_categories(code: &str) -> &'static [&'static str] {
    match code {
        "ar" => &["zero", "one", "two", "few", "many", "other"],
        "es" | "fr" | "pt" => &["one", "many", "other"],
        "ja" | "zh" => &["other"],
        _ => &["one", "other"],
    }
}
