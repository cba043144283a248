//! A lesson: a text to start from, a question with guesses, what is so, and what to try.

use serde_json::Value;

use super::knobs::Knobs;
use super::tools::Tool;

/// The most guesses of a lesson.
const MAX_CHOICES: usize = 8;
/// The most bytes of a lesson's file.
const MAX_BYTES: usize = 100_000;

/// A lesson, of a file like those in `lessons/` (docs/lessons.md).
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
    /// Open the lesson of a file beside the page.
    Open(String),
    /// The file was read; none if it could not be.
    Read(Option<String>),
    /// Guess, by the index of the choice.
    Guess(usize),
    /// Close the lesson.
    Close,
}

impl Lesson {
    /// The lesson of a file's text; none if it is no lesson.
    pub(crate) fn read(text: &str) -> Option<Lesson> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let file: Value = serde_json::from_str(text).ok()?;
        let text = |name: &str| Some(file.get(name)?.as_str()?.to_owned());
        let choices = file.get("choices")?.as_array()?;
        let choices = choices.iter().map(|choice| Some(choice.as_str()?.to_owned()));
        let choices: Vec<String> = choices.collect::<Option<_>>()?;
        let answer = file.get("answer")?.as_u64()? as usize;
        let knobs = file.get("knobs").cloned();
        let knobs = knobs.map(serde_json::from_value).transpose().ok()?;
        let tool = file.get("tool").and_then(Value::as_str).and_then(Tool::named);
        let is_known = file.get("version")?.as_u64() == Some(1);
        let is_whole = choices.len() <= MAX_CHOICES && answer < choices.len();
        (is_known && is_whole).then_some(Lesson {
            title: text("title")?,
            prompt: text("prompt")?,
            question: text("question")?,
            choices,
            answer,
            reveal: text("reveal")?,
            attempt: text("attempt")?,
            knobs,
            tool,
        })
    }
}

/// The file of a lesson beside the page, by its name in the page's address; none if that could
/// lead elsewhere.
pub(crate) fn lesson_file(name: &str) -> Option<String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let is_name = !name.is_empty() && name.len() <= 100 && name.chars().all(is_plain);
    is_name.then(|| format!("lessons/{name}.json"))
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
            let lesson = Lesson::read(&text).unwrap_or_else(|| panic!("{path:?}"));
            assert!(lesson.choices.len() > 1 && !lesson.reveal.is_empty(), "{path:?}");
            let name = path.file_stem().unwrap().to_string_lossy();
            assert!(menu.contains(&format!("data-lesson=\"{name}\"")), "{name}");
            assert!(menu.contains(&lesson.title), "{}", lesson.title);
            assert_eq!(lesson_file(&name), Some(format!("lessons/{name}.json")));
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
        assert!(Lesson::read(&of(r#"["x","y"]"#, "1")).is_some());
        for (choices, answer) in [
            ("[]", "0"),
            (r#"["x"]"#, "1"),
            ("[1]", "0"),
            (r#"["x"]"#, "-1"),
            ("{}", "0"),
        ] {
            assert_eq!(Lesson::read(&of(choices, answer)), None, "{choices}");
        }
        let newer = of(r#"["x","y"]"#, "1").replace("\"version\":1", "\"version\":2");
        assert_eq!(Lesson::read(&newer), None);
        assert_eq!(Lesson::read(""), None);
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        for name in ["", "../x", "a/b", "https://evil.example/x", "a.b", "a%2fb", "a b"] {
            assert_eq!(lesson_file(name), None, "{name}");
        }
    }
}
