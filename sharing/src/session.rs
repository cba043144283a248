//! What a session is: the model, the texts as a tree of token ids, the knobs, what is in view,
//! and, in a trace, the numbers that were on screen.

use std::rc::Rc;

use protocol::{
    Candidate, Distribution, ModelDescription, Precision, Token, TokenId, TokenScore,
};
use serde::{Deserialize, Serialize};

use crate::{Answered, Knobs};

/// The version of the form below. A page opens its own version and earlier ones.
pub const VERSION: u32 = 1;

/// What a person found, and what it takes to see it again. `K` is how the knobs are held: the
/// page has more of them than a session needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session<K = Knobs> {
    /// The version of this form.
    pub version: u32,
    /// The model whose numbers were on screen.
    pub model: ModelRef,
    /// What stood in the prompt box, if that was not the text's first tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The texts.
    pub texts: Texts,
    /// The knobs.
    pub knobs: K,
    /// What was in view.
    #[serde(default, skip_serializing_if = "View::is_plain")]
    pub view: View,
    /// What the model said of the distribution in view, to be held against what it says now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Expected>,
    /// Everything that was on screen. Only traces have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Box<Recorded>>,
}

/// Which model it was, as far as another page can find it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelRef {
    /// Its name for people.
    pub name: String,
    /// Where it came from. The name of a model of a hub has its revision, if one was chosen.
    pub source: Source,
    /// The precision that was asked for.
    #[serde(default)]
    pub precision: Precision,
    /// The formats of its matrices in memory.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// What products were computed in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub computed_in: String,
    /// How many tokens its vocabulary has.
    pub vocab_size: u32,
}

/// Where a model came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", content = "name", rename_all = "snake_case")]
pub enum Source {
    /// It is shipped with the page.
    Demo,
    /// A hub has it under this name.
    Hub(String),
    /// It lies at this address.
    Address(String),
    /// It was read from files of the device.
    Files,
    /// A native server had it.
    Server,
}

/// Texts as a tree of tokens. Token `i` follows token `i - 1`, unless a [`Branch`] says
/// otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Texts {
    /// The ids of all tokens, in the order in which they were added.
    pub ids: Vec<TokenId>,
    /// The tokens that do not follow the one before them in the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<Branch>,
    /// How the tokens were added: runs of so many tokens of one origin.
    #[serde(default)]
    pub origins: Vec<(Origin, u32)>,
    /// The last token of the current text, by its index in `ids`; none for an empty text.
    #[serde(default)]
    pub end: Option<u32>,
    /// [`checksum`] of the tokens' bytes: with another tokenizer, the ids mean something else.
    pub checksum: u32,
}

/// A token that does not follow the one before it in the list: its index, and that of the token
/// that it follows; none for the first token of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch(pub u32, pub Option<u32>);

/// How a token was added to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// It is part of the prompt.
    Prompt,
    /// The person chose it.
    Picked,
    /// It was the most probable candidate.
    Greedy,
    /// The sampler drew it.
    Sampled,
}

/// What was in view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The index of the token of the current text that was looked back at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focus: Option<u32>,
    /// The tool that was open, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
}

/// The most probable token of the distribution in view.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// Its id.
    pub id: TokenId,
    /// Its probability at temperature 1.
    pub p: f32,
}

/// Everything that was on screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The day on which it was recorded, as `YYYY-MM-DD`; empty if that is not known.
    #[serde(default)]
    pub date: String,
    /// The model.
    pub model: ModelDescription,
    /// Of each token of [`Texts::ids`], what was known.
    pub tokens: Vec<RecordedToken>,
    /// The distribution in view.
    #[serde(default)]
    pub distribution: Option<Rc<Distribution>>,
    /// What the open tool showed, and the conversation if that was open.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "crate::answers::read_known"
    )]
    pub answers: Vec<Answered>,
    /// The conversation was open, and not the text.
    #[serde(default, skip_serializing_if = "is_not")]
    pub chat: bool,
    /// The token of a reply that was looked at: the index of its question, and its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_token: Option<(u32, u32)>,
}

/// A token with what was known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedToken {
    /// The token.
    pub token: Token,
    /// How the model predicted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<TokenScore>,
    /// What it was chosen from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
}

/// What a token was chosen from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The token with its numbers.
    pub candidate: Candidate,
    /// The distribution, with the sampler's settings of that time.
    pub distribution: Rc<Distribution>,
}

fn is_not(flag: &bool) -> bool {
    !flag
}

impl View {
    fn is_plain(&self) -> bool {
        *self == View::default()
    }
}

impl Texts {
    /// The token that each token follows, in the order of `ids`.
    pub fn parents(&self) -> Vec<Option<u32>> {
        let mut parents: Vec<Option<u32>> =
            (0..self.ids.len() as u32).map(|index| index.checked_sub(1)).collect();
        for Branch(index, parent) in &self.branches {
            if let Some(slot) = parents.get_mut(*index as usize) {
                *slot = *parent;
            }
        }
        parents
    }

    /// Whether so many of the tokens of each origin are of it, in the order of `ids`.
    pub fn origin_of_each(&self) -> impl Iterator<Item = Origin> {
        let runs = self.origins.iter();
        runs.flat_map(|(origin, count)| std::iter::repeat_n(*origin, *count as usize))
    }
}

/// The FNV-1a hash (32 bits) of the bytes of some tokens, each followed by its length.
pub fn checksum<'a>(tokens: impl Iterator<Item = &'a Token>) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut take = |byte: u8| hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    for token in tokens {
        token.bytes.iter().copied().for_each(&mut take);
        (token.bytes.len() as u32).to_le_bytes().into_iter().for_each(&mut take);
    }
    hash
}
