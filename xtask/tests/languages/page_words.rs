//! The words in the page's HTML: of each element its own text, with {0}, {1} and so on for the
//! elements in it, and its attributes that are read or heard.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use html5gum::{Token, Tokenizer};

const ATTRIBUTES: [&str; 5] =
    ["title", "aria-label", "aria-description", "placeholder", "data-name"];
const NOT_WORDS: [&str; 5] = ["title", "script", "style", "noscript", "kbd"];
/// Elements without an end.
const VOID: [&str; 5] = ["meta", "link", "input", "br", "img"];
/// What puts a region into the page.
const REGION: &str = r#"<link data-trunk rel="inline" type="html" href=""#;

/// An element that is open.
#[derive(Default)]
struct Open {
    name: String,
    text: String,
    children: usize,
    has_own_text: bool,
    /// It and all in it is no language.
    is_left_out: bool,
}

/// The words of the page with all of its regions.
pub(crate) fn of_page(root: &Path) -> BTreeSet<String> {
    let page = fs::read_to_string(root.join("index.html")).unwrap();
    let mut parts = page.split(REGION);
    let mut html = parts.next().unwrap().to_owned();
    for part in parts {
        let (file, rest) = part.split_once("\">").unwrap();
        html += &fs::read_to_string(root.join(file)).unwrap();
        html += rest;
    }
    let mut words = of_html(&html);
    // The page of one who takes part in a class, which has the same table.
    let class = fs::read_to_string(root.join("page/class.html")).unwrap();
    words.extend(of_html(&class));
    words
}

fn of_html(html: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut open: Vec<Open> = Vec::new();
    for token in Tokenizer::new(html) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = text_of(&tag.name);
                let mut is_left_out = NOT_WORDS.contains(&name.as_str());
                if let Some(parent) = open.last_mut() {
                    parent.text += &format!("{{{}}}", parent.children);
                    parent.children += 1;
                    is_left_out |= parent.is_left_out;
                }
                let attribute = |name: &str| tag.attributes.get(name.as_bytes());
                let translate = attribute("translate").map(|value| text_of(value));
                is_left_out |= translate.as_deref() == Some("no");
                if !is_left_out {
                    let values = ATTRIBUTES.into_iter().filter_map(attribute);
                    words.extend(values.map(|value| text_of(value)));
                }
                if !VOID.contains(&name.as_str()) {
                    open.push(Open { name, is_left_out, ..Open::default() });
                }
            }
            Token::EndTag(tag) => {
                let Some(element) = open.pop() else { panic!("nothing to close") };
                assert_eq!(
                    element.name,
                    text_of(&tag.name),
                    "elements are closed in order"
                );
                if element.has_own_text && !element.is_left_out {
                    words.insert(
                        element.text.split_whitespace().collect::<Vec<_>>().join(" "),
                    );
                }
            }
            Token::String(text) => {
                let text = text_of(&text);
                if let Some(element) = open.last_mut() {
                    element.has_own_text |= !text.trim().is_empty();
                    element.text += &text;
                }
            }
            _ => {}
        }
    }
    words.into_iter().filter(|words| has_word(words)).collect()
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Whether there are two letters beside each other: one alone is a symbol.
fn has_word(text: &str) -> bool {
    let letters: Vec<bool> = text.chars().map(char::is_alphabetic).collect();
    letters.windows(2).any(|two| two == [true, true])
}

#[test]
fn words_are_found_as_the_page_s_script_finds_them() {
    let found = of_html(
        "<body><p title='A hint'>Press <kbd>Enter</kbd> to\n  go</p><b translate=no>SmolLM</b>
         <template><i>✕</i><button>Stop</button></template><label><input> Keep &amp; go</label>",
    );
    let expected = ["A hint", "Press {0} to go", "Stop", "{0} Keep & go"];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
