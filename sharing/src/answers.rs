//! What a trace has beside the text: replies of the chat, and what the open tool showed. Each is a
//! question with what the engine said to it, in the engine's own events, so that a page shows it
//! by the same code as when it came.

use std::fmt;

use protocol::{Divergence, Event, GrowSettings, OcclusionUnit, Token};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// What was asked.
    pub to: Asked,
    /// What the engine said, in order. Of a reply whose tokens are not known there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Asked {
    /// A question of the conversation; they are in order.
    Reply {
        /// What the person wrote.
        question: String,
        /// What the reply begins with that is not the model's.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        begun: String,
        /// The reply, if its tokens are not known.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
        /// The name of the model that wrote it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        writer: String,
    },
    /// How likely words are after the text.
    Words {
        /// Those that are watched.
        #[serde(default)]
        watched: Vec<String>,
        /// The one in the box.
        #[serde(default)]
        typed: String,
    },
    /// The scores of a text.
    Score {
        /// The text in the box.
        #[serde(default)]
        typed: String,
        /// What the tint shows, by its name in the page.
        #[serde(default)]
        heat: String,
    },
    /// The text held against another text or sampler.
    Compare {
        /// The other text; empty if it is the same.
        #[serde(default)]
        typed: String,
        /// The other temperature; none if it is the same.
        #[serde(default)]
        temperature: Option<f32>,
        /// The other top-p; none if it is the same.
        #[serde(default)]
        top_p: Option<f32>,
    },
    /// How the prediction in view came about.
    Inside {
        /// The view, by its name in the page.
        view: String,
        /// Several positions side by side.
        #[serde(default)]
        several: bool,
        /// The layer and the head that are shown, from 1; 0 for all.
        #[serde(default)]
        layer: u32,
        /// See `layer`.
        #[serde(default)]
        head: u32,
        /// The weight of the first token is shown with the others.
        #[serde(default)]
        with_first: bool,
        /// One head is shown for all tokens.
        #[serde(default)]
        matrix: bool,
        /// The parts that are removed at a time.
        #[serde(default)]
        unit: OcclusionUnit,
        /// The tokens that are compared with; the last chosen first.
        #[serde(default)]
        rivals: Vec<Token>,
    },
    /// The next token drawn many times, and what other values of two knobs would do.
    Draws {
        /// How often it is drawn.
        draws: u32,
        /// How often it was drawn again.
        #[serde(default)]
        round: u32,
    },
    /// The numbers in view, computed once more.
    Verify,
    /// What could follow the text. The tokens that grew are among those of the texts.
    Grow {
        /// How it is grown.
        growth: GrowSettings,
    },
    /// Two engines after the same text.
    Engines {
        /// What the other one has that is another, by its name in the page.
        with: String,
        /// The name of the other model, as it was typed.
        #[serde(default)]
        model: String,
        /// The other temperature; none if it is the same.
        #[serde(default)]
        temperature: Option<f32>,
        /// The other top-p; none if it is the same.
        #[serde(default)]
        top_p: Option<f32>,
        /// How far both are apart, which takes all probabilities of both; none if their tokens
        /// differ.
        #[serde(default)]
        apart: Option<Apart>,
    },
    /// Bets on the next token, which nobody is asked about.
    Guess {
        /// The chips on each row.
        chips: Vec<u8>,
        /// Whether the bars were seen.
        #[serde(default)]
        revealed: bool,
        /// How many guesses were revealed so far.
        #[serde(default)]
        rounds: u32,
        /// The bits of the player's surprise in all of them.
        #[serde(default)]
        player: f64,
        /// Of the model's.
        #[serde(default)]
        model: f64,
    },
}

/// How far the distributions of two engines with the same tokens are apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Apart {
    /// The distance of both `p`; none if that is not known.
    #[serde(default)]
    pub p: Option<Divergence>,
    /// The distance of both `q`; none if that does not follow from what the samplers kept.
    #[serde(default)]
    pub q: Option<Divergence>,
    /// The entropies of both, in bits.
    pub entropy_bits: [f64; 2],
}

/// The names of all questions in JSON.
const KNOWN: [&str; 10] = [
    "reply", "words", "score", "compare", "inside", "draws", "verify", "grow", "engines",
    "guess",
];

/// Reads answers, and passes over those to questions that only later pages ask.
///
/// # Errors
/// If one of the others is damaged.
pub(crate) fn read_known<'de, D: Deserializer<'de>>(
    reader: D,
) -> Result<Vec<Answered>, D::Error> {
    struct Known;
    impl<'de> Visitor<'de> for Known {
        type Value = Vec<Answered>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of answers")
        }

        fn visit_seq<A: SeqAccess<'de>>(
            self,
            mut list: A,
        ) -> Result<Vec<Answered>, A::Error> {
            let mut known = Vec::new();
            while let Some(answered) = list.next_element::<serde_json::Value>()? {
                let of = answered["to"]["of"].as_str();
                if of.is_none_or(|of| KNOWN.contains(&of)) {
                    known.push(
                        serde_json::from_value(answered).map_err(A::Error::custom)?,
                    );
                }
            }
            Ok(known)
        }
    }
    reader.deserialize_seq(Known)
}
