//! Turns about stories: telling one, going on with one, questions about one.

use super::Turn;
use super::small_talk::greeting;
use super::words::{
    ANIMALS, FEELINGS, NAMES, PLACES, PLAIN_COLOURS, THINGS, casual, one,
};
use crate::random::Random;

/// How often a story that fits is looked for.
const TRIES: usize = 20;

/// A request for a story about something that the story is really about. What it is
/// about is drawn first: the stories have ten times more girls and balls than bears.
pub(super) fn about(random: &mut Random, stories: &[String]) -> Turn {
    if random.chance(0.12) {
        return some_story(random, stories);
    }
    let lists: [&[&str]; 4] = [&ANIMALS, &ANIMALS, &THINGS, &PLACES];
    let list = if random.chance(0.25) { &NAMES[..] } else { *random.pick(&lists) };
    let topic = *random.pick(list);
    for _ in 0..20 * TRIES {
        let parts = sentences_about(random.pick::<String>(stories), topic);
        let story = shorten(&parts, random.between(200, 380));
        if mentions(&story, topic) < 2 {
            continue;
        }
        let topic = match topic {
            topic if NAMES.contains(&topic) => topic.to_owned(),
            topic if PLACES.contains(&topic) => format!("the {topic}"),
            topic => one(topic),
        };
        let ways = [
            format!("Tell me a story about {topic}."),
            format!("Tell me a story about {topic}, please."),
            format!("Please tell me a story about {topic}."),
            format!("Write a story about {topic}."),
            format!("Can you tell me a story about {topic}?"),
            format!("A story about {topic}, please."),
            format!("I want a story about {topic}."),
        ];
        let asked = random.pick(&ways).clone();
        return Turn::new(casual(random, asked), story);
    }
    some_story(random, stories)
}

/// The sentences of a story that has the topic in its first, else none.
fn sentences_about(story: &str, topic: &str) -> Vec<String> {
    let first = story.split(['.', '!', '?']).next().unwrap_or_default();
    if mentions(first, topic) == 0 { Vec::new() } else { sentences(story) }
}

/// A request for any story.
fn some_story(random: &mut Random, stories: &[String]) -> Turn {
    let ways = [
        "Tell me a story.",
        "Tell me a story, please.",
        "Can you tell me a story?",
        "I want a story.",
        "Tell me another story.",
        "Please tell me a story.",
    ];
    let story = beginning(random, stories);
    let asked = (*random.pick(&ways)).to_owned();
    Turn::new(casual(random, asked), story)
}

/// The first sentences of a story.
fn beginning(random: &mut Random, stories: &[String]) -> String {
    let mut story = String::new();
    for _ in 0..TRIES {
        let most = random.between(200, 380);
        story = shorten(&sentences(random.pick::<String>(stories)), most);
        if story.len() > 120 {
            break;
        }
    }
    story
}

/// How often a text has a word.
fn mentions(text: &str, word: &str) -> usize {
    let words = text.split(|c: char| !c.is_ascii_alphabetic());
    words.filter(|other| other.eq_ignore_ascii_case(word)).count()
}

/// The first sentences of a story, and what comes next.
pub(super) fn go_on(random: &mut Random, stories: &[String]) -> Turn {
    for _ in 0..TRIES {
        let parts = sentences(random.pick::<String>(stories));
        if parts.len() <= 6 {
            continue;
        }
        let (head, tail) = parts.split_at(random.between(1, 3));
        let (head, tail) = (head.join(" "), shorten(tail, 280));
        if !tail.is_empty() && head.len() < 300 {
            let ways = [
                format!("Continue: {head}"),
                format!("Continue this story: {head}"),
                format!("Go on with this story: {head}"),
                format!("{head} What happens next?"),
                format!("What happens next? {head}"),
            ];
            return Turn::new(random.pick(&ways), tail);
        }
    }
    greeting(random)
}

/// A little story with questions whose answers are in it.
pub(super) fn questions(random: &mut Random) -> Vec<Turn> {
    let (name, friend) = random.pick_two(&NAMES);
    let (animal, thing) = (*random.pick(&ANIMALS), *random.pick(&THINGS));
    let (place, feeling) = (*random.pick(&PLACES), *random.pick(&FEELINGS));
    let colour = *random.pick(&PLAIN_COLOURS);
    let (story, asked) = match random.between(0, 2) {
        0 => (
            format!(
                "{name} went to the {place} with {}. {name} found {} and gave it to {friend}. {friend} was {feeling}.",
                one(animal),
                one(thing)
            ),
            vec![
                (format!("Where did {name} go?"), format!("{name} went to the {place}.")),
                (
                    format!("What did {name} find?"),
                    format!("{name} found {}.", one(thing)),
                ),
                (format!("Who got the {thing}?"), format!("{friend} got the {thing}.")),
                (format!("How did {friend} feel?"), format!("{friend} was {feeling}.")),
                (
                    format!("Who went to the {place}?"),
                    format!("{name} went to the {place}."),
                ),
            ],
        ),
        1 => (
            format!(
                "{name} had a {colour} {thing}. {name} played with it in the {place}. Then {friend} came, and {name} was {feeling}."
            ),
            vec![
                (
                    format!("What color was the {thing}?"),
                    format!("The {thing} was {colour}."),
                ),
                (
                    format!("Where did {name} play?"),
                    format!("{name} played in the {place}."),
                ),
                ("Who came?".to_owned(), format!("{friend} came.")),
                (
                    format!("What did {name} have?"),
                    format!("{name} had a {colour} {thing}."),
                ),
                (format!("How did {name} feel?"), format!("{name} was {feeling}.")),
                (format!("Who had the {thing}?"), format!("{name} had the {thing}.")),
            ],
        ),
        _ => (
            format!(
                "The {animal} lived in the {place}. It was {feeling}. {name} gave it {}.",
                one(thing)
            ),
            vec![
                (
                    format!("Where did the {animal} live?"),
                    format!("The {animal} lived in the {place}."),
                ),
                (
                    format!("How was the {animal}?"),
                    format!("The {animal} was {feeling}."),
                ),
                (
                    format!("Who gave it {}?", one(thing)),
                    format!("{name} gave it {}.", one(thing)),
                ),
                (
                    format!("What did {name} give the {animal}?"),
                    format!("{name} gave it {}.", one(thing)),
                ),
            ],
        ),
    };
    let ((first, answer), (second, other)) = random.pick_two(&asked);
    let mut turns = vec![Turn::new(format!("{story} {first}"), answer.clone())];
    if random.chance(0.4) {
        turns.push(Turn::new(second.clone(), other.clone()));
    }
    turns
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
fn shorten(sentences: &[String], most: usize) -> String {
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
}
