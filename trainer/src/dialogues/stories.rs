//! Turns about stories: telling one, going on with one, questions about one.

use super::library::{Library, mentions, shorten};
use super::small_talk::greeting;
use super::turn::Turn;
use super::words::{
    ANIMALS, FEELINGS, NAMES, PLACES, PLAIN_COLOURS, SIZES, THINGS, capital, casual, one,
};
use crate::random::Random;

/// Stories that are tried until one fits.
const MAX_TRIES: usize = 20;

/// A request for a story about something that the story is really about. What it is
/// about is drawn first: the stories have ten times more girls and balls than bears.
pub(super) fn about(random: &mut Random, library: &Library) -> Turn {
    if random.chance(0.1) {
        return some_story(random, library);
    }
    for _ in 0..MAX_TRIES {
        let Some((topic, story)) = on_a_topic(random, library) else { continue };
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
    some_story(random, library)
}

/// A topic as it is asked for, and a story about it.
fn on_a_topic(random: &mut Random, library: &Library) -> Option<(String, String)> {
    let (asked, word, story) = match random.between(0, 4) {
        0 => {
            let name = *random.pick(&NAMES);
            (name.to_owned(), name, library.about(random, name)?)
        }
        1 => {
            let place = *random.pick(&PLACES);
            (format!("the {place}"), place, library.about(random, place)?)
        }
        2 => {
            let thing = *random.pick(&THINGS);
            (one(thing), thing, library.about(random, thing)?)
        }
        3 => {
            let thing = *random.pick(&THINGS);
            let colours: &[&str] =
                if random.chance(0.7) { &PLAIN_COLOURS } else { &SIZES };
            let colour = *random.pick(colours);
            let story = library.coloured(random, thing, colour)?;
            (format!("a {colour} {thing}"), thing, story)
        }
        _ => {
            let animal = *random.pick(&ANIMALS);
            (one(animal), animal, library.about(random, animal)?)
        }
    };
    (mentions(&story, word) > 1).then_some((asked, story))
}

/// A request for any story.
fn some_story(random: &mut Random, library: &Library) -> Turn {
    let ways = [
        "Tell me a story.",
        "Tell me a story, please.",
        "Can you tell me a story?",
        "I want a story.",
        "Tell me another story.",
        "Please tell me a story.",
    ];
    let asked = (*random.pick(&ways)).to_owned();
    Turn::new(casual(random, asked), library.story(random))
}

/// Some sentences of a story, its first or later ones, and what comes next.
pub(super) fn go_on(random: &mut Random, library: &Library) -> Turn {
    for _ in 0..MAX_TRIES {
        let parts = library.any(random);
        if parts.len() <= 6 {
            continue;
        }
        let start =
            if random.chance(0.6) { 0 } else { random.between(1, parts.len() - 5) };
        let (head, tail) = parts[start..].split_at(random.between(1, 3));
        let (head, tail) = (head.join(" "), shorten(tail, random.between(100, 260)));
        // What begins in the middle of a talk cannot be gone on with.
        if !tail.is_empty() && head.len() < 240 && !head.contains('"') {
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
    let (story, asked) = match random.between(0, 4) {
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
        2 => (
            format!(
                "Once there was {} named {name}. {name} was {feeling}. One day, {name} saw {} {thing} in the {place}.",
                one(animal),
                one(colour)
            ),
            vec![
                (format!("Who was {name}?"), format!("{name} was {}.", one(animal))),
                (format!("How did {name} feel?"), format!("{name} was {feeling}.")),
                (
                    format!("What did {name} see?"),
                    format!("{name} saw {} {thing}.", one(colour)),
                ),
                (
                    format!("What color was the {thing}?"),
                    format!("The {thing} was {colour}."),
                ),
                (
                    format!("Where was the {thing}?"),
                    format!("The {thing} was in the {place}."),
                ),
            ],
        ),
        3 => (
            format!(
                "{name} was {feeling}. {friend} gave {name} {} {thing}. They took it to the {place}, and {} came too.",
                one(colour),
                one(animal)
            ),
            vec![
                (
                    format!("What colour was the {thing}?"),
                    format!("The {thing} was {colour}."),
                ),
                (
                    format!("Who gave {name} the {thing}?"),
                    format!("{friend} gave {name} the {thing}."),
                ),
                (
                    format!("What did {friend} give {name}?"),
                    format!("{friend} gave {name} {} {thing}.", one(colour)),
                ),
                ("Where did they go?".to_owned(), format!("They went to the {place}.")),
                (
                    "Who came too?".to_owned(),
                    format!("{} came too.", capital(&one(animal))),
                ),
                (format!("Who was {feeling}?"), format!("{name} was {feeling}.")),
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
    let mut turns = Vec::new();
    let order = random.order(asked.len());
    for place in order.into_iter().take(random.between(1, 3)) {
        let (question, answer) = &asked[place];
        let question = match turns.is_empty() {
            true => format!("{story} {question}"),
            false => question.clone(),
        };
        turns.push(Turn::new(question, answer));
    }
    turns
}
