//! The words that the templates are filled with: all are frequent in the stories.

pub(super) const NAMES: [&str; 20] = [
    "Lily", "Tom", "Sara", "Ben", "Mia", "Max", "Anna", "Tim", "Lucy", "Sam", "Jack",
    "Emma", "Leo", "Amy", "Jill", "Bob", "Sue", "Mary", "Spot", "Tommy",
];
pub(super) const ANIMALS: [&str; 17] = [
    "dog", "cat", "bird", "bunny", "bear", "frog", "fox", "duck", "mouse", "horse",
    "cow", "lion", "fish", "owl", "pig", "rabbit", "squirrel",
];
pub(super) const THINGS: [&str; 20] = [
    "ball", "tree", "car", "book", "hat", "boat", "cake", "flower", "kite", "box", "toy",
    "apple", "star", "drum", "bike", "doll", "truck", "balloon", "cookie", "shell",
];
pub(super) const PLACES: [&str; 12] = [
    "park", "garden", "forest", "beach", "house", "school", "farm", "zoo", "kitchen",
    "yard", "store", "lake",
];
pub(super) const FEELINGS: [&str; 7] =
    ["happy", "sad", "tired", "scared", "proud", "angry", "hungry"];
pub(super) const PLAIN_COLOURS: [&str; 6] =
    ["red", "blue", "green", "yellow", "pink", "white"];
/// What things are besides, all after "a".
pub(super) const SIZES: [&str; 8] =
    ["big", "small", "little", "new", "shiny", "pretty", "black", "brown"];
pub(super) const COLOURS: [(&str, &str); 18] = [
    ("sky", "blue"),
    ("grass", "green"),
    ("sun", "yellow"),
    ("snow", "white"),
    ("banana", "yellow"),
    ("strawberry", "red"),
    ("night", "black"),
    ("leaf", "green"),
    ("sea", "blue"),
    ("lemon", "yellow"),
    ("carrot", "orange"),
    ("apple", "red"),
    ("cloud", "white"),
    ("fire truck", "red"),
    ("frog", "green"),
    ("pig", "pink"),
    ("tree", "green"),
    ("tomato", "red"),
];
pub(super) const OPPOSITES: [(&str, &str); 20] = [
    ("big", "small"),
    ("hot", "cold"),
    ("happy", "sad"),
    ("up", "down"),
    ("day", "night"),
    ("fast", "slow"),
    ("wet", "dry"),
    ("open", "closed"),
    ("good", "bad"),
    ("old", "new"),
    ("high", "low"),
    ("loud", "quiet"),
    ("light", "dark"),
    ("hard", "soft"),
    ("full", "empty"),
    ("long", "short"),
    ("in", "out"),
    ("yes", "no"),
    ("left", "right"),
    ("clean", "dirty"),
];
pub(super) const SOUNDS: [(&str, &str); 11] = [
    ("dog", "woof"),
    ("cat", "meow"),
    ("duck", "quack"),
    ("cow", "moo"),
    ("pig", "oink"),
    ("lion", "roar"),
    ("bird", "tweet"),
    ("frog", "ribbit"),
    ("owl", "hoot"),
    ("sheep", "baa"),
    ("horse", "neigh"),
];
pub(super) const NUMBERS: [&str; 11] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];
pub(super) const FAR: [&str; 14] = [
    "France", "Spain", "China", "Brazil", "Canada", "Kenya", "Japan", "Peru", "London",
    "Paris", "Rome", "Berlin", "Italy", "India",
];

/// The word with a capital first letter.
pub(super) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The word after "a" or "an".
pub(super) fn one(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {word}")
}

/// A question as people type it: sometimes without capitals, or without its last mark.
pub(super) fn casual(random: &mut crate::random::Random, text: String) -> String {
    match random.unit() {
        x if x < 0.08 => text.to_lowercase(),
        x if x < 0.16 => text.trim_end_matches(['.', '?', '!']).to_owned(),
        _ => text,
    }
}
