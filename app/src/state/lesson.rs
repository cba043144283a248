//! A lesson: a text to start from, a question with guesses, what is so, and what to try.

use super::knobs::Knobs;
use super::tools::Tool;
use crate::json_value::Value;

/// The version of the form of lessons.
const VERSION: u32 = 1;
/// The most letters of a name or an address.
const MAX_ADDRESS: usize = 2_000;
/// The most guesses of a lesson.
const MAX_CHOICES: usize = 8;
/// The most bytes of a lesson's file.
const MAX_BYTES: usize = 100_000;

/// A lesson, of a file like those in `lessons/` (docs/teaching.md).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lesson {
    pub(crate) title: String,
    pub(crate) prompt: String,
    pub(crate) question: String,
    pub(crate) choices: Vec<String>,
    /// Which of them is right.
    pub(crate) answer: usize,
    /// What is so, and why.
    pub(crate) reveal: String,
    /// What to try then.
    pub(crate) attempt: String,
    /// The knobs to begin with, if they are not the page's.
    pub(crate) knobs: Option<Knobs>,
    /// The tool to begin with.
    pub(crate) tool: Option<Tool>,
}

/// The lesson that is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OpenLesson {
    pub(crate) lesson: Lesson,
    /// What the person has guessed.
    pub(crate) guess: Option<usize>,
}

/// Something to do with lessons.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LessonAction {
    /// Open a lesson, by its name beside the page or by its address.
    Open(String),
    /// The file was read; none if it could not be.
    Read(Option<String>),
    /// Guess, by the index of the choice.
    Guess(usize),
    /// Close the lesson.
    Close,
}

impl Lesson {
    /// The lesson of a file's text, in the language of this code if the file has it; none if it
    /// is no lesson.
    pub(crate) fn read(text: &str, language: &str) -> Option<Lesson> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let file = Value::parse(text)?;
        let translations = file.get("translations");
        let translated = translations.and_then(|all| all.get(language));
        let words = translated.as_ref().unwrap_or(&file);
        let text = |name: &str| words.get(name)?.text();
        let choices = words.get("choices")?.items()?;
        let choices: Vec<String> =
            choices.iter().map(Value::text).collect::<Option<_>>()?;
        let answer = file.get("answer")?.number()? as usize;
        let knobs = match file.get("knobs") {
            Some(knobs) => Some(knobs.typed()?),
            None => None,
        };
        let is_known = file.get("version")?.number()? == VERSION;
        let is_whole = choices.len() <= MAX_CHOICES && answer < choices.len();
        (is_known && is_whole).then_some(Lesson {
            title: text("title")?,
            prompt: file.get("prompt")?.text()?,
            question: text("question")?,
            choices,
            answer,
            reveal: text("reveal")?,
            attempt: text("attempt")?,
            knobs,
            tool: file.get("tool").and_then(|tool| Tool::named(&tool.text()?)),
        })
    }
}

/// Where a lesson's file is: beside the page, if it has a plain name, or elsewhere in the web.
/// None for other names: they could lead to what is no lesson of anyone.
pub(crate) fn lesson_address(name: &str) -> Option<String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    if name.is_empty() || name.len() > MAX_ADDRESS {
        return None;
    }
    match name.chars().all(is_plain) {
        true => Some(format!("lessons/{name}.json")),
        false => name.starts_with("https://").then(|| name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lesson_beside_the_page_is_one_and_the_page_lists_it() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let menu = std::fs::read_to_string(format!("{root}/page/lessons.html")).unwrap();
        let mut count = 0;
        for file in std::fs::read_dir(format!("{root}/lessons")).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let lesson = Lesson::read(&text, "en").unwrap_or_else(|| panic!("{path:?}"));
            assert!(lesson.choices.len() > 1 && !lesson.reveal.is_empty(), "{path:?}");
            let name = path.file_stem().unwrap().to_string_lossy();
            assert!(menu.contains(&format!("data-lesson=\"{name}\"")), "{name}");
            assert!(menu.contains(&lesson.title), "{}", lesson.title);
            assert_eq!(lesson_address(&name), Some(format!("lessons/{name}.json")));
            let languages = ["ar", "de", "es", "fr", "ja", "pt", "zh"];
            for code in languages {
                let translated = Lesson::read(&text, code).unwrap();
                let same = translated.choices.len() == lesson.choices.len();
                assert!(same && translated.reveal != lesson.reveal, "{path:?} in {code}");
            }
            if text.contains("\"tool\"") {
                assert!(lesson.tool.is_some(), "{path:?}");
            }
            count += 1;
        }
        assert_eq!(menu.matches("data-lesson=").count(), count);
        assert!(count >= 10);
    }

    #[test]
    fn what_is_no_lesson_is_none() {
        let of = |choices: &str, answer: &str| {
            format!(
                r#"{{"version":1,"title":"t","prompt":"p","question":"q","choices":{choices},
                "answer":{answer},"reveal":"r","attempt":"a"}}"#
            )
        };
        assert!(Lesson::read(&of(r#"["x","y"]"#, "1"), "en").is_some());
        for (choices, answer) in [
            ("[]", "0"),
            (r#"["x"]"#, "1"),
            ("[1]", "0"),
            (r#"["x"]"#, "-1"),
            ("{}", "0"),
        ] {
            assert_eq!(Lesson::read(&of(choices, answer), "en"), None, "{choices}");
        }
        let newer = of(r#"["x","y"]"#, "1").replace("\"version\":1", "\"version\":2");
        assert_eq!(Lesson::read(&newer, "en"), None);
        assert_eq!(Lesson::read("", "en"), None);
    }

    #[test]
    fn a_lesson_speaks_the_language_of_the_page_if_it_can() {
        let text = r#"{"version":1,"title":"t","prompt":"p","question":"q","choices":["x","y"],
            "answer":1,"reveal":"r","attempt":"a","translations":{"de":{"title":"T",
            "question":"Q","choices":["X","Y"],"reveal":"R","attempt":"A"}}}"#;
        let title = |code: &str| Lesson::read(text, code).unwrap().title;
        assert_eq!((title("de"), title("fr")), ("T".into(), "t".into()));
        let short = text.replace(r#"["X","Y"]"#, r#"["X"]"#);
        assert_eq!(
            Lesson::read(&short, "de"),
            None,
            "the answer is not among its choices"
        );
    }

    #[test]
    fn a_name_leads_to_a_file_beside_the_page_or_to_a_safe_address() {
        for name in ["", "../x", "a/b", "http://evil.example/x", "a.b", "a%2fb", "a b"] {
            assert_eq!(lesson_address(name), None, "{name}");
        }
        for name in ["javascript:alert(1)", "data:text/json,1", "//evil.example/x"] {
            assert_eq!(lesson_address(name), None, "{name}");
        }
        let elsewhere = "https://school.example/week-1.json";
        assert_eq!(lesson_address(elsewhere).as_deref(), Some(elsewhere));
    }
}
