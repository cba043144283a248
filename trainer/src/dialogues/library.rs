//! The stories in sentences, and their topics.

use std::collections::HashMap;

use super::words::{ANIMALS, NAMES, PLACES, PLAIN_COLOURS, SIZES, THINGS};
use crate::random::Random;

/// Sentences at the beginning of a story, one of which has to mention its topic.
const FIRST_SENTENCES: usize = 6;
/// Stories that are tried until one fits.
const MAX_TRIES: usize = 20;

/// For each word the stories that mention it, and the sentence in which they do first.
type Topics = HashMap<&'static str, Vec<(usize, usize)>>;

/// Stories to make dialogues from.
#[derive(Clone, Debug)]
pub(super) struct Library {
    stories: Vec<Vec<String>>,
    /// Those that mention a word early and again soon.
    about: Topics,
    /// The same by a thing, for stories in which it has a colour or a size.
    coloured: Topics,
}

impl Library {
    /// Cuts stories and finds their topics.
    pub(super) fn new(stories: &[String]) -> Library {
        let stories: Vec<Vec<String>> = stories.iter().map(|s| sentences(s)).collect();
        let mut about: Topics = HashMap::new();
        let mut coloured: Topics = HashMap::new();
        let lists: [&[&'static str]; 4] = [&NAMES, &ANIMALS, &THINGS, &PLACES];
        for (at, story) in stories.iter().enumerate() {
            for topic in lists.into_iter().flatten().copied() {
                let has = |sentence: &String| mentions(sentence, topic) > 0;
                let Some(first) = story.iter().take(FIRST_SENTENCES).position(has) else {
                    continue;
                };
                // Everyone is somewhere: a story about a bear has it from the start.
                let late =
                    first > 0 && !THINGS.contains(&topic) && !PLACES.contains(&topic);
                if late || story[first + 1..].iter().take(4).all(|s| !has(s)) {
                    continue;
                }
                about.entry(topic).or_default().push((at, first));
                if recoloured(&story[first], topic, "").is_some() {
                    coloured.entry(topic).or_default().push((at, first));
                }
            }
        }
        Library { stories, about, coloured }
    }

    /// The sentences of a random story.
    pub(super) fn any(&self, random: &mut Random) -> &[String] {
        random.pick::<Vec<String>>(&self.stories)
    }

    /// A short story about a topic, if there is one: its first sentence, what it says from
    /// the topic on, and mostly how it ends.
    pub(super) fn about(&self, random: &mut Random, topic: &str) -> Option<String> {
        let (story, first) = *random.pick(self.about.get(topic)?);
        Some(short(random, &self.stories[story], first))
    }

    /// A short story about a thing of a colour or a size, which it gets wherever it had
    /// another.
    pub(super) fn coloured(
        &self,
        random: &mut Random,
        thing: &str,
        colour: &str,
    ) -> Option<String> {
        for _ in 0..MAX_TRIES {
            let (story, first) = *random.pick(self.coloured.get(thing)?);
            let story = short(random, &self.stories[story], first);
            if let Some(story) = recoloured(&story, thing, colour) {
                return Some(story);
            }
        }
        None
    }

    /// A random short story.
    pub(super) fn story(&self, random: &mut Random) -> String {
        let story = random.pick(&self.stories);
        short(random, story, 0)
    }
}

/// The text with another colour before every mention of a thing that has one.
fn recoloured(text: &str, thing: &str, colour: &str) -> Option<String> {
    let mut out = text.to_owned();
    for other in PLAIN_COLOURS.iter().chain(&SIZES) {
        for end in [" ", ".", ",", "!", "?", "\""] {
            let (from, to) =
                (format!(" {other} {thing}{end}"), format!(" {colour} {thing}{end}"));
            out = out.replace(&from, &to);
        }
    }
    (out != text || text.contains(&format!(" {colour} {thing}"))).then_some(out)
}

fn short(random: &mut Random, story: &[String], first: usize) -> String {
    let most = random.between(200, 330);
    let mut parts: Vec<String> = story.iter().take(1).cloned().collect();
    parts.extend_from_slice(&story[first.max(1).min(story.len())..]);
    let mut text = shorten(&parts, most);
    let Some(last) = story.last() else { return text };
    let ends = last.len() < 90 && last.ends_with('.') && !text.ends_with(last.as_str());
    if ends && random.chance(0.7) && !text.is_empty() {
        text = format!("{text} {last}");
    }
    text
}

/// How often a text has a word.
pub(super) fn mentions(text: &str, word: &str) -> usize {
    let words = text.split(|c: char| !c.is_ascii_alphabetic());
    words.filter(|other| other.eq_ignore_ascii_case(word)).count()
}

/// The sentences of a text, with the quotes that close them.
fn sentences(text: &str) -> Vec<String> {
    let text = text.replace('\n', " ");
    let mut sentences = Vec::new();
    let mut current = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        current.push(letter);
        let goes_on = letters.peek().is_some_and(|next| ".!?\"”".contains(*next));
        let ended = current.trim_end_matches(['"', '”']).ends_with(['.', '!', '?']);
        if ended && !goes_on {
            sentences.push(current.trim().to_owned());
            current.clear();
        }
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// The first sentences, up to so many bytes.
pub(super) fn shorten(sentences: &[String], most: usize) -> String {
    let mut out = String::new();
    for sentence in sentences {
        if out.len() + sentence.len() > most {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(sentence);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_keep_their_quotes() {
        let text = "He said, \"Hello!\" Then he left.\nWho knows?";
        assert_eq!(
            sentences(text),
            ["He said, \"Hello!\"", "Then he left.", "Who knows?"]
        );
    }

    #[test]
    fn words_are_counted_whole() {
        assert_eq!(mentions("A cat saw the cattle. \"Cat!\"", "cat"), 2);
    }

    #[test]
    fn a_story_is_found_by_its_topic_and_begins_at_it() {
        let story = "There was a boy. He had a mom. He was five. One day he saw the \
            park. The park was big. He had a red ball. The end.";
        let library = Library::new(&[story.to_owned()]);
        let mut random = Random::new(1, 1);
        let found = library.about(&mut random, "park").unwrap();
        assert!(
            found.starts_with("There was a boy. One day he saw the park."),
            "{found}"
        );
        assert!(library.about(&mut random, "zoo").is_none());
    }

    #[test]
    fn a_thing_gets_the_colour_that_was_asked_for() {
        let text = "Tom saw a big ball. The red ball was wet.";
        assert_eq!(
            recoloured(text, "ball", "blue").unwrap(),
            "Tom saw a blue ball. The blue ball was wet."
        );
        assert_eq!(recoloured("Tom saw a ball.", "ball", "blue"), None);
    }
}
