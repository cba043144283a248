//! The language of the page: its texts by number, and how its numbers are written.
//!
//! The texts are in `languages/`, a table for each language. [`table`] has a constant for each,
//! made by `build.rs`: a text without placeholders is a [`Text`], which reads as a string; one
//! with placeholders is a [`Template`], to be filled by [`say!`]; and one that depends on a
//! number is a [`Plural`], for [`say_count!`]. Both check the names when they are compiled.

mod current;
mod fill;
mod numbers;
pub(crate) mod table;

pub(crate) use current::{install, is_english, translated_word};
pub(crate) use fill::{Plural, Template, Text, fill, fill_plural};
pub(crate) use numbers::{count, isolated, localised, percent, with_plain_numbers};

/// Fills in a template: `say!(WAY, way = 1, ways = 3)`. The names are those of the English text,
/// in the order of their first appearance.
macro_rules! say {
    ($template:expr $(, $name:ident = $value:expr)+ $(,)?) => {{
        const TEMPLATE: $crate::language::Template = $template;
        const { TEMPLATE.check(&[$(stringify!($name)),+]) };
        $crate::language::fill(TEMPLATE.number, &[$(&$value),+])
    }};
}

/// The form of a text for a number, which is its placeholder `{count}`:
/// `say_count!(FILES, 3, first = name)`.
macro_rules! say_count {
    ($plural:expr, $number:expr $(, $name:ident = $value:expr)* $(,)?) => {{
        const PLURAL: $crate::language::Plural = $plural;
        const { PLURAL.check(&[$(stringify!($name)),*]) };
        $crate::language::fill_plural(PLURAL.number, $number, &[$(&$value),*])
    }};
}

pub(crate) use {say, say_count};

#[cfg(test)]
mod tests;
