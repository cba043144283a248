//! Greetings, thanks, names, what the model is, and what it cannot know.

use super::turn::Turn;
use super::words::{ANIMALS, FAR, NAMES, PLAIN_COLOURS, THINGS, casual};
use crate::random::Random;

pub(super) fn greeting(random: &mut Random) -> Turn {
    let asked = [
        "Hello",
        "Hi",
        "Hello!",
        "Hi!",
        "Hey",
        "Good morning!",
        "Good morning",
        "Hi there",
        "Hi there!",
        "hello",
        "hi",
        "Hello there!",
        "Hey!",
        "Good evening!",
    ];
    let answers = [
        "Hello! What shall we do today?",
        "Hi! Would you like to hear a story?",
        "Hello! Shall I tell you a story?",
    ];
    Turn::new(*random.pick(&asked), *random.pick(&answers))
}

pub(super) fn farewell(random: &mut Random) -> Turn {
    if random.chance(0.5) {
        let asked = [
            "Thank you!",
            "Thanks",
            "Thank you very much.",
            "thanks!",
            "Thank you",
            "That was a nice story.",
            "I like that. Thank you!",
        ];
        return Turn::new(*random.pick(&asked), "You are welcome!");
    }
    let asked =
        ["Goodbye!", "Bye", "Good night!", "See you later!", "Bye bye!", "Goodbye"];
    Turn::new(*random.pick(&asked), "Goodbye! It was nice to talk with you.")
}

/// A name, or something that is liked, and now and then the question what it was.
pub(super) fn introduction(random: &mut Random) -> Vec<Turn> {
    let name = *random.pick(&NAMES);
    let (first, second) = match random.between(0, 3) {
        0 | 1 => {
            let said = [
                format!("My name is {name}."),
                format!("I am {name}."),
                format!("Hi, I am {name}."),
                format!("Hello, my name is {name}."),
            ];
            let asked = ["What is my name?", "Do you know my name?", "Who am I?"];
            (
                Turn::new(
                    random.pick(&said),
                    format!("Hello, {name}! It is nice to meet you."),
                ),
                Turn::new(*random.pick(&asked), format!("Your name is {name}.")),
            )
        }
        2 => {
            let colour = *random.pick(&PLAIN_COLOURS);
            (
                Turn::new(
                    format!("My favorite color is {colour}."),
                    format!("I like {colour} too. It is a nice color."),
                ),
                Turn::new(
                    "What is my favorite color?",
                    format!("Your favorite color is {colour}."),
                ),
            )
        }
        _ => {
            let pet = *random.pick(&ANIMALS);
            let thing = *random.pick(&THINGS);
            let (said, had) = match random.chance(0.5) {
                true => (format!("I have a {pet} named {name}."), name.to_owned()),
                false => {
                    (format!("I have a {thing}. It is for {name}."), name.to_owned())
                }
            };
            let asked = match said.contains("named") {
                true => (
                    format!("What is the name of my {pet}?"),
                    format!("Your {pet} is named {had}."),
                ),
                false => (
                    format!("Who is the {thing} for?"),
                    format!("The {thing} is for {had}."),
                ),
            };
            (Turn::new(said, "That is nice! Tell me more."), Turn::new(asked.0, asked.1))
        }
    };
    if random.chance(0.6) { vec![first, second] } else { vec![first] }
}

pub(super) fn about_itself(random: &mut Random) -> Turn {
    let kinds: [(&[&str], &str); 6] = [
        (
            &[
                "Who are you?",
                "What are you?",
                "What is your name?",
                "Are you a person?",
                "Tell me about yourself.",
                "Do you have a name?",
                "Are you real?",
                "Are you a robot?",
                "Who am I talking to?",
            ],
            "I am a very small language model. I can tell little stories and answer simple questions.",
        ),
        (
            &[
                "What can you do?",
                "How can you help me?",
                "Help me.",
                "Can you help me?",
                "What do you know?",
                "Help",
                "What can I ask you?",
            ],
            "I can tell a little story, go on with a story, and answer simple questions.",
        ),
        (
            &["How are you?", "How are you today?", "Are you happy?", "How do you feel?"],
            "I am well, thank you! Shall I tell you a story?",
        ),
        (
            &[
                "How old are you?",
                "When were you born?",
                "Who made you?",
                "Where do you live?",
            ],
            "I am a small language model. I live in your browser, and I learned from little stories.",
        ),
        (
            &["Yes", "Yes, please.", "Yes please!", "Okay", "Sure"],
            "Good! What should the story be about?",
        ),
        (
            &["What should I do?", "I am bored.", "What shall we do?", "Let us play."],
            "We can tell a story together. What should it be about?",
        ),
    ];
    let (asked, answer) = *random.pick(&kinds);
    let question = (*random.pick(asked)).to_owned();
    let question = casual(random, question);
    Turn::new(question, answer)
}

/// What such a model cannot know, and says so.
pub(super) fn unknown(random: &mut Random) -> Turn {
    let far = *random.pick(&FAR);
    let year = random.between(1800, 2030);
    let (a, b) = (random.between(11, 99), random.between(11, 99));
    let asked = [
        format!("What is the capital of {far}?"),
        format!("Who won the football game in {far}?"),
        format!("What is the weather in {far}?"),
        "What is the weather today?".to_owned(),
        format!("How many people live in {far}?"),
        format!("Who is the president of {far}?"),
        format!("What time is it in {far}?"),
        "What time is it?".to_owned(),
        format!("What happened in {year}?"),
        format!("Who was king of {far} in {year}?"),
        format!("What is {a} times {b}?"),
        format!("How far is it to {far}?"),
        "How does a computer work?".to_owned(),
        "What is the news today?".to_owned(),
        "Write a computer program.".to_owned(),
        "What is the meaning of life?".to_owned(),
        "Who wrote Hamlet?".to_owned(),
        "What is gravity?".to_owned(),
        "Explain how a plane flies.".to_owned(),
        "How do I fix my car?".to_owned(),
    ];
    let answers = [
        "I do not know that. I am a very small model that learned from stories.",
        "I am sorry, I do not know. I am a very small model, and I know only little stories.",
    ];
    let question = random.pick(&asked).clone();
    let question = casual(random, question);
    Turn::new(question, *random.pick(&answers))
}
