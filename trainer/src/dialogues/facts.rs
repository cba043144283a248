//! Small facts: colours, opposites, sounds, numbers.

use super::turn::Turn;
use super::words::{
    COLOURS, FEELINGS, NAMES, NUMBERS, OPPOSITES, SOUNDS, capital, casual, one,
};
use crate::random::Random;

/// A random one.
pub(super) fn fact(random: &mut Random) -> Turn {
    let makers =
        [colour, opposite, sound, count, sum, after, sum, opposite, feeling, colour];
    let turn = random.pick(&makers)(random);
    Turn { question: casual(random, turn.question), ..turn }
}

fn colour(random: &mut Random) -> Turn {
    let (thing, colour) = *random.pick(&COLOURS);
    let asked = [
        format!("What color is the {thing}?"),
        format!("What colour is the {thing}?"),
        format!("What color is {}?", one(thing)),
        format!("Which color does the {thing} have?"),
        format!("Tell me the color of the {thing}."),
    ];
    Turn::new(random.pick(&asked), format!("The {thing} is {colour}."))
}

fn opposite(random: &mut Random) -> Turn {
    let (word, other) = *random.pick(&OPPOSITES);
    let (word, other) = if random.chance(0.5) { (word, other) } else { (other, word) };
    let asked = [
        format!("What is the opposite of {word}?"),
        format!("Tell me the opposite of {word}."),
        format!("Opposite of {word}?"),
    ];
    Turn::new(random.pick(&asked), format!("The opposite of {word} is {other}."))
}

fn sound(random: &mut Random) -> Turn {
    let (animal, sound) = *random.pick(&SOUNDS);
    let animal = one(animal);
    let asked = [
        format!("What does {animal} say?"),
        format!("What sound does {animal} make?"),
        format!("How does {animal} sound?"),
    ];
    Turn::new(random.pick(&asked), format!("{} says {sound}!", capital(&animal)))
}

fn count(random: &mut Random) -> Turn {
    let low = random.between(1, 3);
    let high = random.between(low + 2, 10);
    let (from, to) = match random.chance(0.5) {
        true => (NUMBERS[low].to_owned(), NUMBERS[high].to_owned()),
        false => (low.to_string(), high.to_string()),
    };
    let mut asked = vec![
        format!("Count from {from} to {to}."),
        format!("Can you count from {from} to {to}?"),
        format!("Please count from {from} to {to}."),
    ];
    if low == 1 {
        asked.push(format!("Count to {to}."));
        asked.push(format!("Can you count to {to}?"));
    }
    let counted = NUMBERS[low..=high].join(", ");
    Turn::new(random.pick(&asked), format!("{}.", capital(&counted)))
}

fn sum(random: &mut Random) -> Turn {
    let (a, b) = (random.between(0, 5), random.between(0, 5));
    let (first, second) = (NUMBERS[a], NUMBERS[b]);
    let asked = [
        format!("What is {first} plus {second}?"),
        format!("What is {a} plus {b}?"),
        format!("How much is {first} and {second}?"),
    ];
    let answer = format!("{} plus {second} is {}.", capital(first), NUMBERS[a + b]);
    Turn::new(random.pick(&asked), answer)
}

fn after(random: &mut Random) -> Turn {
    let number = random.between(1, 9);
    let word = NUMBERS[number];
    let asked = [
        format!("What comes after {word}?"),
        format!("Which number comes after {word}?"),
    ];
    Turn::new(random.pick(&asked), format!("After {word} comes {}.", NUMBERS[number + 1]))
}

/// An answer to a person who says how they feel.
fn feeling(random: &mut Random) -> Turn {
    let (feeling, name) = (*random.pick(&FEELINGS), *random.pick(&NAMES));
    let answer = match feeling {
        "happy" | "proud" => "That is nice! I am happy for you.",
        "tired" => "Then you should rest. Shall I tell you a story?",
        "hungry" => "Then you should eat something. Maybe an apple!",
        "scared" => "Do not be scared. I can tell you a nice story.",
        _ => "I am sorry to hear that. A story may help you feel better.",
    };
    let asked = [
        format!("I am {feeling}."),
        format!("I feel {feeling} today."),
        format!("I am {feeling} today."),
        format!("My friend {name} is {feeling}."),
    ];
    let question = random.pick(&asked);
    match question.starts_with("My") {
        true => {
            Turn::new(question, format!("Then be kind to {name}. You are a good friend."))
        }
        false => Turn::new(question, answer),
    }
}
